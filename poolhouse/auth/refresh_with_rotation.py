"""GetTokensFromRefreshToken: new tokens and, with refresh token rotation, a new refresh token."""

from collections.abc import Mapping

from msgspec.structs import replace

from poolhouse.auth.flows.refresh_token import device_of, record_session_use, session_of
from poolhouse.entities.sessions import TokenSession
from poolhouse.errors.tokens import RefreshTokenReused
from poolhouse.rules.tokens import refresh_rotation, session_tracking
from poolhouse.rules.tokens import sessions as rules
from poolhouse.services import refresh_tokens
from poolhouse.services.context import ClientCall
from poolhouse.services.token_issuance import TokenContext, issue_tokens
from poolhouse.store import sessions
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.wire.structs import AuthenticationResultType


async def renew(
    call: ClientCall,
    given: str,
    device_key: str | None,
    client_metadata: Mapping[str, str] | None,
) -> AuthenticationResultType:
    """Refresh a session.

    The function is asked before the commit, unlike at a sign-in: if it refuses, the refresh token
    that the client has stays valid. No client sees the new tokens before they are stored, for of
    two requests with one token only one commits; the other one runs again and finds it rotated.
    """
    token = refresh_tokens.open_refresh_token(call.services, given)
    session, user = await session_of(call, call.pool.id, token)
    device = await device_of(call, user, device_key)
    rules.check_may_refresh(session, user, call.client, call.pool, device=device, now=call.now)
    is_current = await _is_current(call, session, token)
    source = PreTokenSource.REFRESH_TOKENS
    context = TokenContext(call.pool, call.client, user, session, source, client_metadata)
    result = await issue_tokens(call, context)
    if is_current and not rules.rotates(call.client):
        await record_session_use(call, call.pool, session)
        return result
    following, digest = refresh_tokens.next_refresh_token(call.services, token)
    if is_current:
        used = session_tracking.used(
            session, call.caller.source_ip, call.caller.user_agent, call.now
        )
        await call.commit(sessions.save(refresh_rotation.rotated(used, digest, call.now)))
    return replace(result, RefreshToken=following)


async def _is_current(
    call: ClientCall, session: TokenSession, token: refresh_tokens.RefreshToken
) -> bool:
    """Return whether the token is the current one, not the previous one in its grace period.

    A client that later sends a replaced token has stolen it, or the token was stolen from it. No
    server can decide which, so the session ends for both (RFC 9700, section 4.14.2). UNVERIFIED:
    does the service end it too?
    """
    digest = refresh_tokens.secret_digest(call.services, token.secret)
    try:
        return refresh_rotation.is_current(session, digest, call.client, call.now)
    except RefreshTokenReused:
        await call.commit(sessions.save(replace(session, revoked=True)))
        raise
