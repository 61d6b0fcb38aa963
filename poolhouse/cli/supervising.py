"""The process that looks after several workers; it serves nothing itself and stays small."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence

from poolhouse.cli.worker import orders
from poolhouse.config import Settings
from poolhouse.workers import Supervisor

# `-P`: nothing in the working directory can stand in for a module of ours.
_COMMAND = (sys.executable, "-P", "-m", "poolhouse.cli.worker")


def run(settings: Settings, listeners: Sequence[socket.socket], ready: Callable[[], None]) -> int:
    """Serve with a worker for every socket until a signal ends it; the exit status.

    The workers' metrics meet in a directory that prometheus_client learns of by this variable, when
    it is first imported; a new directory for every start, as its files are never cleaned up.
    """
    with tempfile.TemporaryDirectory(prefix="poolhouse-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        return asyncio.run(_supervise(Supervisor(_COMMAND, orders(settings), listeners), ready))


async def _supervise(supervisor: Supervisor, ready: Callable[[], None]) -> int:
    loop = asyncio.get_running_loop()
    killed_by = 0

    def on_signal(number: int) -> None:
        """The first signal asks to finish what was accepted, the second ends at once."""
        nonlocal killed_by
        if supervisor.is_stopping:
            killed_by = number
            supervisor.kill()
        else:
            supervisor.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    status = await supervisor.run(ready)
    return 128 + killed_by if killed_by else status
