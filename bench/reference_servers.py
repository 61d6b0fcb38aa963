"""Servers that show what is possible; what they are compared with is `poolhouse serve` itself.

`canned`  uvicorn as it is, with an application that does nothing: HTTP's part of the floor
`echo`    no HTTP at all, a fixed answer to whatever arrives: the load generator's own ceiling

Run as a process of its own, which says on standard error when it listens.
"""

import argparse
import asyncio
import os
import socket
import sys
from typing import Any, Final, cast

import uvicorn
import uvloop

from bench.processes import READY

_CANNED: Final = b"{}"
_HEAD: Final = [
    (b"content-type", b"application/x-amz-json-1.1"),
    (b"content-length", b"2"),
    (b"x-amzn-requestid", b"3f8d4f9e-7a0c-4be5-8d5a-2f3f1b8f6f10"),
]


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


async def _serve_canned(listening: socket.socket) -> None:
    """Serve the same response with the fastest of uvicorn's own protocols."""
    config = uvicorn.Config(
        canned,
        interface="asgi3",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    asyncio.get_running_loop().call_soon(_print_ready)
    await uvicorn.Server(config).serve([listening])


async def _serve_echo(listening: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, sock=listening)
    _print_ready()
    await server.serve_forever()


def _print_ready() -> None:
    os.write(sys.stderr.fileno(), READY)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["canned", "echo"])
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    listening = socket.create_server(("127.0.0.1", chosen.port), backlog=2048)
    # A socket made without naming its protocol isn't given this by asyncio.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    uvloop.run(_serve_canned(listening) if chosen.what == "canned" else _serve_echo(listening))


if __name__ == "__main__":
    main()
