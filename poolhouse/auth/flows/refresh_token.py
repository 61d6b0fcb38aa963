"""REFRESH_TOKEN_AUTH: new tokens of the same session, without asking the user."""

import hmac

from poolhouse.auth.attempt import Attempt, AuthResponse
from poolhouse.entities.devices import Device
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User
from poolhouse.errors.tokens import InvalidRefreshToken
from poolhouse.errors.users import UserDisabled
from poolhouse.rules.tokens import session_tracking
from poolhouse.rules.tokens import sessions as rules
from poolhouse.services import refresh_tokens
from poolhouse.services.context import Call
from poolhouse.services.token_issuance import TokenContext, issue_tokens
from poolhouse.store import sessions
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.wire.enums import AuthFlowType


async def start(attempt: Attempt, flow: AuthFlowType) -> AuthResponse:
    """Return new tokens for a refresh token, which stays valid.

    Clients that rotate theirs use another operation.
    """
    call, pool, client = attempt.call, attempt.pool, attempt.client
    token = refresh_tokens.open_refresh_token(call.services, attempt.required("REFRESH_TOKEN"))
    session, user = await session_of(call, pool.id, token)
    attempt.authenticate_client(user.username, user)
    device = await device_of(call, user, attempt.given.get("DEVICE_KEY"))
    rules.check_may_refresh(session, user, client, pool, device=device, now=call.now)
    if not hmac.compare_digest(
        refresh_tokens.secret_digest(call.services, token.secret), session.refresh
    ):
        raise InvalidRefreshToken().because("another token has taken its place")
    source = PreTokenSource.REFRESH_TOKENS
    context = TokenContext(pool, client, user, session, source, client_metadata=None)
    result = await issue_tokens(call, context)
    await record_session_use(call, pool, session)
    return AuthResponse(result=result)


async def session_of(
    call: Call, pool_id: str, token: refresh_tokens.RefreshToken
) -> tuple[TokenSession, User]:
    """Return the session that a refresh token belongs to, and its user."""
    if token.pool_id != pool_id:
        raise InvalidRefreshToken().because("it is a token of another pool")
    found = await call.store.sessions.with_user(pool_id, token.sub, token.session_id)
    user, session = found or (None, None)
    if user is None or session is None:
        raise InvalidRefreshToken().because("its user or its session is gone")
    call.audit.target = user.username
    if not user.enabled:
        raise UserDisabled
    return session, user


async def device_of(call: Call, user: User, key: str | None) -> Device | None:
    """Return the confirmed device that a refresh comes from, by its key."""
    return await call.store.devices.find(user, key) if key else None


async def record_session_use(call: Call, pool: Pool, session: TokenSession) -> None:
    """Record when and from where the session was used, in pools that track sessions.

    One record is enough for two concurrent refreshes, so that neither runs again for it.
    """
    if session_tracking.is_on(pool):
        used = session_tracking.used(
            session, call.caller.source_ip, call.caller.user_agent, call.now
        )
        await call.commit(sessions.note(used))
