"""What a handler prints, line by line into our log."""

import asyncio
from typing import Final

import structlog

_LINE_LIMIT: Final = 4_096
_LINES_PER_CALL: Final = 1_000

LOGGED_AS: Final = "trigger output"
"""The event of the log that a line of a handler's output is."""

_log = structlog.get_logger()


class Output(asyncio.Protocol):
    """Reads a runtime's stdout and stderr as one stream, and never falls behind or piles up.

    A line beyond the limit is cut, and after a thousand lines the rest of a call's output is
    dropped, with a note: an endless loop of prints must not drown the server's own log.
    `ended` is done when the last process that could print is gone.
    """

    def __init__(self, function: str) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._function = function
        self._transport: asyncio.BaseTransport
        self._line = bytearray()
        self._lines_left = _LINES_PER_CALL

    def new_call(self) -> None:
        self._lines_left = _LINES_PER_CALL

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._keep(piece)
            self._write()
        self._keep(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._line:
            self._write()
        if not self.ended.done():
            self.ended.set_result(None)

    def _keep(self, piece: bytes) -> None:
        self._line += piece[: _LINE_LIMIT - len(self._line)]

    def _write(self) -> None:
        line = self._line.decode(errors="replace").rstrip()
        self._line.clear()
        self._lines_left -= 1
        if self._lines_left > 0:
            _log.info(LOGGED_AS, function=self._function, line=line)
        elif self._lines_left == 0:
            _log.info(LOGGED_AS, function=self._function, line="… (the rest is dropped)")
