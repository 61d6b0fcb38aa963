"""NEW_PASSWORD_REQUIRED: a temporary password is good for choosing another."""

import msgspec
from msgspec.structs import replace

from poolhouse.entities.progress import Progress
from poolhouse.flows.attempts import Asked, Attempt
from poolhouse.flows.sealed_progress import next_step
from poolhouse.operations import guesses
from poolhouse.operations.credentials import successor
from poolhouse.operations.finding import name_writes
from poolhouse.rules import attributes, new_passwords, recovery
from poolhouse.store import users
from poolhouse.wire.enums import ChallengeNameType


async def ask(attempt: Attempt, progress: Progress) -> Asked:
    """Say which required attributes are missing, and what the client may read of the others."""
    user = attempt.user
    missing = [
        f"{new_passwords.PREFIX}{name}" for name in new_passwords.missing(attempt.pool, user)
    ]
    known = {
        name: value
        for name, value in user.attributes.items()
        if attributes.may_read(attempt.client, name)
    }
    return Asked(
        name=ChallengeNameType.NEW_PASSWORD_REQUIRED,
        parameters={
            "USER_ID_FOR_SRP": user.username,
            "requiredAttributes": msgspec.json.encode(missing).decode(),
            "userAttributes": msgspec.json.encode(known).decode(),
        },
        progress=next_step(attempt, progress, ChallengeNameType.NEW_PASSWORD_REQUIRED),
    )


async def answer(attempt: Attempt, progress: Progress) -> Progress:
    """Set the password and the attributes; the user is CONFIRMED from then on."""
    call, pool, user = attempt.call, attempt.pool, attempt.user
    password = attempt.required("NEW_PASSWORD")
    recovery.check_policy(pool, password)
    added = new_passwords.given(attempt.given)
    completed = new_passwords.completed(pool, attempt.client, user, added, call.now)
    was = await call.store.users.password(user)
    await guesses.former_password(call, pool, user, was, password)
    attempt.writes += [
        users.save(completed, user),
        successor(call, pool, user, was, password),
        *await name_writes(call, pool, completed, user, force=False),
    ]
    attempt.user = completed
    # The new password is as good as proved, and is the next of the user's.
    return replace(progress, was_temporary=True, password_version=progress.password_version + 1)
