"""The log of a failure that repeats: its beginning, how often it happens, and its end.

While a store is away every request fails. A line for each of them would fill the disk of the logs
and say nothing new.
"""

import asyncio
from typing import Any, Final

import structlog

EVERY_SECONDS: Final = 10.0

_log = structlog.get_logger()


class OutageLog:
    """Logs the first failure at once, then one line in ten seconds for as long as they go on."""

    def __init__(self, event: str) -> None:
        """Prepare the log of an outage. `event` is the message of each line."""
        self._event = event
        self._failures = 0
        self._facts: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None

    def failed(self, error: Exception, **facts: Any) -> None:
        """Log a failure, or count it; `facts` are members of its line."""
        if self._timer is None:
            _log.error(self._event, error=str(error), **facts)
            self._watch()
        else:
            self._failures += 1
            self._facts = {"error": str(error), **facts}

    def close(self) -> None:
        """Log what was counted."""
        if self._timer is not None:
            self._timer.cancel()
            self._summarize()

    def _watch(self) -> None:
        self._failures = 0
        self._timer = asyncio.get_running_loop().call_later(EVERY_SECONDS, self._check)

    def _check(self) -> None:
        if self._failures:
            self._summarize()
            self._watch()
        else:
            self._timer = None
            _log.warning("no such failure any more", was=self._event)

    def _summarize(self) -> None:
        if self._failures:
            facts = {"failures": self._failures, "seconds": EVERY_SECONDS, **self._facts}
            _log.error(self._event, **facts)
