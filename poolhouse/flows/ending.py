"""The end of a sign-in: a session, and its tokens."""

from msgspec.structs import replace

from poolhouse.entities.progress import Progress
from poolhouse.entities.sessions import TokenSession
from poolhouse.flows import tokens
from poolhouse.flows.attempts import Attempt, Outcome
from poolhouse.operations.triggering_sign_in import after_authentication
from poolhouse.rules import access_tokens, token_lifetimes
from poolhouse.store import sessions
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import AuthenticationResultType


async def sign_in(attempt: Attempt, progress: Progress) -> Outcome:
    """Make it so, tell PostAuthentication, and hand out tokens.

    The commit comes first: what has been proved can't be proved a second time while a function
    thinks it over. Where the function refuses, the session ends before anybody had a token of it.
    """
    call, user = attempt.call, attempt.user
    session, refresh_token = _begin(attempt, progress)
    await call.commit(*attempt.writes, sessions.add(session))
    try:
        await after_authentication(
            call, attempt.pool, attempt.client, user, attempt.metadata_for_functions
        )
        result = await tokens.issue(
            call,
            attempt.pool,
            attempt.client,
            user,
            session,
            _source(progress),
            attempt.metadata_for_functions,
        )
    except ServiceError:
        await call.store.commit(sessions.drop((session.sub, session.pool_id, session.id)))
        raise
    return Outcome(result=_complete(result, refresh_token))


def _begin(attempt: Attempt, progress: Progress) -> tuple[TokenSession, str]:
    call, caller = attempt.call, attempt.call.caller
    token, digest = tokens.new_refresh_token(
        call, progress.pool_id, progress.sub, progress.event_id
    )
    lifetime = token_lifetimes.of_client(attempt.client.settings).refresh
    session = TokenSession(
        id=progress.event_id,
        sub=progress.sub,
        pool_id=progress.pool_id,
        client_id=progress.client_id,
        handle=call.ids.auth_session_id("tkn"),
        origin_jti=call.ids.token_id(),
        started_at=call.now,
        active_at=call.now,
        expires_at=call.now + lifetime,
        refresh=digest,
        by_admin=attempt.by_admin,
        device_key=progress.device_key,
        proofs=progress.proofs,
        scope=access_tokens.SIGN_IN_SCOPE,
        source_ip=caller.source_ip,
        user_agent=caller.user_agent,
    )
    return session, token


def _source(progress: Progress) -> PreTokenSource:
    if progress.was_temporary:
        return PreTokenSource.NEW_PASSWORD_CHALLENGE
    return PreTokenSource.AUTHENTICATION


def _complete(result: AuthenticationResultType, refresh_token: str) -> AuthenticationResultType:
    return replace(result, RefreshToken=refresh_token)
