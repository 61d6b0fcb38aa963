"""Choose the connections that are closed when there are too many, or when they hold too much."""

import heapq
from collections.abc import Iterable
from typing import Final, Generic, Protocol, TypeVar

RECENT_SECONDS: Final = 2.0
"""A client that has connected so lately is about to send its request."""

SHARE: Final = 16
"""One connection in so many is closed at a time: choosing them looks at every connection."""


MOST_ARRIVING: Final = 268_435_456
"""Bytes of requests that have arrived in part, at all connections of a worker together."""


class Bounded(Protocol):
    """One of the connections."""

    @property
    def is_answered(self) -> bool:
        """Return whether one of its requests is complete, and being answered."""

    @property
    def is_receiving(self) -> bool:
        """Return whether one of its requests has arrived in part."""

    @property
    def seconds_left(self) -> float:
        """Return the seconds until it is closed because its client does nothing."""


_Connection = TypeVar("_Connection", bound=Bounded)


def connections_to_close(
    connections: Iterable[_Connection], *, most: int, patience: float
) -> list[_Connection]:
    """Return the connections to close: those that have been idle for longest.

    If none is idle, those whose requests take longest to arrive. Never one whose request is being
    answered, so that the list is empty when all are. `most` is how many there may be, `patience`
    the seconds that a client has to send a request.
    """

    def order(connection: _Connection) -> tuple[bool, float]:
        left = connection.seconds_left
        is_idle = not connection.is_receiving and left < patience - RECENT_SECONDS
        return not is_idle, left

    closable = [connection for connection in connections if not connection.is_answered]
    return heapq.nsmallest(max(1, most // SHARE), closable, key=order)


class ArrivingRequests(Generic[_Connection]):
    """Counts the bytes of requests that have arrived in part, and bounds their sum."""

    def __init__(self, most: int = MOST_ARRIVING) -> None:
        self._most = most
        self._sizes: dict[_Connection, int] = {}
        self.total = 0

    def hold(self, connection: _Connection, size: int) -> list[_Connection]:
        """Count what a connection holds by now. Return the connections to close, slowest first.

        A client that sends a request without a pause is never among the slowest for long.
        """
        self.total += size - self._sizes.get(connection, 0)
        self._sizes[connection] = size
        closed = list[_Connection]()
        if self.total > self._most:
            for slow in sorted(self._sizes, key=lambda each: each.seconds_left):
                closed.append(slow)
                self.release(slow)
                if self.total <= self._most - self._most // SHARE:
                    break
        return closed

    def release(self, connection: _Connection) -> None:
        """Count no more bytes of a connection, if any were counted."""
        self.total -= self._sizes.pop(connection, 0)
