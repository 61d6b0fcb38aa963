"""NEW_PASSWORD_REQUIRED: a temporary password must be replaced."""

import msgspec
from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.session_codec import next_step
from poolhouse.entities.auth_session import AuthSession
from poolhouse.rules.auth import new_password_required
from poolhouse.rules.users import attributes, password_changes
from poolhouse.services import guesses
from poolhouse.services.passwords import replace_password
from poolhouse.services.user_names import name_change_writes
from poolhouse.store import users
from poolhouse.wire.enums import ChallengeNameType


async def ask(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Name the missing required attributes, and return those that the client may read."""
    user = attempt.user
    missing = [
        f"{new_password_required.PREFIX}{name}"
        for name in new_password_required.missing(attempt.pool, user)
    ]
    readable = {
        name: value
        for name, value in user.attributes.items()
        if attributes.may_read(attempt.client, name)
    }
    return ChallengeIssued(
        name=ChallengeNameType.NEW_PASSWORD_REQUIRED,
        parameters={
            "USER_ID_FOR_SRP": user.username,
            "requiredAttributes": msgspec.json.encode(missing).decode(),
            "userAttributes": msgspec.json.encode(readable).decode(),
        },
        session=next_step(attempt, session, ChallengeNameType.NEW_PASSWORD_REQUIRED),
    )


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Set the password and the attributes; the user is CONFIRMED from then on."""
    call, pool, user = attempt.call, attempt.pool, attempt.user
    password = attempt.required("NEW_PASSWORD")
    password_changes.check_policy(pool, password)
    added = new_password_required.given(attempt.given)
    completed = new_password_required.completed(pool, attempt.client, user, added, call.now)
    was = await call.store.users.password(user)
    await guesses.check_former_passwords(call, pool, user, was, password)
    attempt.writes += [
        users.save(completed, user),
        replace_password(call, pool, user, was, password),
        *await name_change_writes(call, pool, completed, user, force=False),
    ]
    attempt.user = completed
    # The user has just chosen the new password, so it counts as verified.
    return replace(session, was_temporary=True, password_version=session.password_version + 1)
