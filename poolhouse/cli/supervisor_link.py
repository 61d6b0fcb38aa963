"""A worker's end of the channel to its supervisor: heartbeats, answers, sockets to accept from."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from poolhouse.cli.http_server import HttpServer
from poolhouse.workers.channel import WorkerChannel
from poolhouse.workers.process import ANSWER, DECLINED, HEARTBEAT, READY
from poolhouse.workers.supervisor import HEARTBEAT_SECONDS

_log = structlog.get_logger()

Answers = Mapping[str, Callable[[], Awaitable[Any]]]


class SupervisorLink:
    """Sends heartbeats to the supervisor, and does what it asks for."""

    def __init__(self, end: socket.socket, ended: Callable[[], None]) -> None:
        """Begin to send heartbeats on the running loop.

        `ended` is called when the supervisor is gone.
        """
        self._channel = WorkerChannel(end, self._on_message, ended)
        self._server: HttpServer | None = None
        self._answers: Answers = {}
        self._on_reload: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._send_heartbeat()

    def serve(self, server: HttpServer, answers: Answers, on_reload: Callable[[], None]) -> None:
        """Report that requests can be answered, and obey the supervisor's requests from now on."""
        self._server, self._answers, self._on_reload = server, answers, on_reload
        self._channel.send(READY)

    async def close(self) -> None:
        """Close the channel, and give up answers that are under way."""
        self._next_heartbeat.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._channel.close()

    def _send_heartbeat(self) -> None:
        self._channel.send(HEARTBEAT)
        self._next_heartbeat = asyncio.get_running_loop().call_later(
            HEARTBEAT_SECONDS, self._send_heartbeat
        )

    def _on_message(self, message: list[Any], carried: socket.socket | None) -> None:
        word, *more = message
        if self._server is None:
            if carried is not None:
                carried.close()
        elif word == "accept":
            self._begin(self._accept(self._server, more[0], carried))
        elif word == "release":
            self._server.release(more[0])
        elif word == "reload":
            self._on_reload()
        elif word in self._answers:
            self._begin(self._answer(word, more[0]))

    async def _accept(
        self, server: HttpServer, worker: int, listener: socket.socket | None
    ) -> None:
        """Accept from another worker's socket, or report that this isn't possible now."""
        try:
            if listener is not None:
                await server.accept_from(worker, listener)
                return
        except OSError as error:
            _log.error("another worker's socket can't be used", reason=str(error))
        self._channel.send(DECLINED, worker)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, question: str, number: int) -> None:
        self._channel.send(ANSWER, number, await self._answers[question]())
