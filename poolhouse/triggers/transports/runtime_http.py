"""One HTTP connection of a runtime process to us. The parser is a library's.

The process at the other end runs the operator's code, which may send anything. A request has a
bounded head and a bounded body. A refused request ends its connection.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Protocol, cast

import httptools
import msgspec

from poolhouse.triggers.transports.contract import ANSWER_LIMIT

# AWS's Python client sends up to 1 MiB of X-Ray data in a header with an error.
_HEAD_LIMIT: Final = 1_048_576 + 65_536
_NO_HEADERS: Final[Mapping[str, str]] = {}


class RuntimeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A whole request. `error_type` is the header with the type of a function's error."""

    method: str
    target: str
    error_type: str
    body: bytes


class RequestHandler(Protocol):
    """Takes the requests of connections, and responds to each at once or later."""

    def connected(self, connection: "RuntimeConnection") -> None: ...

    def requested(self, connection: "RuntimeConnection", request: RuntimeRequest) -> None: ...

    def too_large(self) -> None: ...

    def disconnected(self, connection: "RuntimeConnection") -> None: ...


class _Refused(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class RuntimeConnection(asyncio.Protocol):
    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._is_answered = True
        self._forget()

    def respond(
        self, status: HTTPStatus, body: bytes, headers: Mapping[str, str] = _NO_HEADERS
    ) -> None:
        """Respond to the request that was received last. A refusal ends the connection."""
        self._is_answered = True
        is_last = status >= HTTPStatus.BAD_REQUEST or not self._parser.should_keep_alive()
        fields = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **headers,
            **({"Connection": "close"} if is_last else {}),
        }
        lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        self._transport.write(head + body)
        if is_last:
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    # --- asyncio ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._handler.connected(self)

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._head_left -= 0 if self._has_head else len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._refuse(cause.status if isinstance(cause, _Refused) else HTTPStatus.BAD_REQUEST)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(HTTPStatus.BAD_REQUEST)
        else:
            if not self._has_head and self._head_left < 0:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._handler.disconnected(self)

    # --- httptools -------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if not self._is_answered or self._transport.is_closing():
            raise _Refused(HTTPStatus.BAD_REQUEST)  # a client waits for each response
        self._forget()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._has_head:
            return  # a trailer
        match name.lower():
            case b"content-length" if int(value) > ANSWER_LIMIT:
                raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            case b"expect":
                self._expects = value.lower() == b"100-continue"
            case b"lambda-runtime-function-error-type":
                self._error_type = value

    def on_headers_complete(self) -> None:
        self._has_head = True
        if self._expects:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > ANSWER_LIMIT:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def on_message_complete(self) -> None:
        self._is_answered = False
        request = RuntimeRequest(
            method=self._parser.get_method().decode(),
            target=self._target.decode("latin-1"),
            error_type=self._error_type.decode("latin-1"),
            body=bytes(self._body),
        )
        self._forget()
        self._handler.requested(self, request)

    # ---------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._target = b""
        self._error_type = b""
        self._body = bytearray()
        self._expects = False
        self._has_head = False
        self._head_left = _HEAD_LIMIT

    def _refuse(self, status: HTTPStatus) -> None:
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            self._handler.too_large()
        if not self._transport.is_closing():
            self.respond(status, b"")
