"""Start every flow: find the user, and ask PreAuthentication whether they may try."""

from poolhouse.auth import user_migration
from poolhouse.auth.attempt import Attempt
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.users import User
from poolhouse.errors.auth import InvalidSession, NoSuchUser
from poolhouse.rules.auth import challenges
from poolhouse.rules.users import usernames
from poolhouse.services import triggers
from poolhouse.services.decoy_users import decoy_user, is_decoy
from poolhouse.services.user_lookup import find_user
from poolhouse.triggers.pre_authentication import PreAuthentication
from poolhouse.wire.enums import AuthFlowType


async def open_sign_in(
    attempt: Attempt,
    flow: AuthFlowType,
    password: str | None = None,
    *,
    asks_function: bool = True,
) -> AuthSession:
    """Find the user, invoke PreAuthentication unless it is skipped, and begin.

    With a `password`, still to be verified, users may come from elsewhere: UserMigration is asked.

    The function is asked before any proof is looked at, and its refusal wins over a right and a
    wrong one alike (ev:triggers-6.3).
    """
    call, client = attempt.call, attempt.client
    username = attempt.required("USERNAME")
    attempt.name_target(username)
    user = await find_user(call, attempt.pool, username)
    attempt.authenticate_client(username, user)
    if user is None and password is not None:
        user = await user_migration.migrate_user(attempt, username, password)
    if user is None:
        if not client.hides_user_existence:
            raise NoSuchUser
        user = decoy_user(call, attempt.pool, username)
    attempt.user = user
    if asks_function:
        ask = PreAuthentication(validation_data=attempt.client_metadata)
        await triggers.invoke_once(call, attempt.subject, ask)
    return AuthSession(
        id=call.ids.token_id(),
        event_id=call.ids.event_id(),
        pool_id=attempt.pool.id,
        client_id=client.id,
        sub=user.sub,
        username=username,
        flow=flow,
        expires_at=call.now + challenges.session_lifetime(client),
        is_unknown=is_decoy(user),
        device_key=attempt.given.get("DEVICE_KEY"),
        by_page=attempt.by_page,
    )


async def check_is_named(attempt: Attempt, session: AuthSession, username: str) -> None:
    """Refuse the Session of one user beside the name of another: it is bound to its own.

    Clients send the name of the response, or the one that was typed (ev:auth-2.2, ev:auth-5).
    """
    pool, user = attempt.pool, attempt.user
    named = usernames.case_folded(pool, username)
    own = (user.username, session.username, user.sub)
    if named in (usernames.case_folded(pool, name) for name in own):
        return
    # Looked for in any case: for decoy users it must take as long.
    found = await find_user(attempt.call, pool, username)
    if is_decoy(user) or found is None or found.sub != user.sub:
        raise InvalidSession().because("USERNAME names another user than the Session's")


async def signing_in(attempt: Attempt, session: AuthSession) -> User:
    """Return the user of a sign-in under way, as stored now."""
    call = attempt.call
    # Looked for in any case: it takes its time.
    user = await call.store.users.by_sub(attempt.pool.id, session.sub)
    if session.is_unknown:
        return decoy_user(call, attempt.pool, session.username)
    if user is None:
        raise NoSuchUser
    return user
