"""Proving a user by an access token (auth.md §1.3)."""

from datetime import datetime
from typing import NamedTuple

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.users import User
from poolhouse.errors import (
    AccessTokenExpired,
    AccessTokenRevoked,
    InvalidAccessToken,
    ScopeMissing,
    UserDisabled,
    UserNotFound,
)
from poolhouse.operations.calls import Services
from poolhouse.rules import access_tokens
from poolhouse.rules.access_tokens import ParsedToken
from poolhouse.rules.sessions import is_over


class Proved(NamedTuple):
    """What an access token stands for."""

    pool: Pool
    client: Client
    user: User
    session: TokenSession
    token: ParsedToken


async def prove_user(services: Services, token: str, now: datetime) -> Proved:
    """Pool, app client, user and session of a valid access token.

    In this order: form, signature and issuer, expiry, user, revocation, scope. The token says
    itself which pool's key to try, and is believed only once that key has proved it. Whether its
    session has ended, the store says anew for every request.
    """
    parsed, pool = await _prove_token(services, token, now)
    client = await services.store.clients.find(str(parsed.claims.get("client_id")))
    if client is None or client.pool_id != pool.id:
        # UNVERIFIED: what tokens of a deleted app client are answered.
        raise AccessTokenRevoked
    sub = str(parsed.claims["sub"])
    user = await services.store.users.by_sub(pool.id, sub)
    if user is None:
        raise UserNotFound
    if not user.enabled:
        raise UserDisabled
    event_id = str(parsed.claims.get("event_id"))
    session = await services.store.sessions.find(pool.id, sub, event_id)
    if session is None or is_over(session, user):
        raise AccessTokenRevoked
    try:
        access_tokens.check_scope(parsed)
    except access_tokens.MissingScope:
        raise ScopeMissing from None
    return Proved(pool, client, user, session, parsed)


async def _prove_token(services: Services, token: str, now: datetime) -> tuple[ParsedToken, Pool]:
    try:
        parsed = access_tokens.parse(token)
        pool_id = parsed.issuer.rsplit("/", 1)[-1]
        pool = await services.store.pools.find(pool_id)
        key = (await services.pool_keys.verifying(pool_id, KeyUse.ACCESS)).get(parsed.kid)
        if pool is None or key is None:
            raise InvalidAccessToken
        access_tokens.check(parsed, key.verify, services.issuer(pool), now)
    except access_tokens.Expired:
        raise AccessTokenExpired from None
    except access_tokens.UnacceptableToken:
        raise InvalidAccessToken from None
    return parsed, pool
