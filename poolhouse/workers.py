"""Worker processes that share a port: started, kept alive, and stopped together.

Each worker has a listening socket of its own, so that the kernel spreads connections over them.
The supervisor has made these sockets and keeps them open: the connections that a dead worker leaves
in its queue wait there for its successor, and none is refused.

One channel joins the supervisor to each worker. Down it go the worker's orders, up it comes word
that the worker is ready, and its end tells either side that the other is gone: workers don't
outlive their supervisor, whatever killed it.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Final

import structlog

READY: Final = b"ready\n"
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
SETTLED_SECONDS: Final = 10.0
"""A worker that lived so long didn't fail to start: its successor starts after the first pause."""

_log = structlog.get_logger()


class Supervisor:
    """Keeps one worker alive for every listening socket."""

    def __init__(
        self, command: Sequence[str], orders: bytes, listeners: Sequence[socket.socket]
    ) -> None:
        """`command` is run with two more arguments: the descriptors of its socket and channel."""
        self._workers = [
            _Worker(number, command, orders, listener) for number, listener in enumerate(listeners)
        ]
        self._stopping = asyncio.Event()
        self._failed = False

    async def run(self, announce: Callable[[], None]) -> int:
        """Start all, call `announce` when they are ready, and return the exit status at the end.

        The first worker starts alone: what a first start makes is made once, and a mistake that
        would stop every worker is told once.
        """
        tasks = []
        for worker in self._workers:
            tasks.append(asyncio.create_task(self._keep_alive(worker)))
            await self._ready_or_stopping(worker, tasks[-1])
        if not self._stopping.is_set():
            announce()
        await asyncio.gather(*tasks)
        return 1 if self._failed else 0

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """Let every worker finish what it accepted, and end; refuse new connections meanwhile."""
        self._stopping.set()
        for worker in self._workers:
            worker.listener.close()
            worker.send(signal.SIGTERM)

    def kill(self) -> None:
        """End every worker at once."""
        for worker in self._workers:
            worker.send(signal.SIGKILL)

    async def _ready_or_stopping(self, worker: "_Worker", kept: "asyncio.Task[None]") -> None:
        """`kept` ends before either only if no process can be made; `run` raises what it raised."""
        events = [asyncio.create_task(one.wait()) for one in (worker.ready, self._stopping)]
        await asyncio.wait({*events, kept}, return_when=asyncio.FIRST_COMPLETED)
        for event in events:
            event.cancel()

    async def _keep_alive(self, worker: "_Worker") -> None:
        now = asyncio.get_running_loop().time
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            started = now()
            status = await worker.live()
            if self._stopping.is_set():
                return
            if not worker.ready.is_set():
                _log.error("worker can't start", worker=worker.number, status=status)
                self._failed = True
                self.stop()
                return
            pause = FIRST_PAUSE if now() - started > SETTLED_SECONDS else pause
            _log.error("worker ended", worker=worker.number, status=status, again_in=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)


class _Worker:
    """One place among the workers, and the process that holds it now. `ready`: one ever was."""

    def __init__(
        self, number: int, command: Sequence[str], orders: bytes, listener: socket.socket
    ) -> None:
        self.number = number
        self.ready = asyncio.Event()
        self.listener = listener
        self._command = command
        self._orders = orders
        self._process: asyncio.subprocess.Process | None = None
        self._told: signal.Signals | None = None

    async def live(self) -> int:
        """Run a process to its end; its exit status, negative for a signal."""
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = (self.listener.fileno(), theirs.fileno())
            self._process = process = await asyncio.create_subprocess_exec(
                *self._command,
                *map(str, descriptors),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=descriptors,
                env=_environment(),
                # Out of the terminal's reach: its Ctrl-C goes to the supervisor alone, which tells
                # the workers once.
                start_new_session=True,
            )
        if self._told is not None:  # while the process was being made
            self.send(self._told)
        _log.info("worker started", worker=self.number, pid=process.pid)
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            writer.write(self._orders + b"\n")
            with contextlib.suppress(ConnectionError):
                if await reader.readline() == READY:
                    self.ready.set()
            return await process.wait()
        finally:
            self._process = None
            writer.close()

    def send(self, number: signal.Signals) -> None:
        """Send a signal that asks to end: to the process there is, or to the one being made."""
        self._told = number
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


def _environment() -> dict[str, str]:
    """Ours, with our own module path: a worker must find this very Poolhouse, and nothing else."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
