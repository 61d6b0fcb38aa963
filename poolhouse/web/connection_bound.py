"""Choose the connections that are closed when there are too many, so that new ones are served."""

import heapq
from collections.abc import Iterable
from typing import Final, Protocol, TypeVar

RECENT_SECONDS: Final = 2.0
"""A client that has connected so lately is about to send its request."""

SHARE: Final = 16
"""One connection in so many is closed at a time: choosing them looks at every connection."""


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
        """Seconds until it is closed because its client does nothing."""


_Connection = TypeVar("_Connection", bound=Bounded)


def superfluous(
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
