"""Access tokens that an app client gets for itself, without a user (ev:auth-13, ev:auth-16)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from poolhouse.entities.clients import Client
from poolhouse.errors.tokens import ClientCredentialsNotEnabled, NoScopeLeft, UnknownClientScope
from poolhouse.rules.oauth import scopes as oauth_scopes
from poolhouse.rules.pools.client_oauth import USER_SCOPES
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.wire.enums import OAuthFlowType


def check_allowed(client: Client) -> None:
    """Refuse app clients that are made for users, or that have no secret.

    UNVERIFIED: GetClientToken asks for a flow ALLOW_CLIENT_TOKEN_AUTH, which the API model doesn't
    know, so that no client can be given it. Here it is the OAuth flow `client_credentials`, which
    means the same and excludes the users' flows too.
    """
    flows = client.settings.AllowedOAuthFlows or ()
    if OAuthFlowType.CLIENT_CREDENTIALS not in flows or not client.secrets:
        raise ClientCredentialsNotEnabled(client_id=client.id)


def granted(
    client: Client, requested: Sequence[str] | None, custom_scopes: Collection[str]
) -> list[str]:
    """Return the requested scopes, all of which the client must have; by default all it has.

    None of them concerns a user. `custom_scopes` are the client's that exist; the others are
    ignored.
    """
    own = [s for s in client.settings.AllowedOAuthScopes or () if s not in USER_SCOPES]
    for scope in requested or ():
        if scope in USER_SCOPES:
            raise UnknownClientScope(scope=scope)
    try:
        scopes = oauth_scopes.granted(client, requested or own, custom_scopes)
    except oauth_scopes.NeverGiven as never:
        raise UnknownClientScope(scope=never.scope) from None
    if not scopes:
        raise NoScopeLeft
    return scopes


def claims(
    *,
    issuer: str,
    client_id: str,
    jti: str,
    scopes: Sequence[str],
    validity: timedelta,
    now: datetime,
) -> dict[str, Any]:
    """Return what the token says; times are in epoch seconds."""
    issued_at = int(now.timestamp())
    return {
        "sub": client_id,
        "token_use": "access",
        "scope": " ".join(scopes),
        "auth_time": issued_at,
        "iss": issuer,
        "exp": issued_at + int(validity.total_seconds()),
        "iat": issued_at,
        "version": 2,
        "jti": jti,
        "client_id": client_id,
    }


def is_machines(token: ParsedToken) -> bool:
    """Return whether the token is an app client's own."""
    return bool(token.claims["sub"] == token.claims.get("client_id"))
