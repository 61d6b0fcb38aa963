"""Limits on what unauthenticated callers add in a minute."""

from poolhouse.services.rate_limits import RateLimit


class Monotonic:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 5.0

    def __call__(self) -> float:
        return self.seconds


def test_rate_limit_of_one_network_is_for_the_minute() -> None:
    clock = Monotonic()
    limit = RateLimit(clock, of_address=3, of_all=10)
    taken = [limit.take(f"2001:db8::{n:x}") for n in range(4)]
    assert taken == [True] * 3 + [False]
    assert limit.take("2001:db8:1::1")
    clock.seconds += 60
    assert limit.take("2001:db8::1")


def test_rate_limit_of_all_addresses_is_for_the_minute() -> None:
    limit = RateLimit(Monotonic(), of_address=3, of_all=10)
    taken = [limit.take(f"198.51.100.{n}") for n in range(12)]
    assert taken == [True] * 10 + [False] * 2
    assert not limit.take(None)
