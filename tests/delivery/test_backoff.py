"""The pauses between two tries of a message."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.delivery.backoff import LONGEST, SHORTEST, pause


@pytest.mark.parametrize(
    ("failures", "random_bytes", "seconds"),
    [
        (1, bytes(4), 1.0),
        (1, b"\x80\0\0\0", 1.25),
        (2, bytes(4), 2.0),
        (5, bytes(4), 16.0),
        (12, bytes(4), 2048.0),
        (13, bytes(4), 2400.0),
        (10_000, b"\x80\0\0\0", 3000.0),
    ],
)
def test_backoff_pause_doubles_each_time(
    failures: int, random_bytes: bytes, seconds: float
) -> None:
    assert pause(failures, random_bytes) == timedelta(seconds=seconds)


@given(st.integers(min_value=1), st.binary(min_size=4, max_size=4))
def test_backoff_pause_is_between_a_second_and_an_hour(failures: int, random_bytes: bytes) -> None:
    assert SHORTEST <= pause(failures, random_bytes) <= LONGEST
