"""Proving a user by an access token (auth.md §1.3)."""

from datetime import datetime

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
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


async def prove_user(
    services: Services, token: str, now: datetime
) -> tuple[Pool, Client, User, ParsedToken]:
    """Pool, app client and user of a valid access token.

    In this order: form, signature and issuer, expiry, user, scope. The token says itself which
    pool's key to try, and is believed only once that key has proved it.
    """
    parsed, pool = await _prove_token(services, token, now)
    client = await services.store.clients.find(str(parsed.claims.get("client_id")))
    if client is None or client.pool_id != pool.id:
        # UNVERIFIED: what tokens of a deleted app client are answered.
        raise AccessTokenRevoked
    user = await services.store.users.by_sub(pool.id, str(parsed.claims["sub"]))
    if user is None:
        raise UserNotFound
    if not user.enabled:
        raise UserDisabled
    try:
        access_tokens.check_scope(parsed)
    except access_tokens.MissingScope:
        raise ScopeMissing from None
    return pool, client, user, parsed


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
