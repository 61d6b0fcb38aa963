"""Calculate how many connections of clients the limit on open files leaves room for."""

import resource
from pathlib import Path
from typing import Final

MOST_CONNECTIONS: Final = 10_000
"""Maximum for one worker, whatever the limit on open files: each takes memory too."""

FEWEST_CONNECTIONS: Final = 8
OPERATOR_CONNECTIONS: Final = 32
"""Maximum to the operator's pages; they take descriptors from the reserved ones."""

MOST_RESERVED: Final = 128
"""Descriptors kept for the store, functions, mails and files that are opened later."""


def most_connections() -> int:
    """Return how many connections this process may keep, by `ulimit -n` and what is open now."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return connections_within(limit, sum(1 for _ in Path("/dev/fd").iterdir()))


def connections_within(limit: int, open_now: int) -> int:
    """Return how many connections fit below the limit, beside the descriptors open now."""
    room = limit - open_now - min(MOST_RESERVED, limit // 4)
    return min(max(room, FEWEST_CONNECTIONS), MOST_CONNECTIONS)
