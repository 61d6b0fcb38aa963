"""HTTP/1.1 as uvicorn speaks it, with two gaps closed, and every answer in one piece.

Its parser gathers the head of a request however long it gets, so one client could fill the memory.
And a request that offers an upgrade (Java's own client offers HTTP/2 in the first request of each
connection) loses its body: the parser takes that for the beginning of the other protocol, although
we stay with this one, as RFC 9110 §7.8 lets every server do.
"""

import asyncio
import re
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from poolhouse.web.one_write import OneWrite

LARGEST_HEAD: Final = 65_536
"""Bytes of a request's line and headers; what one read brings beyond them is let pass."""

_END: Final = b"\r\n\r\n"
_upgrade = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class Http(HttpToolsProtocol):
    """One connection. For uvicorn's setting `http`."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._is_in_head = True
        self._head_size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        whole = OneWrite(cast(asyncio.Transport, transport), self.loop)
        super().connection_made(cast(asyncio.Transport, whole))

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_size += len(data)
            if b"pgrade" in data:
                data = _without_upgrade(data)
        super().data_received(data)
        if self._is_in_head and self._head_size > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The request's headers are too long.")

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_in_head = True
        self._head_size = 0


def _without_upgrade(data: bytes) -> bytes:
    """The head's offer of another protocol, under a name that means nothing."""
    head, end, rest = data.partition(_END)
    return _upgrade.sub(b"\r\nx-ignored-upgrade:", head) + end + rest
