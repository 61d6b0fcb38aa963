"""Decide whether this process can serve, for load balancers and orchestrators."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from poolhouse.http.error_logging import describe_failure
from poolhouse.store.interface import Unavailable

FRESH_SECONDS: Final = 1.0
"""Time that a verdict is cached: unauthenticated clients ask for it, and it costs a write."""
LIMIT_SECONDS: Final = 2.0
"""A store that takes longer than this to read and write isn't ready."""

READY: Final = "ok"
_UNAVAILABLE: Final = "store unavailable"
_TOO_SLOW: Final = "store too slow"

_log = structlog.get_logger()


class Readiness:
    """Reads and writes the store, at most once a second and one try at a time."""

    def __init__(
        self, attempt: Callable[[], Awaitable[None]], monotonic: Callable[[], float]
    ) -> None:
        """Prepare the check. `attempt` reads and writes, and raises `Unavailable` if it can't."""
        self._attempt = attempt
        self._monotonic = monotonic
        self._verdict = READY
        self._until = float("-inf")
        self._trying: asyncio.Task[str] | None = None

    async def verdict(self) -> str:
        """Return `READY`, or what is wrong. Takes no longer than `LIMIT_SECONDS`."""
        if self._monotonic() < self._until:
            return self._verdict
        is_late = self._trying is not None and self._verdict != READY
        trying = self._trying
        if trying is None:
            trying = self._trying = asyncio.get_running_loop().create_task(self._try())
        if not is_late:
            await asyncio.wait({trying}, timeout=LIMIT_SECONDS)
        if not trying.done():
            # The next to ask don't wait for an attempt that is late already.
            return self._conclude(_TOO_SLOW)
        if self._trying is trying:
            self._trying = None
        return self._conclude(trying.result())

    async def close(self) -> None:
        """Cancel an attempt that is running."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.wait({self._trying})

    def _conclude(self, verdict: str) -> str:
        if verdict != self._verdict:
            if verdict == READY:
                _log.warning("ready again")
            else:
                _log.error("not ready", reason=verdict)
        self._verdict = verdict
        self._until = self._monotonic() + FRESH_SECONDS
        return verdict

    async def _try(self) -> str:
        try:
            await self._attempt()
        except Unavailable:
            return _UNAVAILABLE
        except Exception as error:
            _log.error("unexpected error", **describe_failure(error))
            return _UNAVAILABLE
        return READY
