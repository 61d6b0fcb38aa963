"""Word in the log when the process has no file descriptor left for another connection."""

import asyncio
import os
import resource
from typing import Final

import structlog

LOOK_SECONDS: Final = 1.0

_log = structlog.get_logger()


async def watch() -> None:
    """Log when descriptors run out, and when some are free again, once each."""
    spare = os.open(os.devnull, os.O_RDONLY)
    try:
        is_out = False
        while True:
            was_out, is_out = is_out, _is_out(spare)
            if is_out and not was_out:
                limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
                _log.error("no file descriptor is left: new connections are closed", limit=limit)
            elif was_out and not is_out:
                _log.warning("file descriptors are free again")
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        os.close(spare)


def _is_out(spare: int) -> bool:
    try:
        os.close(os.dup(spare))
    except OSError:
        return True
    return False
