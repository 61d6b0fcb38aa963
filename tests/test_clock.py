"""The clock that development and CI can set."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from poolhouse.clock import Clock, SettableClock

MOMENT = datetime(2031, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def test_clock_time_is_aware_and_in_utc() -> None:
    assert Clock().now().tzinfo is UTC


def test_settable_clock_starts_with_the_real_time() -> None:
    before, seen, after = Clock().now(), SettableClock().now(), Clock().now()
    assert before <= seen <= after


def test_settable_clock_frozen_does_not_advance() -> None:
    clock = SettableClock()
    clock.set(MOMENT, frozen=True)
    assert [clock.now(), clock.now()] == [MOMENT, MOMENT]


def test_settable_clock_set_advances_from_there() -> None:
    clock = SettableClock()
    clock.set(MOMENT)
    first, second = clock.now(), clock.now()
    assert MOMENT <= first <= second < MOMENT + timedelta(days=1)


def test_settable_clock_set_to_none_has_the_real_time() -> None:
    clock = SettableClock()
    clock.set(MOMENT, frozen=True)
    clock.set(None)
    before, seen, after = Clock().now(), clock.now(), Clock().now()
    assert before <= seen <= after


def test_settable_clock_frozen_advances_exactly_as_requested() -> None:
    clock = SettableClock()
    clock.set(MOMENT, frozen=True)
    clock.advance(timedelta(hours=1))
    clock.advance(timedelta(seconds=1))
    assert clock.now() == MOMENT + timedelta(hours=1, seconds=1)


def test_settable_clock_running_can_be_advanced() -> None:
    clock = SettableClock()
    clock.advance(timedelta(days=365))
    assert clock.now() >= Clock().now() + timedelta(days=364)


def test_settable_clock_accepts_any_time_zone_and_returns_utc() -> None:
    clock = SettableClock()
    clock.set(MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30))), frozen=True)
    assert clock.now() == MOMENT
    assert clock.now().tzinfo is UTC


def test_settable_clock_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SettableClock().set(MOMENT.replace(tzinfo=None))


def test_measured_durations_stay_real() -> None:
    clock = SettableClock()
    before = clock.monotonic()
    clock.set(MOMENT, frozen=True)
    assert before <= clock.monotonic() < before + 3600
