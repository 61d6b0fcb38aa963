"""Exchanging a token for one that a certain service will take (RFC 8693; ev:auth-16)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from poolhouse.entities.clients import Client
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.errors.auth import FlowNotEnabled
from poolhouse.errors.tokens import (
    AudienceAndResource,
    AudienceIsAnotherApp,
    InvalidExchangedToken,
    NoScopeLeft,
    ResourceServerNotFound,
)
from poolhouse.rules.oauth import scopes
from poolhouse.rules.tokens.access_tokens import SIGN_IN_SCOPE, ParsedToken
from poolhouse.wire.enums import ExplicitAuthFlowsType as Flow
from poolhouse.wire.enums import TokenTypeIdentifierType as TokenType

_IDENTIFYING = frozenset({"openid", SIGN_IN_SCOPE})
"""Scopes that allow the bearer to read the user's identity."""

_USES = {TokenType.ACCESS_TOKEN: KeyUse.ACCESS, TokenType.ID_TOKEN: KeyUse.ID}


def flow_of(actor_token: str | None) -> str:
    """Return what the exchange is called: with an actor, or without."""
    return "TOKEN_EXCHANGE_IMPERSONATION" if actor_token is None else "TOKEN_EXCHANGE_DELEGATION"


def check_flow(client: Client, name: str) -> None:
    """Refuse an exchange that the app client doesn't allow."""
    # UNVERIFIED: code and sentence?
    if Flow(f"ALLOW_{name}") not in (client.settings.ExplicitAuthFlows or ()):
        raise FlowNotEnabled(flow=name)


def username_of(subject: ParsedToken) -> str | None:
    """Return whose token it is, as an access or ID token says it."""
    claims = subject.claims
    name = claims.get("username", claims.get("cognito:username"))
    return None if name is None else str(name)


def use_of(kind: TokenType, provider: str | None, role: str) -> KeyUse:
    """Return which of the pool's keys has signed the token.

    Assertions and tokens of others are refused: the pool has no identity providers yet, so that
    nothing vouches for them.
    """
    if provider is not None or kind not in _USES:
        raise InvalidExchangedToken(role=role)
    return _USES[kind]


def audience(
    audiences: Sequence[str] | None, resources: Sequence[str] | None, *, resource_exists: bool
) -> str | None:
    """Return the audience of the new token: a logical name, or a resource server of the pool.

    `resource_exists`: the pool has the resource server that the request names.
    """
    if audiences and resources:
        raise AudienceAndResource
    if resources and not resource_exists:
        raise ResourceServerNotFound(identifier=resources[0])
    return next(iter(audiences or resources or ()), None)


def granted(
    client: Client,
    subject: ParsedToken,
    requested: Sequence[str] | None,
    custom_scopes: Collection[str],
) -> list[str]:
    """Return the requested scopes that both the subject's token and the app client have.

    By default the token's own scopes are requested. Those that the client lacks are left out then,
    where naming them is refused if no other is left. An ID token has no scopes. `custom_scopes` are
    the client's that exist; the others count as if it lacked them.
    """
    own = str(subject.claims.get("scope", "")).split()
    of_client = {*scopes.active(client.settings.AllowedOAuthScopes or (), custom_scopes)}
    if not requested:
        return [scope for scope in own if scope in of_client]
    allowed = {*own} & of_client
    left = [scope for scope in dict.fromkeys(requested) if scope in allowed]
    if not left:
        raise NoScopeLeft
    return left


def check_identity(client: Client, subject: ParsedToken, named: Client | None) -> None:
    """Refuse an ID token that would say more, or to others, than the exchange is for.

    Of an access token whose scopes don't let it ask who the user is, none can be made: exchanges
    take rights away. `named` is the app client that the audience names, if it is one. An app takes
    an ID token meant for it as a sign-in there (OpenID Connect Core, section 3.1.3.7), so that who
    may exchange tokens could sign users in to any app; of logical names nothing is known.
    UNVERIFIED: does the service refuse either, and how?
    """
    own = str(subject.claims.get("scope", "")).split()
    if subject.token_use != KeyUse.ID and _IDENTIFYING.isdisjoint(own):
        raise NoScopeLeft
    if named is not None and named.id != client.id:
        raise AudienceIsAnotherApp


def audience_claims(client: Client, audience: str | None, *, as_identity: bool) -> dict[str, str]:
    """Return `aud` of the token, and `azp` if an ID token isn't for the app client itself.

    `azp` is the client that it was issued to; access tokens name it anyway (OpenID Connect Core,
    section 2).
    """
    if audience is None:
        return {}
    if as_identity and audience != client.id:
        return {"aud": audience, "azp": client.id}
    return {"aud": audience}


def lifetime(validity: timedelta, subject: ParsedToken, now: datetime) -> timedelta:
    """Return the client's own, but never beyond the token that it is made of.

    UNVERIFIED: does the service cut it? Without that an exchange would make any token last.
    """
    return min(validity, timedelta(seconds=subject.expires_at - int(now.timestamp())))


def actor_claim(actor: ParsedToken | None, subject: ParsedToken) -> dict[str, Any] | None:
    """Return the claim `act`: who acts, and within it who acted before (RFC 8693, section 4.1).

    Without a new actor the old ones stay: an exchange doesn't make an intermediary invisible.
    """
    before = subject.claims.get("act")
    if actor is None:
        return before if isinstance(before, dict) else None
    # UNVERIFIED: what else AWS says of an actor.
    claims = {"sub": actor.claims["sub"], "client_id": actor.claims.get("client_id"), "act": before}
    return {name: value for name, value in claims.items() if value is not None}
