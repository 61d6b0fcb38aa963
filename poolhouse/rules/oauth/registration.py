"""Dynamic client registration (RFC 7591): what an app may register itself as (ev:domain-1.10)."""

import re
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.errors.registration import BadClientMetadata, BadRedirectUri, RegistrationOff
from poolhouse.rules.oauth import redirect_uris
from poolhouse.rules.pools import feature_plans
from poolhouse.rules.pools.client_oauth import DCR_SCOPE, LOCAL_PROVIDER, USER_SCOPES
from poolhouse.wire.enums import (
    ClientTypeType,
    ExplicitAuthFlowsType,
    OAuthFlowType,
    PreventUserExistenceErrorTypes,
    StatusType,
)
from poolhouse.wire.structs import CreateUserPoolClientRequest, DcrConfigurationType

LARGEST: Final = 32_768
"""Bytes of a request."""
MOST_CLIENTS: Final = 1_000
"""App clients of a pool beyond which apps register no more: the service's default quota."""

_OIDC_SCOPES: Final = ("openid", "email", "phone", "profile")
_LONGEST_NAME: Final = 128
_NOT_IN_NAME: Final = re.compile(r"[^A-Za-z0-9_+=,.@-]+")
_MOST_SCOPES: Final = 50
_CODE, _REFRESH, _MACHINE = "authorization_code", "refresh_token", "client_credentials"
_METHODS: Final = ("none", "client_secret_basic", "client_secret_post")
_FLOWS: Final = {_CODE: OAuthFlowType.CODE, _MACHINE: OAuthFlowType.CLIENT_CREDENTIALS}


class ClientMetadata(msgspec.Struct, frozen=True):
    """The members of a request that count. All others are ignored (RFC 7591)."""

    redirect_uris: list[str] | None = None
    token_endpoint_auth_method: str | None = None
    grant_types: list[str] | None = None
    response_types: list[str] | None = None
    client_name: str | None = None
    scope: str | None = None


class ClientRegistration(msgspec.Struct, frozen=True):
    """An app's checked request: the app client to make, and what the response repeats of it."""

    request: CreateUserPoolClientRequest
    grant_types: tuple[str, ...]
    auth_method: str


_decode = msgspec.json.Decoder(ClientMetadata).decode


def allowed_flows(pool: Pool, *, authenticated: bool) -> frozenset[OAuthFlowType]:
    """Return the grants that an app may register for, with or without an initial access token.

    Raises RegistrationOff if there is none.
    """
    config = _configuration(pool)
    if authenticated:
        named = config.AuthenticatedGrantTypes
        default = [OAuthFlowType.CODE, OAuthFlowType.CLIENT_CREDENTIALS]
    else:
        if not config.OpenDcrEnabled:
            raise RegistrationOff
        named, default = config.OpenDcrGrantTypes, [OAuthFlowType.CODE]
    flows = frozenset(default if named is None else named) - {OAuthFlowType.IMPLICIT}
    if not flows:
        raise RegistrationOff
    return flows


def is_open(pool: Pool) -> bool:
    """Return whether apps may register without an initial access token."""
    return bool(_configuration(pool).OpenDcrEnabled)


def allowed_scopes(pool: Pool) -> list[str]:
    """Return the scopes that a registered app client may have, never the one for registering."""
    named = _configuration(pool).AllowedScopes or ()
    return [scope for scope in dict.fromkeys((*_OIDC_SCOPES, *named)) if scope != DCR_SCOPE]


def read(body: bytes) -> ClientMetadata:
    """Return a request's metadata. Raises BadClientMetadata."""
    if len(body) > LARGEST:
        raise BadClientMetadata("The request is too large")
    try:
        return _decode(body)
    # Deeply nested JSON ends in RecursionError.
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadClientMetadata("The request is not JSON of client metadata") from None


