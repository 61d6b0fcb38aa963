"""Uvicorn's server, with our signals, sockets that come later, and word of being ready."""

import asyncio
import contextlib
import gc
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final, NamedTuple

import uvicorn

from poolhouse.cli.connection_limit import OPERATOR_CONNECTIONS, most_connections
from poolhouse.cli.forwarded import Forwarded
from poolhouse.cli.tls_certificate import TlsCertificates
from poolhouse.config.settings import Settings
from poolhouse.http.protocol import Application, Http1Protocol

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than proxies and SDKs keep an idle connection, so that it is they who close it: a request
sent into a closing connection is lost."""
LEAST_STOP_SECONDS: Final = 0.2
"""Minimum seconds of a stop: with none uvicorn would log an error at each stop."""


class SecureListener(NamedTuple):
    """A socket with TLS beside one without: in dev mode."""

    listener: socket.socket
    tls: ssl.SSLContext


class HttpServer(uvicorn.Server):
    """Serves an application on a socket, and on those of other workers while they can't."""

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[], None],
        secure: SecureListener | None = None,
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._secure = secure
        self._lent: dict[int, asyncio.Server] = {}

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._secure is not None:
            self.servers.append(await self._listening(*self._secure))
        # What is loaded stays; collections needn't look at it. See `process_setup`.
        gc.freeze()
        gc.enable()
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn's own handling raises them again after the end."""
        yield

    async def accept_from(self, worker: int, listener: socket.socket) -> None:
        """Accept from the socket of another worker too, until `release`."""
        if self.should_exit or worker in self._lent:
            listener.close()
            return
        server = await self._listening(listener, self.config.ssl)
        self._lent[worker] = server
        self.servers.append(server)
        if self.should_exit:
            self.release(worker)

    def release(self, worker: int) -> None:
        """Accept no more from another worker's socket; connections that are open stay."""
        server = self._lent.pop(worker, None)
        if server is not None:
            self.servers.remove(server)
            server.close()

    async def _listening(
        self, listener: socket.socket, tls: ssl.SSLContext | None
    ) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            self._connection, sock=listener, ssl=tls, backlog=self.config.backlog
        )

    def _connection(self) -> asyncio.Protocol:
        return Http1Protocol(self.config, self.server_state, {})


def public_server(
    application: Application,
    settings: Settings,
    certificate: TlsCertificates | None,
    limit_seconds: int,
    ready: Callable[[], None],
    *,
    secure: SecureListener | None = None,
) -> HttpServer:
    """Return the server that clients reach. A stop cuts requests off after `limit_seconds`."""
    server: Any = Forwarded(application) if settings.behind_proxy else application
    config = _config(server, limit_seconds, certificate, most_connections())
    return HttpServer(config, ready, secure)


def operator_server(pages: Application) -> HttpServer:
    """Return the server of the operator's pages, which stops at once."""
    return HttpServer(_config(pages, 0, None, OPERATOR_CONNECTIONS), lambda: None)


def _config(
    application: Any, limit_seconds: int, certificate: TlsCertificates | None, most: int
) -> uvicorn.Config:
    config = uvicorn.Config(
        application,
        interface="asgi3",  # to be taken as it is: `Http1Protocol` calls it
        http=Http1Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=most,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    # Uvicorn declares it as an int, and passes it to `asyncio.wait_for`.
    config.timeout_graceful_shutdown = max(limit_seconds, LEAST_STOP_SECONDS)  # type: ignore[assignment]
    config.load()
    if certificate is not None:
        config.ssl = certificate.context
    return config


@contextlib.asynccontextmanager
async def serving(server: HttpServer, listener: socket.socket) -> AsyncIterator[None]:
    """Serve for as long as the block runs."""
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({task})
