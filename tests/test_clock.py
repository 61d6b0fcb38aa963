"""The clock that development and CI can set."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from poolhouse.clock import Clock, SettableClock

MOMENT = datetime(2031, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def test_the_time_is_aware_and_in_utc() -> None:
    assert Clock().now().tzinfo is UTC


def test_a_settable_clock_starts_with_the_real_time() -> None:
    before, seen, after = Clock().now(), SettableClock().now(), Clock().now()
    assert before <= seen <= after


def test_a_frozen_clock_stands_still() -> None:
    clock = SettableClock()
    clock.set(MOMENT, frozen=True)
    assert [clock.now(), clock.now()] == [MOMENT, MOMENT]


def test_a_set_clock_runs_on_from_there() -> None:
    clock = SettableClock()
    clock.set(MOMENT)
    first, second = clock.now(), clock.now()
    assert MOMENT <= first <= second < MOMENT + timedelta(days=1)


def test_a_clock_set_to_none_has_the_real_time_again() -> None:
    clock = SettableClock()
    clock.set(MOMENT, frozen=True)
    clock.set(None)
    before, seen, after = Clock().now(), clock.now(), Clock().now()
    assert before <= seen <= after


def test_a_frozen_clock_advances_by_exactly_what_it_is_told() -> None:
    clock = SettableClock()
    clock.set(MOMENT, frozen=True)
    clock.advance(timedelta(hours=1))
    clock.advance(timedelta(seconds=1))
    assert clock.now() == MOMENT + timedelta(hours=1, seconds=1)


def test_a_running_clock_advances() -> None:
    clock = SettableClock()
    clock.advance(timedelta(days=365))
    assert clock.now() >= Clock().now() + timedelta(days=364)


def test_any_time_zone_is_understood_and_utc_is_told() -> None:
    clock = SettableClock()
    clock.set(MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30))), frozen=True)
    assert clock.now() == MOMENT
    assert clock.now().tzinfo is UTC


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SettableClock().set(MOMENT.replace(tzinfo=None))


def test_measured_durations_stay_real() -> None:
    clock = SettableClock()
    before = clock.monotonic()
    clock.set(MOMENT, frozen=True)
    assert before <= clock.monotonic() < before + 3600
