"""Limit what unauthenticated callers add to the store in a minute: app clients, device requests."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from poolhouse.http.client_addresses import network

REGISTRATIONS_OF_ADDRESS: Final = 10
"""Open registrations a minute from one address, or one IPv6 network of 64 bits, at a worker."""
REGISTRATIONS_OF_ALL: Final = 100
"""The same from all addresses."""

DEVICES_OF_ADDRESS: Final = 30
"""Requests a minute of public clients' devices from one address at a worker."""
DEVICES_OF_ALL: Final = 600
"""The same from all addresses."""

_MINUTE: Final = 60.0


class RateLimit:
    """The requests of this minute. There are never more addresses than `of_all` in it."""

    def __init__(self, monotonic: Callable[[], float], *, of_address: int, of_all: int) -> None:
        self._monotonic = monotonic
        self._of_address, self._of_all = of_address, of_all
        self._began = float("-inf")
        self._counts: Counter[str] = Counter()

    def take(self, source: str | None) -> bool:
        """Count one more request; return False if it is beyond a limit."""
        at = self._monotonic()
        if at - self._began >= _MINUTE:
            self._began, self._counts = at, Counter()
        key = network(source or "")
        if self._counts[key] >= self._of_address or self._counts.total() >= self._of_all:
            return False
        self._counts[key] += 1
        return True
