"""Issue ID and access tokens, after a sign-in and for a refresh token."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from poolhouse.crypto.signing_keys import SigningKey
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.token_overrides import NO_OVERRIDES
from poolhouse.entities.users import User
from poolhouse.errors.tokens import TokenTooLong
from poolhouse.rules.auth import amr
from poolhouse.rules.oauth import scopes as oauth_scopes
from poolhouse.rules.oauth import user_claims
from poolhouse.rules.pools import feature_plans
from poolhouse.rules.tokens import access_tokens, group_claims, id_tokens
from poolhouse.rules.tokens import claim_overrides as overriding
from poolhouse.rules.tokens import lifetimes as token_lifetimes
from poolhouse.rules.tokens import sessions as rules
from poolhouse.rules.tokens.lifetimes import TokenLifetimes
from poolhouse.services import custom_scopes
from poolhouse.services.context import Call
from poolhouse.services.triggers import TriggerSubject, invoke_once
from poolhouse.triggers.pre_token_generation import (
    PreTokenGeneration,
    PreTokenSource,
    version_of,
)
from poolhouse.wire.structs import AuthenticationResultType


class Claims(NamedTuple):
    """The claims of both tokens of a session, and how long they are valid."""

    identity: dict[str, Any]
    access: dict[str, Any]
    lifetimes: TokenLifetimes


class TokenContext(NamedTuple):
    """The pool, client, user and session that tokens are issued for.

    PreTokenGeneration gets `source` and `client_metadata`.
    """

    pool: Pool
    client: Client
    user: User
    session: TokenSession
    source: PreTokenSource
    client_metadata: Mapping[str, str] | None
    nonce: str | None = None
    """Of the authorization request, for the ID token."""


async def issue_tokens(call: Call, context: TokenContext) -> AuthenticationResultType:
    """Return an ID and an access token of a session; the caller adds the refresh token, if any."""
    # UNVERIFIED: does a refreshed token lose scopes that were deleted? The API model says that no
    # token is made with them.
    given = context.session.scope.split()
    existing = await custom_scopes.existing(call.store, context.pool.id, given)
    scopes = oauth_scopes.active(given, existing)
    claims = await claims_of(call, context, scopes)
    keys = await call.services.signing_keys.of(context.pool.id, call.now)
    access_token = sign_jwt(keys[KeyUse.ACCESS], claims.access)
    identity: dict[str, Any] | None = claims.identity
    if context.session.at_domain:
        identity = id_tokens.at_domain(claims.identity, access_token, context.nonce, scopes)
    return AuthenticationResultType(
        AccessToken=access_token,
        IdToken=None if identity is None else sign_jwt(keys[KeyUse.ID], identity),
        ExpiresIn=int(claims.lifetimes.access.total_seconds()),
        TokenType="Bearer",
    )


async def claims_of(call: Call, context: TokenContext, scopes: Sequence[str]) -> Claims:
    """Return the claims of a session's tokens, for the user's present state.

    A PreTokenGeneration function of the pool may change them.
    """
    pool, client, user, session, source, client_metadata, _ = context
    settings = client.settings
    groups = group_claims.of(await call.store.groups.of_user(user))
    lifetimes = token_lifetimes.of_client(settings)
    is_revocable = settings.EnableTokenRevocation is not False or rules.rotates(client)
    tells_how = feature_plans.has_step_up(pool.settings)
    shared: dict[str, Any] = {
        "issuer": call.issuer(pool),
        "sub": user.sub,
        "username": user.username,
        "client_id": client.id,
        "origin_jti": session.origin_jti if is_revocable else None,
        "event_id": session.id,
        "auth_time": int(session.started_at.timestamp()),
        "proofs": amr.amr(session.proofs) if tells_how else (),
        "level": session.level if tells_how else None,
        "now": call.now,
    }
    identity = id_tokens.claims(
        **shared,
        jti=call.ids.token_id(),
        validity=lifetimes.id,
        groups=groups,
        attributes=(
            user_claims.opened(id_tokens.readable(client, user), scopes)
            if session.at_domain
            else id_tokens.readable(client, user)
        ),
    )
    access = access_tokens.claims(
        **shared,
        jti=call.ids.token_id(),
        validity=lifetimes.access,
        scope=" ".join(scopes),
        groups=groups.groups,
        device_key=session.device_key,
    )
    if session.at_domain:
        access |= access_tokens.at_domain(session.resource)
    ask = PreTokenGeneration(
        source=source,
        speaks=version_of(pool.triggers),
        groups=groups,
        scopes=scopes,
        client_metadata=client_metadata,
    )
    overrides = await invoke_once(call, TriggerSubject.signing_in(pool, client, user), ask)
    if overrides is not NO_OVERRIDES:
        identity, access = overriding.apply(identity, access, overrides)
    return Claims(identity, access, lifetimes)


def sign_jwt(key: SigningKey, claims: dict[str, Any]) -> str:
    """Return the signed token. Raises if it would be too long to be accepted again."""
    token = key.sign(claims)
    if len(token) > access_tokens.LONGEST:
        raise TokenTooLong(longest=access_tokens.LONGEST)
    return token
