"""One lock for the guesses at each user's secrets, in one worker.

The commit of a right guess differs from that of a wrong one, and may be quicker. If all guesses
that arrive together raced for the count, the right one would win more often than by chance. So a
worker compares one guess at a user's secrets at a time, and holds the lock until its commit.

This has nothing to do with locked users (`rules/auth/lockout.py`).
"""

import asyncio
from typing import Final

LONGEST_WAIT: Final = 5.0
"""Seconds that a guess waits for the lock: a bound for when the store or a function is slow."""


class _Lock:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wanted = 0
        """Calls that hold the lock or wait for it."""


class GuessLocks:
    """Locks by users' subs. It holds no more than the requests that are under way."""

    def __init__(self) -> None:
        self._locks: dict[str, _Lock] = {}

    async def acquire(self, sub: str) -> None:
        """Wait for the lock. Raises TimeoutError after `LONGEST_WAIT`."""
        found = self._locks.setdefault(sub, _Lock())
        found.wanted += 1
        try:
            if found.wanted > 1:  # not locked(): a free lock goes to the first waiting call
                async with asyncio.timeout(LONGEST_WAIT):
                    await found.lock.acquire()
            else:
                await found.lock.acquire()
        except BaseException:
            self._leave(sub, found)
            raise

    def release(self, sub: str) -> None:
        """Release the lock to the next guess."""
        found = self._locks[sub]
        found.lock.release()
        self._leave(sub, found)

    def _leave(self, sub: str, found: _Lock) -> None:
        found.wanted -= 1
        if not found.wanted:
            del self._locks[sub]
