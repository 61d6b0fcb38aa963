"""The end of a sign-in: a session, and its tokens."""

from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt, AuthResponse
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.sessions import TokenSession
from poolhouse.rules.auth import acr, devices
from poolhouse.rules.tokens import access_tokens, lifetimes, user_agents
from poolhouse.rules.tokens import sessions as rules
from poolhouse.services import refresh_tokens, triggers, user_sessions
from poolhouse.services.context import Call
from poolhouse.services.devices import group_key
from poolhouse.services.token_issuance import TokenContext, issue_tokens
from poolhouse.store import sessions
from poolhouse.triggers.post_authentication import PostAuthentication
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import NewDeviceMetadataType


async def sign_in(attempt: Attempt, session: AuthSession) -> AuthResponse:
    """Commit the sign-in, invoke PostAuthentication, and issue tokens.

    The commit comes first, so that no factor can be used a second time while the function runs.
    If the function refuses, the session ends before any token of it is issued.
    """
    call, user = attempt.call, attempt.user
    token_session, refresh_token = _begin(attempt, session)
    added = sessions.add(token_session, while_unfailed=_carries_guess(call))
    writes = [*attempt.writes, *await user_sessions.evictions(call, attempt.pool, user), added]
    if attempt.device is not None:
        used = devices.with_use(attempt.device, call.caller.source_ip, call.now)
        writes.append(call.store.devices.save(used))
    await call.commit(*writes)
    try:
        new_device = _new_device(attempt, token_session)
        tell = PostAuthentication(
            new_device_used=new_device is not None,
            client_metadata=attempt.metadata_for_functions,
        )
        await triggers.invoke_once(call, attempt.subject, tell)
        context = TokenContext(
            pool=attempt.pool,
            client=attempt.client,
            user=user,
            session=token_session,
            source=_source(session),
            client_metadata=attempt.metadata_for_functions,
        )
        result = await issue_tokens(call, context)
    except ServiceError:
        await call.store.commit(
            sessions.drop((token_session.sub, token_session.pool_id, token_session.id))
        )
        raise
    return AuthResponse(
        result=replace(result, RefreshToken=refresh_token, NewDeviceMetadata=new_device)
    )


def _carries_guess(call: Call) -> bool:
    """Let the session carry the condition of a right password, which spares the commit a write."""
    carried = [guess for guess in call.right_guesses if guess.by_session]
    for guess in carried:
        guess.accepted = None
    return bool(carried)


def _begin(attempt: Attempt, session: AuthSession) -> tuple[TokenSession, str]:
    call, caller = attempt.call, attempt.call.caller
    token, digest = refresh_tokens.new_refresh_token(
        call, session.pool_id, session.sub, session.event_id
    )
    lifetime = lifetimes.of_client(attempt.client.settings).refresh
    token_session = TokenSession(
        id=session.event_id,
        sub=session.sub,
        pool_id=session.pool_id,
        client_id=session.client_id,
        handle=call.ids.auth_session_id("tkn"),
        origin_jti=call.ids.token_id(),
        started_at=rules.begins_at(attempt.user, call.now),
        active_at=call.now,
        expires_at=call.now + lifetime,
        refresh=digest,
        by_admin=attempt.by_admin,
        device_key=_device_key(attempt),
        proofs=session.proofs,
        level=_level(attempt, session),
        scope=access_tokens.SIGN_IN_SCOPE,
        source_ip=caller.source_ip,
        user_agent=user_agents.stored(caller.user_agent),
    )
    return token_session, token


def _level(attempt: Attempt, session: AuthSession) -> str | None:
    """Return the tokens' claim `acr`: the level reached, if the client has asked for one.

    UNVERIFIED: do tokens of other sign-ins have the claim too?
    """
    if not session.target:
        return None
    reached = acr.level_of(session.proofs)
    return acr.name_of(attempt.pool, reached)


def _device_key(attempt: Attempt) -> str | None:
    """Return the key of the sign-in's device, or a new key if the device is unknown."""
    if attempt.device is not None:
        return attempt.device.key
    if attempt.by_admin or not devices.is_tracking(attempt.pool):
        return None
    return attempt.call.ids.device_key(attempt.pool.region)


def _new_device(attempt: Attempt, session: TokenSession) -> NewDeviceMetadataType | None:
    """Return the metadata of a new device that its user may confirm; None if there is none."""
    if attempt.device is not None or session.device_key is None:
        return None
    return NewDeviceMetadataType(
        DeviceKey=session.device_key, DeviceGroupKey=group_key(attempt.call, attempt.pool)
    )


def _source(session: AuthSession) -> PreTokenSource:
    if session.device_proved:
        return PreTokenSource.AUTHENTICATE_DEVICE
    if session.was_temporary:
        return PreTokenSource.NEW_PASSWORD_CHALLENGE
    return PreTokenSource.AUTHENTICATION
