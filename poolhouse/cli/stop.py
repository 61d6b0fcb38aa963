"""A stop: who asks for it, and the time within which the process ends whatever hangs."""

import asyncio
import os
import signal
import threading
from typing import Final

import structlog

SHARE_TO_STORE: Final = 1 / 3
"""Of the time of a stop, for what is to be stored after the last request; so many seconds at
the most, and at least one."""
MOST_TO_STORE: Final = 5
LATE_SECONDS: Final = 1.0
CUT_SHORT: Final = 1
"""The exit status of a stop that had to give something up."""

_log = structlog.get_logger()


class Stop:
    """The end of this process, asked for by a signal or by the end of the supervisor."""

    def __init__(self, seconds: int, *, twice_ends: bool, logs: bool) -> None:
        """Listen to signals on the running loop. The stop takes no longer than `seconds`, or one.

        `twice_ends`: a second signal ends at once. Not a worker's second: it may be the same
        request, from its supervisor and from a service manager that signals every process. A
        supervisor who means it kills.
        """
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()
        self._logs = logs
        self._to_store = max(1, min(MOST_TO_STORE, round(seconds * SHARE_TO_STORE)))
        self.request_seconds = max(0, seconds - self._to_store)
        """Seconds that requests under way may take."""
        self._seconds = self.request_seconds + self._to_store
        self._deadline = 0.0

        def on_signal(number: int) -> None:
            if self._asked.is_set() and twice_ends:
                os._exit(128 + number)
            self.begin(signal.Signals(number).name)

        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, on_signal, number)

    @property
    def has_begun(self) -> bool:
        return self._asked.is_set()

    @property
    def seconds_left(self) -> float:
        """Return what is left of the time: all of it before the stop begins, at least 0.1 s."""
        if not self._asked.is_set():
            return self._seconds
        return max(0.1, self._deadline - self._loop.time())

    def begin(self, why: str) -> None:
        """Begin the stop. A thread ends the process if the event loop hangs meanwhile."""
        if self._asked.is_set():
            return
        self._deadline = self._loop.time() + self._seconds
        self._asked.set()
        if self._logs:
            _log.info("stopping", reason=why)
        watchdog = threading.Timer(self._seconds + LATE_SECONDS, _end)
        watchdog.daemon = True
        watchdog.start()

    def end(self) -> None:
        """Record that the stop has ended in order."""
        if self._logs and self._asked.is_set():
            _log.info("stopped")

    async def wait(self) -> None:
        """Return when the stop begins."""
        await self._asked.wait()


def _end() -> None:
    _log.error("the stop took too long and is cut short")
    os._exit(CUT_SHORT)
