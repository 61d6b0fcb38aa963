"""`poolhouse serve --workers N`: this process supervises, N others serve."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from poolhouse.cli.worker import orders
from poolhouse.config import Settings
from poolhouse.workers import Supervisor

_COMMAND: Final = (sys.executable, "-m", "poolhouse.cli.worker")


def run(
    settings: Settings, listeners: Sequence[socket.socket], announce: Callable[[], None]
) -> int:
    """Serve with one worker for each listening socket, until a signal; the exit status.

    The workers' metrics meet in a folder, so that each of them can tell all.
    """
    metrics = Path(tempfile.mkdtemp(prefix="poolhouse-metrics-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    try:
        return asyncio.run(_supervise(settings, listeners, announce))
    finally:
        shutil.rmtree(metrics, ignore_errors=True)


async def _supervise(
    settings: Settings, listeners: Sequence[socket.socket], announce: Callable[[], None]
) -> int:
    supervisor = Supervisor(_COMMAND, orders(settings), listeners)
    stopping = False

    def on_signal() -> None:
        nonlocal stopping
        if stopping:
            supervisor.kill()
        else:
            stopping = True
            supervisor.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    return await supervisor.run(announce)
