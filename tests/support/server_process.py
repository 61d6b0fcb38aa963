"""A server as a process of its own, for tests that end it: `server_process.py SETTINGS-AS-JSON`.

It prints the port once it is ready, serves strictly (or as the settings say), and finishes in good
order on SIGTERM.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import structlog
import uvicorn
import uvloop

from poolhouse.app import build
from poolhouse.config.settings import Settings
from poolhouse.http.protocol import Http1Protocol
from support.running_server import _add_root


class Server(uvicorn.Server):
    """Leaves signals alone: uvicorn's own handling raises them again after the end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    app = await build(settings)
    await app.start()
    await _add_root(app)
    config = uvicorn.Config(
        cast(Any, app.server),
        interface="asgi3",
        http=Http1Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )
    server = Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGTERM, lambda: setattr(server, "should_exit", True)
        )
        os.write(sys.stdout.fileno(), f"{listening.getsockname()[1]}\n".encode())
        await server.serve(sockets=[listening])
    await app.stop()


if __name__ == "__main__":
    # Standard output is for the port alone: no reader reads on.
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))
    given = msgspec.json.decode(sys.argv[1])
    uvloop.run(serve(Settings(**given | {"data": Path(given["data"])})))
