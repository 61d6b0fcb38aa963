"""Find the requests in a connection's bytes: httptools' parser gets every byte as it came.

A proxy in front forwards the requests of many clients on one connection. So this must find the same
requests in the bytes as the proxy does. A request that two implementations could understand
differently is refused, and with it all that follows.
"""

from collections import deque
from typing import Final, Protocol, cast

import httptools
import structlog

from poolhouse.http import request_heads
from poolhouse.http.error_logging import describe_failure
from poolhouse.http.ignored_upgrades import IgnoredUpgrade
from poolhouse.http.messages import Headers, HttpResponse, IncomingRequest
from poolhouse.http.request_heads import MalformedHead
from poolhouse.http.writer import CLOSE

LARGEST_HEAD: Final = 65_536
"""Bytes of a request's line and headers, in however many pieces they arrive."""

LARGEST_FRAMING: Final = 131_072
"""Bytes of a request in chunks that aren't its body: head, trailers and chunk extensions."""

MOST_WIRE_BYTES: Final = 6
"""A chunk's bytes on the wire for each of its body, when it has one byte and no extension."""

MOST_PARTS: Final = 64
"""Pieces of a body that are kept as they come. What follows is put together: a chunk of two bytes
would take fifty."""

PIECE: Final = 16_384
"""Bytes that the parser gets at a time. Between them it may be held, and sizes are checked."""

THROWN_AWAY: Final = 4_194_304
"""Bytes of a body that is too long which are read all the same: a client that still sends doesn't
listen, and closing on it would take the answer from it."""

_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
FAILED: Final = HttpResponse(500, [_TEXT, CLOSE], b"Internal server error\n")
_NO_HTTP: Final = HttpResponse(400, [_TEXT, CLOSE], b"Invalid HTTP request received.")
_LONG_HEAD: Final = HttpResponse(400, [_TEXT, CLOSE], b"The request's headers are too long.")
_DROPPED: Final = cast(Headers, deque[tuple[bytes, bytes]](maxlen=0))
"""A sink for trailers, which aren't headers (RFC 9110 §6.5.1)."""

_log = structlog.get_logger()


class _Refusal(Exception):
    """Raised while the parser runs, so that it stops at this request."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Bodies(Protocol):
    """Bounds the bodies of requests."""

    largest_body: int
    """Maximum bytes of a body; of a longer one nothing is stored."""

    def too_large(self) -> HttpResponse:
        """Return the answer to a request whose body is too long. The connection ends with it."""


class Events(Protocol):
    """A receiver of what the reader finds."""

    def on_begin(self) -> None:
        """Handle the first byte of a request."""

    def on_expectation(self) -> None:
        """Ask with `100 Continue` for the request's body, which the client then sends."""

    def on_request(self, received: IncomingRequest) -> None:
        """Handle a complete request."""

    def on_refusal(self, answer: HttpResponse) -> None:
        """Refuse what has arrived; nothing that follows is read.

        The start of the next request can't be known.
        """


