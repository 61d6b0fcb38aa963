"""UserMigration at a sign-in: who isn't in the pool may be known elsewhere (triggers.md §6.10)."""

from poolhouse.entities.codes import Action, AttemptCount
from poolhouse.entities.users import User
from poolhouse.flows.attempts import Attempt
from poolhouse.operations import guesses, migrating
from poolhouse.operations.calls import Call
from poolhouse.operations.proving import stand_in
from poolhouse.rules import lockout
from poolhouse.sign_in_errors import PasswordAttemptsExceeded
from poolhouse.trigger_errors import MigrationFailed, TriggerRefused


async def bring(attempt: Attempt, username: str, password: str) -> User | None:
    """Return the user, stored by now, whom the function knows by this name and password, or None.

    Passwords that the function refuses count as failed attempts on the name: elsewhere they may be
    guessed as well as here. Where the client hides who exists, a refusal isn't told: the sign-in
    goes on with a stand-in, as for other unknown users, and fails there.
    """
    call, pool, client = attempt.call, attempt.pool, attempt.client
    if not pool.triggers.UserMigration:
        return None
    request = migrating.Request(client, username, password, validation_data=attempt.client_metadata)
    decoy = stand_in(call, pool, username)
    failures = await call.store.codes.attempts(decoy, Action.PASSWORD)
    try:
        lockout.check(failures, call.now)
        newcomer = await migrating.ask(call, pool, request)
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
    return await migrating.admit(call, pool, request, newcomer)


async def _failures_under_lock(call: Call, decoy: User) -> AttemptCount | None:
    """Lock, and read the count again: the function was asked without the lock."""
    await call.lock_guesses(decoy.sub)
    failures = await call.store.codes.attempts(decoy, Action.PASSWORD)
    lockout.check(failures, call.now)
    return failures
