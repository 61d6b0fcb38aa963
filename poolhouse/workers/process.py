"""A worker process, as its supervisor sees it."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from poolhouse.workers.channel import WorkerChannel

READY: Final = "ready"
HEARTBEAT: Final = "heartbeat"
ANSWER: Final = "answer"
DECLINED: Final = "declined"
"""The messages of a worker. An answer repeats the number of its question, and what is declined is
to accept from the socket of the worker of a number.
"""

MISSED_HEARTBEATS: Final = 3
"""Missed heartbeats after which a worker no longer counts as serving."""


class Process:
    """A running worker: whether it is ready, how many heartbeats it has missed, its answers."""

    def __init__(
        self,
        id: int,
        process: asyncio.subprocess.Process,
        end: socket.socket,
        when_ready: Callable[[], None],
    ) -> None:
        """Follow a process. Unlike a process id, `id` is never used again."""
        self.id = id
        self.pid = process.pid
        self.is_ready = False
        self.silent = 0
        self._process = process
        self._when_ready = when_ready
        self._questions = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._is_over = False
        self.declined: set[int] = set()
        """Workers from whose sockets it can't accept just now."""
        self.channel = WorkerChannel(end, self._on_message, lambda: None)

    @property
    def is_serving(self) -> bool:
        """Return whether it runs, is ready, and has sent a heartbeat in time."""
        return not self._is_over and self.is_ready and self.silent < MISSED_HEARTBEATS

    def ask(self, question: str) -> "asyncio.Future[Any]":
        """Send a question. A task that stops waiting for the answer cancels it."""
        number = next(self._questions)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda _: self._asked.pop(number, None))
        self.channel.send(question, number)
        return answer

    async def wait(self) -> int:
        """Return the exit status; negative for a signal."""
        return await self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    def close(self) -> None:
        """Close what belongs to a process that has ended."""
        self._is_over = True
        for answer in list(self._asked.values()):
            answer.cancel()
        self.channel.close()

    def _on_message(self, message: list[Any], _carried: socket.socket | None) -> None:
        self.silent = 0
        word, *more = message
        if word == READY and not self.is_ready:
            self.is_ready = True
            self._when_ready()
        elif word == DECLINED:
            self.declined.add(more[0])
        elif word == ANSWER:
            number, answer = more
            asked = self._asked.get(number)
            if asked is not None and not asked.done():
                asked.set_result(answer)


async def start(
    command: Sequence[str],
    orders: bytes,
    listener: socket.socket,
    id: int,
    when_ready: Callable[[], None],
) -> Process:
    """Start a worker with its socket and its end of a new channel, and send it its orders."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            descriptors = (listener.fileno(), theirs.fileno())
            made = await asyncio.create_subprocess_exec(
                *command,
                *map(str, descriptors),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=descriptors,
                env=_environment(),
                # Out of the terminal's reach: its Ctrl-C goes to the supervisor alone, which tells
                # the workers once.
                start_new_session=True,
            )
    except BaseException:
        ours.close()
        raise
    process = Process(id, made, ours, when_ready)
    process.channel.send_line(orders + b"\n")
    return process


def _environment() -> dict[str, str]:
    """Return our variables with our module path: a worker must import this very Poolhouse."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
