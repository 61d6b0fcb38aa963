"""What every flow begins with: who wants to sign in, and whether a function lets them try."""

from poolhouse.entities.progress import Progress
from poolhouse.entities.users import User
from poolhouse.flows import migration
from poolhouse.flows.attempts import Attempt
from poolhouse.operations import proving
from poolhouse.operations.finding import find_user
from poolhouse.operations.proving import is_stand_in, stand_in
from poolhouse.operations.triggering_sign_in import before_authentication
from poolhouse.rules import challenges, usernames
from poolhouse.sign_in_errors import InvalidSession, NoSuchUser
from poolhouse.wire.enums import AuthFlowType


async def open_sign_in(
    attempt: Attempt,
    flow: AuthFlowType,
    password: str | None = None,
    *,
    asks_function: bool = True,
) -> Progress:
    """Find the user, ask PreAuthentication unless told not to, and begin.

    With a `password`, still to be proved, users may come from elsewhere: UserMigration is asked.

    The function is asked before any proof is looked at, and its refusal wins over a right and a
    wrong one alike (triggers.md §6.3).
    """
    call, client = attempt.call, attempt.client
    username = attempt.required("USERNAME")
    attempt.say_who(username)
    user = await find_user(call, attempt.pool, username)
    check_secret_hash(attempt, username, user)
    if user is None and password is not None:
        user = await migration.bring(attempt, username, password)
    if user is None:
        if not client.hides_user_existence:
            raise NoSuchUser
        user = stand_in(call, attempt.pool, username)
    attempt.user = user
    if asks_function:
        await before_authentication(call, attempt.pool, client, user, attempt.client_metadata)
    return Progress(
        id=call.ids.token_id(),
        event_id=call.ids.event_id(),
        pool_id=attempt.pool.id,
        client_id=client.id,
        sub=user.sub,
        username=username,
        flow=flow,
        expires_at=call.now + challenges.session_lifetime(client),
        is_unknown=is_stand_in(user),
        device_key=attempt.given.get("DEVICE_KEY"),
    )


def check_secret_hash(attempt: Attempt, username: str, user: User | None) -> None:
    """Clients hash the name that they send, or the user's own name, which the server has told them
    (auth.md §2.2).
    """
    names = (username,) if user is None else (username, user.username, user.sub)
    proving.check_secret_hash(attempt.client, attempt.given.get("SECRET_HASH"), *names)


async def check_is_named(attempt: Attempt, username: str) -> None:
    """Refuse the Session of one user beside the name of another: it is bound to its own.

    Clients send the name that they were told, or the one that was typed (auth.md §2.2, §5).
    """
    pool, user = attempt.pool, attempt.user
    named = usernames.folded(pool, username)
    if named in (usernames.folded(pool, user.username), user.sub):
        return
    found = None if is_stand_in(user) else await find_user(attempt.call, pool, username)
    if found is None or found.sub != user.sub:
        raise InvalidSession().because("USERNAME names another user than the Session's")


async def signing_in(attempt: Attempt, progress: Progress) -> User:
    """The user of a sign-in under way, as stored now."""
    call = attempt.call
    # Looked for in any case: it takes its time.
    user = await call.store.users.by_sub(attempt.pool.id, progress.sub)
    if progress.is_unknown:
        return stand_in(call, attempt.pool, progress.username)
    if user is None:
        raise NoSuchUser
    return user
