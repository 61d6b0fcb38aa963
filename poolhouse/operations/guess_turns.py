"""Turns of the guesses at one user's secrets, in one worker.

The commit of a right guess differs from that of a wrong one, and may be quicker. If all guesses
that arrive together raced for the count, the right one would win more often than by chance. So a
worker compares one guess at a user's secrets at a time, until its commit.
"""

import asyncio
from typing import Final

LONGEST_WAIT: Final = 5.0
"""Seconds that a guess waits for its turn: a bound for when the store or a function is slow."""


class _Turn:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wanted = 0


class GuessTurns:
    """Gives turns by users' subs. It holds no more than the requests that are under way."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    async def take(self, sub: str) -> None:
        """Wait for the turn. Raises TimeoutError after `LONGEST_WAIT`."""
        turn = self._turns.setdefault(sub, _Turn())
        turn.wanted += 1
        try:
            if turn.lock.locked():
                async with asyncio.timeout(LONGEST_WAIT):
                    await turn.lock.acquire()
            else:
                await turn.lock.acquire()
        except BaseException:
            self._leave(sub, turn)
            raise

    def give_back(self, sub: str) -> None:
        """Let the next guess have the turn."""
        turn = self._turns[sub]
        turn.lock.release()
        self._leave(sub, turn)

    def _leave(self, sub: str, turn: _Turn) -> None:
        turn.wanted -= 1
        if not turn.wanted:
            del self._turns[sub]
