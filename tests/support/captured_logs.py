"""The log lines of a test itself, without those of servers in other threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger


@contextmanager
def capture_logs() -> Iterator[list[EventDict]]:
    """Like structlog's own, for this thread only."""
    here = threading.get_ident()
    logs: list[EventDict] = []

    def keep(_logger: WrappedLogger, level: str, event: EventDict) -> Any:
        if threading.get_ident() == here:
            logs.append({**event, "log_level": level})
        raise structlog.DropEvent

    # In place, as loggers that are in use already hold this very list.
    processors = structlog.get_config()["processors"]
    before = list(processors)
    processors[:] = [keep]
    try:
        yield logs
    finally:
        processors[:] = before
