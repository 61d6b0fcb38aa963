"""Estimate how many users a pool has, without counting them all for each request.

A pass goes through the index of a pool's users in steps, and remembers where it ended. The next
request goes on from there, so that it counts only the users who came since. Users who were deleted
meanwhile are noticed by the next pass, which small pools make each time and large ones each hour.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import msgspec

from poolhouse.store.interface import Database

STEP: Final = 10_000
"""Users that one read counts: about a millisecond's work."""

MOST_STEPS: Final = 100
"""Steps within one request. Pools of more than a million users take several to be counted."""

GOOD_FOR: Final = timedelta(hours=1)
"""Time that a pass of several steps counts before another looks for deleted users."""

MOST_POOLS: Final = 10_000

_COUNT: Final = (
    "SELECT count(*), max(sub) FROM (SELECT sub FROM users WHERE (pool_id, sub) > ($1, $2)"
    " AND pool_id <= $1 ORDER BY pool_id, sub LIMIT $3) AS counted"
)


class _Pass(msgspec.Struct, frozen=True):
    """A pass that has counted the users up to a sub; `whole` is the last complete count."""

    begun_at: datetime
    counted: int = 0
    after: str = ""
    whole: int = 0
    is_complete: bool = False

    def is_over(self, now: datetime) -> bool:
        """Return whether to begin again: after its time, or if a clock was set back."""
        is_small = self.is_complete and self.counted < STEP
        return is_small or not self.begun_at <= now < self.begun_at + GOOD_FOR


class UserCounts:
    """Estimates by pool, each worker's own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passes: dict[str, _Pass] = {}

    async def estimate(self, pool_id: str, now: datetime) -> int:
        """Return the number of a pool's users: exact below 10,000 of them.

        Above that it may include those deleted within the last hour. Of a pool of more than a
        million users, the first requests to a worker tell as many as are counted by then.
        """
        current = self._passes.get(pool_id) or _Pass(begun_at=now)
        if current.is_over(now):
            current = _Pass(begun_at=now, whole=current.whole)
        counted, after, is_complete = current.counted, current.after, False
        for _ in range(MOST_STEPS):
            rows = await self._database.fetch(_COUNT, pool_id, after, STEP)
            found, last = rows[0]
            counted, after = counted + found, last or after
            if is_complete := found < STEP:
                break
            await asyncio.sleep(0)  # let other requests have their turn
        whole = counted if is_complete else current.whole
        if len(self._passes) >= MOST_POOLS:
            self._passes.clear()
        self._passes[pool_id] = _Pass(current.begun_at, counted, after, whole, is_complete)
        return max(counted, whole)
