"""Verify access tokens: the JWT must be a pool's own, and its session must be valid."""

from datetime import datetime
from typing import NamedTuple

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.entities.users import User
from poolhouse.errors.tokens import AccessTokenRevoked
from poolhouse.errors.users import UserDisabled, UserNotFound
from poolhouse.rules.oauth import document_urls
from poolhouse.rules.tokens import access_tokens
from poolhouse.rules.tokens.access_tokens import MalformedToken, ParsedToken
from poolhouse.rules.tokens.sessions import is_over
from poolhouse.services import client_documents
from poolhouse.services.context import Services


class TokenSubject(NamedTuple):
    """The app client, user and session that a token was issued to."""

    client: Client
    user: User
    session: TokenSession


async def verify_token(
    services: Services, token: str, use: KeyUse, now: datetime
) -> tuple[ParsedToken, Pool]:
    """Return a verified token and the pool that has signed it. Raises a kind of UnacceptableToken.

    The token names the pool whose key to try, and is trusted only once that key has verified it.
    """
    parsed = services.verified_tokens.get(token, use) or await _signed(services, token, use)
    origin, _, pool_id = parsed.issuer.rpartition("/")
    pool = await services.store.pools.find(pool_id)
    if pool is None:
        raise MalformedToken("not of a pool that is known")
    access_tokens.check(parsed, services.issuer(pool, origin), now, use=use.value)
    return parsed, pool


async def _signed(services: Services, token: str, use: KeyUse) -> ParsedToken:
    """Return a token whose signature is verified, and cache it."""
    parsed = access_tokens.parse(token)
    as_of = services.verified_tokens.generation
    pool_id = parsed.issuer.rpartition("/")[2]
    key = (await services.signing_keys.verifying(pool_id, use)).get(parsed.kid)
    if key is None:
        raise MalformedToken("not of a key that is known")
    parsed = access_tokens.check_signature(parsed, key.verification_key)
    services.verified_tokens.keep(token, use, parsed, as_of)
    return parsed


async def resolve_token_subject(services: Services, pool: Pool, token: ParsedToken) -> TokenSubject:
    """Return the holder of a verified token, read in this order: app client, user, session.

    The session is read from the store for every request.
    """
    # An access token names its app client; an ID token is meant for it, or says who has got it.
    claims = token.claims
    client_id = str(claims.get("client_id") or claims.get("azp") or claims.get("aud"))
    if document_urls.looks_like_url(client_id):
        client = await client_documents.client_of_token(services, pool, client_id)
    else:
        client = await services.store.clients.find(client_id)
    if client is None or client.pool_id != pool.id:
        # UNVERIFIED: what tokens of a deleted app client are answered.
        raise AccessTokenRevoked().because("its app client is gone")
    sub = str(token.claims["sub"])
    event_id = str(token.claims.get("event_id"))
    found = await services.store.sessions.with_user(pool.id, sub, event_id)
    if found is None:
        raise UserNotFound
    user, session = found
    if not user.enabled:
        raise UserDisabled
    if session is None or is_over(session, user):
        raise AccessTokenRevoked().because("its session was revoked, signed out or has ended")
    return TokenSubject(client, user, session)
