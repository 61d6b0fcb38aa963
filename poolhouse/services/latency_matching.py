"""Match latencies: delay a response as long as functions took recently, if none may run."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

KEPT: Final = 32
"""Durations of one function, the newest: they follow it when it becomes faster or slower."""
MOST_FUNCTIONS: Final = 1_000
"""Maximum functions with durations; beyond that the least recently used is dropped."""


class LatencyHistory:
    """Remembers durations by what they are durations of, and lets as much time pass.

    One worker's, in memory: what it has never measured takes no time. `monotonic` gives seconds,
    `random_bytes` as many bytes as it is asked for, and `sleep` waits for seconds.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._monotonic = monotonic
        self._random_bytes = random_bytes
        self._sleep = sleep
        self._durations: dict[str, deque[float]] = {}

    @contextmanager
    def measured(self, what: str) -> Iterator[None]:
        """Remember how long the block takes, unless it fails: failures are answered otherwise."""
        started = self._monotonic()
        yield
        durations = self._durations.pop(what, None) or deque(maxlen=KEPT)
        durations.append(self._monotonic() - started)
        self._durations[what] = durations  # at the end: the newest
        if len(self._durations) > MOST_FUNCTIONS:
            del self._durations[next(iter(self._durations))]

    async def replay(self, what: str) -> None:
        """Wait as long as a recent call took; which one is random, as durations vary."""
        if durations := self._durations.get(what):
            await self._sleep(
                durations[int.from_bytes(self._random_bytes(4), "big") % len(durations)]
            )
