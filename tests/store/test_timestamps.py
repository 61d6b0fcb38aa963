"""Times in the store: whole milliseconds, read back exactly, whenever they are."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.store.timestamps import EPOCH, from_milliseconds, to_milliseconds

FIRST, LAST = to_milliseconds(datetime.min.replace(tzinfo=UTC)), 253_402_300_799_999


@given(st.integers(FIRST, LAST))
def test_timestamp_of_any_millisecond_round_trips(milliseconds: int) -> None:
    read = from_milliseconds(milliseconds)
    assert read == EPOCH + timedelta(milliseconds=milliseconds)
    assert to_milliseconds(read) == milliseconds
    assert read.tzinfo is UTC


@pytest.mark.parametrize("around", [0, 4_000_000_000_000, -4_000_000_000_000])
def test_timestamp_round_trips_where_the_conversion_changes(around: int) -> None:
    for milliseconds in range(around - 1_000, around + 1_001):
        assert to_milliseconds(from_milliseconds(milliseconds)) == milliseconds


def test_timestamp_is_truncated_to_milliseconds() -> None:
    assert to_milliseconds(EPOCH + timedelta(microseconds=1_999)) == 1
    assert to_milliseconds(EPOCH - timedelta(microseconds=1)) == -1