class RequestReader:
    """Reads one connection."""

    def __init__(
        self, bodies: Bodies, events: Events, address: str | None, *, is_secure: bool
    ) -> None:
        """Prepare to read a connection's requests. `address` is the client's."""
        self._bodies = bodies
        self._events = events
        self._address = address
        self._is_secure = is_secure
        self._parser = httptools.HttpRequestParser(self)
        self.arriving: IncomingRequest | None = None
        """A request that has arrived in part."""
        self.is_in_head = True
        """Whether a head is awaited, or arrives."""
        self._offering: IncomingRequest | None = None
        """A request that offers another protocol, while its body is still to come."""
        self._headers = _DROPPED
        self._unread: deque[memoryview] = deque()
        self._is_held = False
        self._is_refused = False
        self._size = 0
        """Bytes of the request that is arriving; of the piece that it began in, none."""

    @property
    def buffered(self) -> int:
        """Return the bytes of an incomplete request that have arrived.

        Those of its first piece may be missing.
        """
        arriving = self.arriving
        return 0 if arriving is None or arriving.is_too_long else self._size

    def read(self, data: bytes | memoryview) -> None:
        """Find the requests in what has arrived; the rest waits for more."""
        if self._is_held or len(data) > PIECE:
            whole = memoryview(data)
            self._unread.extend(whole[at : at + PIECE] for at in range(0, len(data), PIECE))
            self._read_on()
            return
        if self._is_refused:
            return
        self._size += len(data)
        try:
            while data:
                try:
                    self._parser.feed_data(data)
                    break
                except httptools.HttpParserUpgrade as pause:
                    self._ignore_upgrade()
                    data = memoryview(data)[pause.args[0] :]
        except httptools.HttpParserCallbackError as error:
            if isinstance(refusal := error.__context__, _Refusal):
                self._refuse(refusal.answer)
                return
            _log.error("unexpected error", **describe_failure(error.__context__ or error))
            self._refuse(FAILED)
        except httptools.HttpParserError:
            self._refuse(_NO_HTTP)
        else:
            if self._size > LARGEST_HEAD:
                self._check_size()

    def hold(self) -> None:
        """Look for no more requests, whatever arrives: one segment can contain thousands."""
        self._is_held = True

    def release(self) -> None:
        """Read on where `hold` has stopped."""
        self._is_held = False
        self._read_on()

    def _read_on(self) -> None:
        while self._unread and not self._is_held:
            self.read(self._unread.popleft())

    def _check_size(self) -> None:
        """Refuse an endless head, endless trailers, or chunks with endless extensions."""
        if self.is_in_head:
            self._refuse(_LONG_HEAD)
        elif self.arriving is not None:
            body = MOST_WIRE_BYTES * self.arriving.size
            if self.arriving.length is None and self._size > LARGEST_FRAMING + body:
                self._refuse(_LONG_HEAD)

    def _ignore_upgrade(self) -> None:
        """Read on in HTTP/1.1, as RFC 9110 §7.8 lets every server do.

        The parser takes what follows such a head for the other protocol. (Java's client offers
        HTTP/2 in the first request of each connection.) A new parser reads it, which has been told
        in a head of our own where this request's body ends.
        """
        offering, self._offering = self._offering, None
        assert offering is not None
        self.arriving, self.is_in_head = offering, False
        self._parser = httptools.HttpRequestParser(IgnoredUpgrade(self))
        self._parser.feed_data(request_heads.framing(offering))

    def on_message_begin(self) -> None:
        self.arriving = arriving = IncomingRequest(self._address, self._is_secure)
        self._headers = arriving.headers
        self._events.on_begin()

    def on_url(self, url: bytes) -> None:
        assert self.arriving is not None
        self.arriving.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value.rstrip()))
        # Not only once the head is complete: each takes more memory than its bytes.
        if len(self._headers) > request_heads.MOST_HEADERS:
            raise _Refusal(_NO_HTTP)

    def on_headers_complete(self) -> None:
        arriving, parser = self.arriving, self._parser
        assert arriving is not None
        self.is_in_head = False
        self._headers = _DROPPED
        version = parser.get_http_version()
        arriving.method = parser.get_method().decode()
        arriving.keeps_alive = parser.should_keep_alive() and version != "1.0"
        try:
            request_heads.check(arriving, version)
        except MalformedHead:
            raise _Refusal(_NO_HTTP) from None
        if self._size > LARGEST_HEAD - PIECE and request_heads.size(arriving) > LARGEST_HEAD:
            raise _Refusal(_LONG_HEAD)
        if parser.should_upgrade():
            if arriving.method == "CONNECT":
                raise _Refusal(_NO_HTTP)
            self._offering, self.arriving = arriving, None
        announced = arriving.length or 0
        if announced > self._bodies.largest_body:
            arriving.is_too_long = True
            # A client that asks first has sent nothing, and is refused at once.
            if arriving.awaits_continue or announced > THROWN_AWAY:
                raise _Refusal(self._bodies.too_large())
        elif arriving.awaits_continue:
            self._events.on_expectation()

    def on_body(self, body: bytes) -> None:
        arriving = self.arriving
        if arriving is None:
            return
        arriving.size += len(body)
        if arriving.size <= self._bodies.largest_body:
            parts = arriving.parts
            if len(parts) < MOST_PARTS:
                parts.append(body)
            elif len(parts) == MOST_PARTS:
                parts.append(bytearray(body))
            else:
                parts[-1] += body
            return
        arriving.is_too_long = True
        arriving.parts.clear()
        if arriving.size > THROWN_AWAY:
            raise _Refusal(self._bodies.too_large())

    def on_message_complete(self) -> None:
        arriving = self.arriving
        self.arriving, self.is_in_head, self._size = None, True, 0
        if arriving is not None:
            self._events.on_request(arriving)

    def _refuse(self, answer: HttpResponse) -> None:
        self.arriving = None
        self._is_refused = True
        self._events.on_refusal(answer)
