"""The process that looks after several workers; it serves clients nothing and stays small."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence

import structlog

from poolhouse.cli.worker import orders
from poolhouse.config.settings import Settings
from poolhouse.workers.supervisor import Supervisor

# `-P`: nothing in the working directory can stand in for a module of ours.
_COMMAND = (sys.executable, "-P", "-m", "poolhouse.cli.worker")

_log = structlog.get_logger()


def run(
    settings: Settings,
    listeners: Sequence[socket.socket],
    ready: Callable[[], None],
    operator: socket.socket | None,
) -> int:
    """Serve with a worker for every socket until a signal ends it; the exit status.

    `operator` is the socket of the operator's listener.
    """
    return asyncio.run(_supervise(settings, listeners, ready, operator))


async def _supervise(
    settings: Settings,
    listeners: Sequence[socket.socket],
    ready: Callable[[], None],
    operator: socket.socket | None,
) -> int:
    supervisor = Supervisor(
        _COMMAND, orders(settings), listeners, stop_seconds=max(1, settings.stop_seconds)
    )
    loop = asyncio.get_running_loop()
    killed_by = 0

    def on_signal(number: int) -> None:
        """Finish what was accepted after the first signal, and end at once after the second."""
        nonlocal killed_by
        if supervisor.is_stopping:
            killed_by = number
            supervisor.kill()
        else:
            _log.info("stopping", reason=signal.Signals(number).name)
            supervisor.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    loop.add_signal_handler(signal.SIGHUP, supervisor.broadcast, "reload")
    async with contextlib.AsyncExitStack() as stack:
        if operator is not None:
            await stack.enter_async_context(_operator_pages(supervisor, operator))
        status = await supervisor.run(ready)
    if supervisor.is_stopping:
        _log.info("stopped", status=status)
    return 128 + killed_by if killed_by else status


@contextlib.asynccontextmanager
async def _operator_pages(supervisor: Supervisor, listener: socket.socket) -> AsyncIterator[None]:
    """Serve metrics and health for as long as the block runs; loaded only if they are asked for."""
    from poolhouse.cli.http_server import operator_server, serving  # noqa: PLC0415
    from poolhouse.cli.worker_reports import WorkerReports  # noqa: PLC0415
    from poolhouse.server.operator_port import OperatorPages  # noqa: PLC0415

    reports = WorkerReports(supervisor)
    pages = OperatorPages(reports.verdict, reports.exposition)
    async with serving(operator_server(pages), listener):
        yield
