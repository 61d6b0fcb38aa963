"""A server as a process of its own, for tests that end it: `server_process.py SETTINGS-AS-JSON`.

It prints the port once it is ready, serves strictly (or as the settings say), and finishes in good
order on SIGTERM.
"""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import msgspec
import structlog
import uvicorn
import uvloop
from running import _add_root

from poolhouse.app import build
from poolhouse.config import Settings
from poolhouse.web.http_protocol import Http


async def serve(settings: Settings) -> None:
    app = await build(settings)
    await app.start()
    await _add_root(app)
    config = uvicorn.Config(
        app.asgi,
        http=Http,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGTERM, lambda: setattr(server, "should_exit", True)
        )
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        os.write(sys.stdout.fileno(), f"{listening.getsockname()[1]}\n".encode())
        await server.serve(sockets=[listening])
    await app.stop()


class _no_signals:  # noqa: N801 - stands for a function
    """Uvicorn's own handling would raise the signal again after the end."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


if __name__ == "__main__":
    # Standard output is for the port alone: nobody reads on.
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))
    given = msgspec.json.decode(sys.argv[1])
    uvloop.run(serve(Settings(**given | {"data": Path(given["data"])})))
