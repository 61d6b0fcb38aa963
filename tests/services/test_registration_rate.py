"""Bounds on open registrations."""

from poolhouse.services.registration_rate import OF_ADDRESS, OF_ALL, RegistrationRate


class Monotonic:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 5.0

    def __call__(self) -> float:
        return self.seconds


def test_registrations_of_one_network_are_bounded_by_the_minute() -> None:
    clock = Monotonic()
    rate = RegistrationRate(clock)
    taken = [rate.take(f"2001:db8::{n:x}") for n in range(OF_ADDRESS + 1)]
    assert taken == [True] * OF_ADDRESS + [False]
    assert rate.take("2001:db8:1::1")
    clock.seconds += 60
    assert rate.take("2001:db8::1")


def test_registrations_of_all_addresses_are_bounded() -> None:
    rate = RegistrationRate(Monotonic())
    taken = [rate.take(f"198.51.100.{n}") for n in range(OF_ALL + 5)]
    assert taken == [True] * OF_ALL + [False] * 5
    assert not rate.take(None)
