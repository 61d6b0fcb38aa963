"""Bound how many apps unauthenticated callers register in a minute."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from poolhouse.http.client_addresses import network

OF_ADDRESS: Final = 10
"""Open registrations a minute from one address, or one IPv6 network of 64 bits, at a worker."""
OF_ALL: Final = 100
"""The same from all addresses."""

_MINUTE: Final = 60.0


class RegistrationRate:
    """The registrations of this minute. There are never more addresses than `OF_ALL` in it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began = float("-inf")
        self._counts: Counter[str] = Counter()

    def take(self, source: str | None) -> bool:
        """Count one more registration; return False if it is beyond a bound."""
        at = self._monotonic()
        if at - self._began >= _MINUTE:
            self._began, self._counts = at, Counter()
        key = network(source) if source else ""
        if self._counts[key] >= OF_ADDRESS or self._counts.total() >= OF_ALL:
            return False
        self._counts[key] += 1
        return True
