"""What is put under load: Poolhouse as it is served, and two servers that show what is possible.

`poolhouse`  the real thing
`canned`     the same HTTP server with an application that does nothing: HTTP's part of the floor
`echo`       no HTTP at all, a fixed answer to whatever arrives: the load generator's own ceiling

Run as a process of its own, which prints a line when it listens.
"""

import argparse
import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import Any, cast

import uvicorn
import uvloop

from bench.processes import READY
from bench.signing import REGION
from poolhouse import app as building
from poolhouse.config import Settings

ACCOUNT = "123456789012"
_CANNED = b"{}"
_HEAD = [
    (b"content-type", b"application/x-amz-json-1.1"),
    (b"content-length", b"2"),
    (b"x-amzn-requestid", b"3f8d4f9e-7a0c-4be5-8d5a-2f3f1b8f6f10"),
]


def settings(data: Path, store: str | None, port: int = 0) -> Settings:
    """Everything on: signatures, policies, audit records, sealing, durable commits."""
    return Settings(data=data, store=store, port=port, region=REGION, account_id=ACCOUNT)


async def canned(scope: Any, receive: Any, send: Any) -> None:
    """Read the body, answer: what no ASGI application can do with less."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
    await send({"type": "http.response.body", "body": _CANNED})


class Echo(asyncio.Protocol):
    """The canned answer at once, unread."""

    answer = (
        b"HTTP/1.1 200 OK\r\n"
        + b"".join(b"%b: %b\r\n" % header for header in _HEAD)
        + b"\r\n"
        + _CANNED
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(self.answer)


async def _serve(what: str, chosen: Settings) -> None:
    listening = _listen(chosen.port)
    if what == "echo":
        server = await asyncio.get_running_loop().create_server(Echo, sock=listening)
        _say_ready()
        await server.serve_forever()
    elif what == "canned":
        await _serve_asgi(canned, listening)
    else:
        app = await building.build(chosen)
        await app.start()
        await _serve_asgi(app.asgi, listening)
        await app.stop()


async def _serve_asgi(application: Any, listening: socket.socket) -> None:
    """As `poolhouse serve` does it."""
    config = uvicorn.Config(
        application,
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    asyncio.get_running_loop().call_soon(_say_ready)
    await uvicorn.Server(config).serve([listening])


def _listen(port: int) -> socket.socket:
    """A socket that several processes may share the port of."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(2048)
    listening.setblocking(False)
    return listening


def _say_ready() -> None:
    """Tell who started us; what is printed from now on goes where the errors go."""
    os.write(sys.stdout.fileno(), READY)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["poolhouse", "canned", "echo"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--store")
    chosen = parser.parse_args()
    uvloop.run(_serve(chosen.what, settings(chosen.data, chosen.store, chosen.port)))


if __name__ == "__main__":
    main()
