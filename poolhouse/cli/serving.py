"""One process that serves: builds the application, answers requests, and ends in good order."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

import structlog
import uvicorn
import uvloop

from poolhouse import app, first_start
from poolhouse.cli.failures import STORE_FAILURES, sentence
from poolhouse.cli.forwarded import Forwarded
from poolhouse.clock import Clock
from poolhouse.config import Settings
from poolhouse.ids import Ids
from poolhouse.web.http_protocol import Http

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than proxies and SDKs keep an idle connection, so that it is they who close it: a request
sent into a closing connection is lost."""

_log = structlog.get_logger()


def run(
    settings: Settings,
    listener: socket.socket,
    ready: Callable[[], None],
    supervisor: socket.socket | None = None,
) -> int:
    """Serve until a signal, or the end of the supervisor, ends it; the exit status.

    `ready` is called when the first request can be answered.
    """
    with listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_serve(settings, listener, ready, supervisor))
        except (*STORE_FAILURES, first_start.AnotherRegion) as error:
            _log.error("can't start", reason=sentence(error))
            return 1
    return 0


async def _serve(
    settings: Settings,
    listener: socket.socket,
    ready: Callable[[], None],
    supervisor: socket.socket | None,
) -> None:
    stopping = asyncio.Event()
    _stop_on_signals(stopping, twice_ends=supervisor is None)
    if supervisor is not None:
        _stop_without(supervisor, stopping)
    application = await app.build(settings)
    if not settings.dev:
        await _make_root(application)
    await application.start()
    server = _Server(_uvicorn_settings(settings, application), ready)
    waiting = asyncio.create_task(_pass_on(stopping, server))
    try:
        await server.serve(sockets=[listener])
    finally:
        waiting.cancel()
        await application.stop()


async def _make_root(application: app.App) -> None:
    """Ids of its own: an administrator's key must never come from a seed."""
    now = Clock().now()
    file = await first_start.make_root(application.services.store, Ids(), application.settings, now)
    if file is not None:
        _log.warning("made the first administrator, whose key is in this file", file=str(file))


def _stop_on_signals(stopping: asyncio.Event, *, twice_ends: bool) -> None:
    """The first signal asks to finish what was accepted, the second ends at once.

    Not a worker's second: it may be the same request, from its supervisor and from a service
    manager that tells every process. A supervisor who means it kills.
    """

    def on_signal(number: int) -> None:
        if stopping.is_set() and twice_ends:
            os._exit(128 + number)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, on_signal, number)


def _stop_without(supervisor: socket.socket, stopping: asyncio.Event) -> None:
    """Finish when the supervisor's end of the channel closes: it is gone."""
    loop = asyncio.get_running_loop()

    def on_end() -> None:
        loop.remove_reader(supervisor)
        stopping.set()

    loop.add_reader(supervisor, on_end)


async def _pass_on(stopping: asyncio.Event, server: uvicorn.Server) -> None:
    await stopping.wait()
    server.should_exit = True


class _Server(uvicorn.Server):
    """Uvicorn's, with our signals and with word of being ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is loaded stays; collections needn't look at it. See `preparing`.
        gc.freeze()
        gc.enable()
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals alone: uvicorn's own handling raises them again after the end."""
        yield


def _uvicorn_settings(settings: Settings, application: app.App) -> uvicorn.Config:
    server: Any = Forwarded(application.server) if settings.behind_proxy else application.server
    return uvicorn.Config(
        server,
        interface="asgi3",  # to be taken as it is: `Http` knows how to speak with it
        http=Http,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.stop_seconds,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
    )
