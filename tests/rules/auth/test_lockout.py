"""Lockout: failures slow down further attempts (ev:auth-4.1)."""

from datetime import timedelta

import pytest
from support.store_samples import NOW, a_user

from poolhouse.entities.codes import Action, AttemptCount
from poolhouse.errors.auth import PasswordAttemptsExceeded
from poolhouse.rules.auth import lockout

SECOND = timedelta(seconds=1)
ALICE = a_user("sub-alice")


def failures(count: int) -> AttemptCount:
    return AttemptCount(
        sub=ALICE.sub, pool_id=ALICE.pool_id, action=Action.PASSWORD, since=NOW, count=count
    )


@pytest.mark.parametrize(
    ("count", "seconds"),
    [
        (1, 0),
        (4, 0),
        (5, 1),
        (6, 2),
        (7, 4),
        (10, 32),
        (14, 512),
        (15, 900),
        (16, 900),
        (9000, 900),
    ],
)
def test_lockout_from_fifth_failure_doubles_each_time(count: int, seconds: int) -> None:
    assert lockout.locked_until(failures(count)) == NOW + seconds * SECOND


def test_attempts_during_a_lock_are_refused_and_then_let_through() -> None:
    with pytest.raises(PasswordAttemptsExceeded):
        lockout.check(failures(6), NOW + timedelta(seconds=1.9))
    lockout.check(failures(6), NOW + 2 * SECOND)
    lockout.check(failures(4), NOW)
    lockout.check(None, NOW)
    lockout.check(failures(4), NOW - SECOND)


def test_failures_are_counted_from_the_first() -> None:
    first = lockout.failed(None, ALICE, Action.PASSWORD, NOW)
    assert (first.count, first.since, first.version) == (1, NOW, 0)
    second = lockout.failed(first, ALICE, Action.PASSWORD, NOW + SECOND)
    assert (second.count, second.since) == (2, NOW + SECOND)


def test_lockout_count_restarts_after_fifteen_minutes() -> None:
    later = NOW + lockout.LONGEST
    assert lockout.failed(failures(20), ALICE, Action.PASSWORD, later - SECOND).count == 21
    assert lockout.failed(failures(20), ALICE, Action.PASSWORD, later).count == 1


def test_lockout_left_by_a_clock_far_ahead_is_over() -> None:
    lockout.check(failures(20), NOW - lockout.LONGEST)
    with pytest.raises(PasswordAttemptsExceeded):
        lockout.check(failures(20), NOW - lockout.LONGEST + SECOND)
