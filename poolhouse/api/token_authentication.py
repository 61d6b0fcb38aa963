"""Authenticating users by their access tokens (ev:auth-1.3)."""

from datetime import datetime
from typing import NamedTuple

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.users import User
from poolhouse.errors.tokens import AccessTokenExpired, InvalidAccessToken, ScopeMissing
from poolhouse.rules.tokens import access_tokens
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.services import token_verification
from poolhouse.services.context import Services


class AuthenticatedUser(NamedTuple):
    """The user of a valid access token, with all that the token belongs to."""

    pool: Pool
    client: Client
    user: User
    session: TokenSession
    token: ParsedToken


async def authenticate_user(services: Services, token: str, now: datetime) -> AuthenticatedUser:
    """Return the pool, app client, user and session of a valid access token.

    Checks in this order: form, signature and issuer, expiry, user, revocation, scope.
    """
    parsed, pool = await _verify_token(services, token, now)
    holder = await token_verification.resolve_token_subject(services, pool, parsed)
    try:
        access_tokens.check_scope(parsed)
    except access_tokens.MissingScope:
        raise ScopeMissing().because(f"it lacks {access_tokens.SIGN_IN_SCOPE}") from None
    return AuthenticatedUser(pool, *holder, parsed)


async def _verify_token(services: Services, token: str, now: datetime) -> tuple[ParsedToken, Pool]:
    try:
        return await token_verification.verify_token(services, token, KeyUse.ACCESS, now)
    except access_tokens.Expired:
        raise AccessTokenExpired from None
    except access_tokens.UnacceptableToken as error:
        raise InvalidAccessToken().because(str(error)) from None
