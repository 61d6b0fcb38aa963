"""How failed attempts slow down further ones (ev:auth-4.1)."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.codes import Action, AttemptCount, Holder
from poolhouse.errors.auth import PasswordAttemptsExceeded

FREE: Final = 5
"""Failures before the first lock."""
LONGEST: Final = timedelta(minutes=15)
"""Length of a lock. After as long without an attempt, the count starts again."""


def locked_until(failures: AttemptCount) -> datetime:
    """Return the end of the lock: a second after five failures, doubled after each further one."""
    if failures.count < FREE:
        return failures.since
    # Beyond this the shift alone would be longer than any lock.
    doublings = min(failures.count - FREE, 20)
    return failures.since + min(timedelta(seconds=1 << doublings), LONGEST)


def check(failures: AttemptCount | None, now: datetime) -> None:
    """Refuse attempts during a lock. They don't make it longer.

    A count may be a moment younger than the attempt, which has waited for the lock of guesses.
    """
    if failures is None or failures.count < FREE:
        return
    if not _is_past(failures, now) and now < locked_until(failures):
        until = f"{locked_until(failures):%Y-%m-%dT%H:%M:%SZ}"
        raise PasswordAttemptsExceeded().because(f"{failures.count} failures, locked until {until}")


def is_locked(failures: AttemptCount | None, under_way: int, now: datetime) -> bool:
    """Return whether attempts are refused.

    `under_way` are failures of other requests that began earlier and aren't counted yet.
    """
    counted = 0 if failures is None or _is_past(failures, now) else failures.count
    if counted + under_way < FREE:
        return False
    return under_way > 0 or (failures is not None and now < locked_until(failures))


def failed(
    failures: AttemptCount | None, holder: Holder, action: Action, now: datetime
) -> AttemptCount:
    """Return the count after one more failure; `since` is when the last one was."""
    if failures is None:
        return AttemptCount(
            sub=holder.sub, pool_id=holder.pool_id, action=action, since=now, count=1
        )
    before = 0 if _is_past(failures, now) else failures.count
    return replace(failures, since=now, count=before + 1)


def _is_past(failures: AttemptCount, now: datetime) -> bool:
    """Return whether the last failure no longer counts.

    One far ahead of now is left from a clock that was set back since. One a little ahead counts:
    another machine's clock isn't quite ours.
    """
    return abs(now - failures.since) >= LONGEST