def check(
    pool: Pool,
    metadata: ClientMetadata,
    flows: Collection[OAuthFlowType],
    existing: Collection[str],
) -> ClientRegistration:
    """Return what is registered. Raises BadClientMetadata or BadRedirectUri.

    `flows` are those that the app may have, `existing` the custom scopes that exist. A member that
    can't be honoured is refused, the name apart. Without `scope` an app client gets all
    that it may have. UNVERIFIED: does the service replace or refuse, and what is its default?
    """
    grants, flow = _flow(metadata, flows)
    method = metadata.token_endpoint_auth_method or "client_secret_basic"
    if method not in _METHODS:
        raise BadClientMetadata("token_endpoint_auth_method is not supported")
    if flow is OAuthFlowType.CLIENT_CREDENTIALS and method == "none":
        raise BadClientMetadata("client_credentials requires a client secret")
    is_code = flow is OAuthFlowType.CODE
    response_types = metadata.response_types
    if response_types is not None and list(response_types) != (["code"] if is_code else []):
        raise BadClientMetadata("response_types does not fit the grant types")
    uris = list(dict.fromkeys(metadata.redirect_uris or ()))
    if is_code or uris:
        reason = redirect_uris.refused(uris)
        if reason is not None:
            raise BadRedirectUri(reason)
    request = CreateUserPoolClientRequest(
        UserPoolId=pool.id,
        ClientName=_name(metadata.client_name),
        GenerateSecret=method != "none",
        # No sign-in by the API: an app that no administrator approved shows pages, or sees no user.
        ExplicitAuthFlows=[ExplicitAuthFlowsType.ALLOW_REFRESH_TOKEN_AUTH],
        SupportedIdentityProviders=[LOCAL_PROVIDER],
        CallbackURLs=uris if is_code else None,
        AllowedOAuthFlows=[flow],
        AllowedOAuthScopes=_scopes(pool, metadata.scope, flow, existing),
        AllowedOAuthFlowsUserPoolClient=True,
        PreventUserExistenceErrors=PreventUserExistenceErrorTypes.ENABLED,
        EnableTokenRevocation=True,
    )
    return ClientRegistration(request, grants, method)


def as_registered(client: Client) -> Client:
    """Return a new app client, marked as one that has registered itself."""
    return replace(client, settings=replace(client.settings, ClientType=ClientTypeType.DCR))


def response(client: Client, registration: ClientRegistration) -> dict[str, Any]:
    """Return all metadata that was registered (RFC 7591 §3.2.1). A secret never expires: 0."""
    settings = client.settings
    is_code = _CODE in registration.grant_types
    answer: dict[str, Any] = {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": settings.ClientName,
        "grant_types": list(registration.grant_types),
        "response_types": ["code"] if is_code else [],
        "token_endpoint_auth_method": registration.auth_method,
        "scope": " ".join(settings.AllowedOAuthScopes or ()),
    }
    if is_code:
        answer["redirect_uris"] = settings.CallbackURLs
    if client.secrets:
        answer["client_secret"] = client.secrets[0].value
        answer["client_secret_expires_at"] = 0
    return answer


def _configuration(pool: Pool) -> DcrConfigurationType:
    config = pool.settings.DcrConfiguration
    is_on = config is not None and config.EnableStatus is StatusType.ENABLED
    if config is None or not is_on or not feature_plans.has_user_auth(pool.settings):
        raise RegistrationOff
    return config


def _flow(
    metadata: ClientMetadata, flows: Collection[OAuthFlowType]
) -> tuple[tuple[str, ...], OAuthFlowType]:
    """Return the grant types as registered, and the one flow that they are.

    An app client can't have both flows (ev:users-4.1). One for users can always refresh.
    """
    asked = set([_CODE] if metadata.grant_types is None else metadata.grant_types)
    main = asked - {_REFRESH}
    if len(main) != 1 or not main <= _FLOWS.keys() or (_REFRESH in asked and _MACHINE in main):
        raise BadClientMetadata(
            "grant_types must be authorization_code, with refresh_token or without, or"
            " client_credentials"
        )
    (name,) = main
    if _FLOWS[name] not in flows:
        raise BadClientMetadata(f"The grant type {name} is not allowed")
    return ((name, _REFRESH) if name == _CODE else (name,)), _FLOWS[name]


def _scopes(
    pool: Pool, given: str | None, flow: OAuthFlowType, existing: Collection[str]
) -> list[str]:
    """Return the requested scopes, each once, or all that this flow may have."""
    may_have = [
        scope
        for scope in allowed_scopes(pool)
        if (scope in existing or scope in USER_SCOPES)
        and (flow is OAuthFlowType.CODE or scope not in USER_SCOPES)
    ]
    scopes: Sequence[str] = may_have if given is None else list(dict.fromkeys(given.split()))
    if len(scopes) > _MOST_SCOPES and given is not None:
        raise BadClientMetadata("There are too many scopes")
    if not scopes:
        raise BadClientMetadata("There is no scope that the app may request")
    if not set(scopes) <= set(may_have):
        raise BadClientMetadata("A scope is not allowed, or does not exist")
    return list(scopes)[:_MOST_SCOPES]


def _name(given: str | None) -> str:
    """Return the app client's name: the app's, with a blank for what the API model doesn't allow.

    RFC 7591 §2 lets a server replace what it can't register; the response has the name as it is.
    """
    if given is not None and len(given) > _LONGEST_NAME:
        raise BadClientMetadata("client_name is too long")
    return " ".join(_NOT_IN_NAME.sub(" ", given or "").split()) or "Registered app"
