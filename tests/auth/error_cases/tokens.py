"""Refusals of tokens, sessions and app clients' own tokens.

Evidence: ev:auth-1.3, ev:auth-13 to ev:auth-16.
"""

from typing import Any

from support.error_cases import answering, refuses
from support.functions_server import FunctionError, arn
from support.sign_in_error_cases import (
    APIS,
    BELIEVED,
    OPEN,
    TRACKING,
    Ask,
    Way,
    access_token,
    client,
    is_removed,
    refresh_token,
    starts,
    time_passes,
    with_tokens,
)

from poolhouse.errors import auth, tokens, users

ROTATING: dict[str, Any] = {
    "client": {
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    }
}
SECRET: dict[str, Any] = {"client": {"GenerateSecret": True}}
SCOPE = "aws.cognito/dcr/register"
MACHINE: dict[str, Any] = {
    "client": {
        "GenerateSecret": True,
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": [SCOPE],
        "AllowedOAuthFlowsUserPoolClient": True,
    }
}
ASKING = {
    **MACHINE,
    "LambdaConfig": {
        "PreTokenGenerationConfig": {"LambdaVersion": "V3_0", "LambdaArn": arn("tokens")},
        "PreTokenGeneration": arn("tokens"),
    },
}
EXCHANGES: dict[str, Any] = {
    "client": {
        "ExplicitAuthFlows": [
            *("ALLOW_USER_PASSWORD_AUTH", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"),
            "ALLOW_TOKEN_EXCHANGE_DELEGATION",
        ]
    }
}
NOT_REVOCABLE: dict[str, Any] = {"client": {"EnableTokenRevocation": False}}
SECRETS = "x" * 51
REVOKED = (
    tokens.RefreshTokenRevoked,
    "Refresh Token has been revoked",
    "amplify-swift#3344",
)
UNUSABLE = (tokens.InvalidRefreshToken, "Invalid Refresh Token.", "aws-sdk-cpp#1789")


def refreshes(way: str = "get_tokens_from_refresh_token", token: Any = refresh_token) -> Ask:
    """By GetTokensFromRefreshToken, or by a flow of one of the authentication APIs."""
    if way == "get_tokens_from_refresh_token":
        return client(way, RefreshToken=token)
    api, _, flow = way.partition(" ")
    return starts(flow, by_admin=api == "admin", REFRESH_TOKEN=token)


WAYS = [
    "get_tokens_from_refresh_token",
    *(
        f"{api} {flow}"
        for api in ("public", "admin")
        for flow in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")
    ),
]
REVOKES = client("revoke_token", Token=refresh_token)


def derives(token: Any = access_token, kind: Any = "ACCESS_TOKEN", **more: Any) -> Ask:
    return client("get_derived_token", SubjectToken=token, SubjectTokenType=kind, **more)


def own_secret(world: Way) -> str:
    return str(world.pool.client["ClientSecret"])


def throws(event: dict[str, Any]) -> Any:
    raise FunctionError("not you")


SITUATIONS = [
    # Refreshing
    *(refuses(*UNUSABLE, refreshes(way, "a.b.c.d.e"), **OPEN) for way in WAYS),
    *(refuses(*UNUSABLE, refreshes(way, access_token), *BELIEVED, **OPEN) for way in WAYS),
    *(refuses(*UNUSABLE, refreshes(way), *BELIEVED, **TRACKING) for way in WAYS),
    *(
        refuses(*UNUSABLE, refreshes(way), *BELIEVED, is_removed("admin_delete_user"), **OPEN)
        for way in WAYS
    ),
    *(
        refuses(*REVOKED, refreshes(way), *BELIEVED, ended, **OPEN)
        for way in WAYS
        for ended in (REVOKES, with_tokens("global_sign_out"))
    ),
    refuses(*REVOKED, refreshes(), *BELIEVED, is_removed("admin_user_global_sign_out"), **OPEN),
    *(
        refuses(
            tokens.RefreshTokenExpired,
            "Refresh Token has expired",
            "field",
            refreshes(way),
            *BELIEVED,
            time_passes(days=30),
            **OPEN,
        )
        for way in WAYS
    ),
    refuses(
        users.UserDisabled,
        "User is disabled.",
        "unverified which text wins over that of a revoked token",
        refreshes(),
        *BELIEVED,
        is_removed("admin_disable_user"),
        **OPEN,
    ),
    refuses(
        tokens.RefreshTokenReused,
        "Refresh token has been invalidated by rotation.",
        "dg:amazon-cognito-user-pools-using-the-refresh-token; the text unverified",
        refreshes(token=lambda world: world.first),
        *BELIEVED,
        lambda world: setattr(world, "first", refresh_token(world)),
        refreshes(),
        **ROTATING,
    ),
    *(
        refuses(
            auth.FlowNotEnabled,
            "REFRESH_TOKEN_AUTH flow not enabled for this client",
            "the API's model of RefreshTokenRotationType; the text by its form",
            starts("REFRESH_TOKEN_AUTH", by_admin=by_admin, REFRESH_TOKEN="a.b.c.d.e"),
            **ROTATING,
        )
        for by_admin in APIS
    ),
    # An app client's secret
    refuses(
        auth.SecretMissing,
        "Client {client} is configured for secret but secret was not received",
        "the text unverified",
        refreshes(token="a.b.c.d.e"),
        **SECRET,
    ),
    refuses(
        auth.SecretWrong,
        "Unable to verify secret for client {client}",
        "the text unverified",
        client("get_tokens_from_refresh_token", RefreshToken="a.b.c.d.e", ClientSecret=SECRETS),
        **SECRET,
    ),
    refuses(
        auth.SecretUnexpected,
        "Client {client} is not configured for secret but secret was received",
        "the text unverified",
        client("get_tokens_from_refresh_token", RefreshToken="a.b.c.d.e", ClientSecret=SECRETS),
        **OPEN,
    ),
    # Revoking
    *(
        refuses(
            auth.ClientUnauthorized,
            "Invalid client or client secret.",
            "the API's model: UnauthorizedException; the text unverified",
            call,
            **SECRET,
        )
        for call in (
            client("revoke_token", Token="a.b.c.d.e"),
            client("revoke_token", Token="a.b.c.d.e", ClientSecret=SECRETS),
            Ask("revoke_token", {"Token": "a.b.c.d.e", "ClientId": "1unknown2client"}),
        )
    ),
    refuses(
        tokens.RevocationOff,
        "Token revocation is not enabled for client {client}",
        "the API's model: UnsupportedOperationException; the text unverified",
        client("revoke_token", Token="a.b.c.d.e"),
        **NOT_REVOCABLE,
    ),
    *(
        refuses(
            tokens.NotARefreshToken,
            "Only refresh tokens can be revoked.",
            "the API's model: UnsupportedTokenTypeException; the text unverified",
            client("revoke_token", Token=lambda world, kind=kind: world.tokens[kind]),
            *BELIEVED,
            **OPEN,
        )
        for kind in ("AccessToken", "IdToken")
    ),
    # Tokens of app clients themselves
    refuses(
        tokens.ClientCredentialsNotEnabled,
        "Client {client} is not enabled for client token auth",
        "the text unverified",
        client("get_client_token", Secret=own_secret),
        **SECRET,
    ),
    refuses(
        tokens.UnknownClientScope,
        "Invalid scope requested: openid",
        "dg:cognito-user-pools-define-resource-servers; the text unverified",
        client("get_client_token", Secret=own_secret, Scopes=["openid"]),
        **MACHINE,
    ),
    refuses(
        tokens.FunctionRefusedClient,
        "PreTokenGeneration failed with error not you.",
        "the API's model lists no error of functions; the code unverified",
        client("get_client_token", Secret=own_secret),
        answering("TokenGeneration_ClientCredentials", throws),
        **ASKING,
    ),
    # Tokens for other tokens
    *(
        refuses(
            tokens.InvalidExchangedToken,
            f"Invalid {role} token.",
            "RFC 8693, section 2.2.2; the text unverified",
            derives(*token, **more),
            *BELIEVED,
            **EXCHANGES,
        )
        for role, token, more in [
            ("subject", ("a.b.c",), {}),
            ("subject", (access_token, "ID_TOKEN"), {}),
            ("actor", (), {"ActorToken": "a.b.c", "ActorTokenType": "ACCESS_TOKEN"}),
        ]
    ),
    refuses(
        auth.MissingParameter,
        "Missing required parameter ActorTokenType",
        "the API's model; the text by its form",
        derives(ActorToken=access_token),
        *BELIEVED,
        **EXCHANGES,
    ),
    *(
        refuses(
            auth.FlowNotEnabled,
            f"TOKEN_EXCHANGE_{kind} flow not enabled for this client",
            "unverified",
            derives(**more),
            *BELIEVED,
            **OPEN,
        )
        for kind, more in [
            ("IMPERSONATION", {}),
            ("DELEGATION", {"ActorToken": "a.b.c", "ActorTokenType": "ACCESS_TOKEN"}),
        ]
    ),
    refuses(
        tokens.NoScopeLeft,
        "No scope can be granted.",
        "unverified: requested, the subject's and the client's have none in common",
        derives(Scopes=["openid"]),
        *BELIEVED,
        **EXCHANGES,
    ),
    refuses(
        tokens.AudienceAndResource,
        "Audiences and Resources cannot be requested together.",
        "the API's model: one or the other; the text unverified",
        derives(Audiences=["orders"], Resources=["orders"]),
        *BELIEVED,
        **EXCHANGES,
    ),
    refuses(
        tokens.ResourceServerNotFound,
        "Resource server orders does not exist.",
        "the text unverified",
        derives(Resources=["orders"]),
        *BELIEVED,
        **EXCHANGES,
    ),
]
