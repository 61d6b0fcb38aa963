"""UserMigration at a sign-in: unknown users may be known elsewhere (ev:triggers-6.10)."""

from poolhouse.auth.attempt import Attempt
from poolhouse.entities.codes import Action, AttemptCount
from poolhouse.entities.users import User
from poolhouse.errors.auth import PasswordAttemptsExceeded
from poolhouse.errors.triggers import MigrationFailed, TriggerRefused
from poolhouse.rules.auth import lockout
from poolhouse.services import guesses, user_migration
from poolhouse.services.context import Call
from poolhouse.services.decoy_users import decoy_user


async def migrate_user(attempt: Attempt, username: str, password: str) -> User | None:
    """Return the user, stored by now, whom the function knows by this name and password, or None.

    Passwords that the function refuses count as failed attempts on the name: elsewhere they may be
    guessed as well as here. If the client hides user existence, a refusal isn't returned: the
    sign-in goes on with a decoy user, as for other unknown users, and fails there.
    """
    call, pool, client = attempt.call, attempt.pool, attempt.client
    if not pool.triggers.UserMigration:
        return None
    request = user_migration.Request(
        client, username, password, validation_data=attempt.client_metadata
    )
    decoy = decoy_user(call, pool, username)
    failures = await call.store.codes.attempts(decoy, Action.PASSWORD)
    try:
        lockout.check(failures, call.now)
        newcomer = await user_migration.invoke_migration(call, pool, request)
    except (PasswordAttemptsExceeded, TriggerRefused, MigrationFailed) as refusal:
        if client.hides_user_existence:
            return None
        if isinstance(refusal, PasswordAttemptsExceeded):
            raise
        failures = await _failures_under_lock(call, decoy)
        await guesses.refuse(call, decoy, Action.PASSWORD, failures, refusal)
    if newcomer is None:
        return None
    failures = await _failures_under_lock(call, decoy)
    guesses.accept(call, decoy, Action.PASSWORD, failures)
    # Before PreSignUp shows that the password was right.
    await call.commit_unrecorded()
    return await user_migration.create_migrated_user(call, pool, request, newcomer)


async def _failures_under_lock(call: Call, decoy: User) -> AttemptCount | None:
    """Lock, and read the count again: the function was asked without the lock."""
    await call.lock_guesses(decoy.sub)
    failures = await call.store.codes.attempts(decoy, Action.PASSWORD)
    lockout.check(failures, call.now)
    return failures
