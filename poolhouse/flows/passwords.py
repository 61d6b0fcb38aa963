"""Proving a password that was sent in clear."""

from typing import Final

from msgspec.structs import replace

from poolhouse.entities.codes import Action, AttemptCount
from poolhouse.entities.progress import Progress
from poolhouse.entities.users import PasswordCredential
from poolhouse.flows.attempts import Attempt
from poolhouse.operations.proving import is_stand_in
from poolhouse.rules import challenges, lockout, srp
from poolhouse.sign_in_errors import IncorrectPassword, InvalidSession, SessionUsed
from poolhouse.store import codes
from poolhouse.store.contract import Write

_NO_SALT: Final = bytes(16)


async def prove(attempt: Attempt, progress: Progress, password: str) -> Progress:
    """Check a password; a failure is counted before it is answered.

    Users who don't exist, or have no password, cost the same work.
    """
    call, user = attempt.call, attempt.user
    credential, failures = await call.store.users.password_with_failures(user)
    lockout.check(failures, call.now)
    is_right = _matches(attempt, credential, password)
    return await judged(attempt, progress, credential, failures, is_right=is_right)


async def judged(
    attempt: Attempt,
    progress: Progress,
    credential: PasswordCredential | None,
    failures: AttemptCount | None,
    *,
    is_right: bool,
) -> Progress:
    """What becomes of a password that was looked at, however it was proved."""
    call, user = attempt.call, attempt.user
    if credential is None or not is_right or is_stand_in(user):
        failed = lockout.failed(failures, user, Action.PASSWORD, call.now)
        await attempt.refuse(IncorrectPassword(), failed)
    challenges.check_may_sign_in(user, credential, call.now)
    if failures is None:
        attempt.found_unfailed = True
    else:
        attempt.writes.append(codes.forget(failures))
    return replace(
        progress,
        proofs=(*progress.proofs, challenges.PASSWORD),
        password_version=credential.version,
    )


def unfailed(attempt: Attempt) -> Write:
    """What makes a right password count only if no wrong one was counted since it was looked at,
    where no session begins with it that would say so.
    """
    return codes.count(lockout.succeeded(None, attempt.user, Action.PASSWORD, attempt.call.now))


async def check_still_proved(attempt: Attempt, progress: Progress) -> None:
    """Refuse to go on by a password that was replaced since, or that is no longer any good.

    Who changes a password after a theft keeps out who was about to sign in by the old one.
    """
    if challenges.PASSWORD not in progress.proofs:
        return
    store, user = attempt.call.store, attempt.user
    credential = await store.users.password(user)
    if credential is None or credential.version != progress.password_version:
        # This very step may have replaced it.
        is_used = await store.sessions.is_spent(user.pool_id, user.sub, progress.id)
        raise SessionUsed if is_used else InvalidSession
    challenges.check_may_sign_in(attempt.user, credential, attempt.call.now)


def _matches(attempt: Attempt, credential: PasswordCredential | None, password: str) -> bool:
    user = attempt.user
    salt = _NO_SALT if credential is None else credential.salt
    verifier = b"" if credential is None else credential.verifier
    pool_name = attempt.pool.id.split("_", 1)[1]
    return srp.verify_password(verifier, pool_name, user.username, password, salt)
