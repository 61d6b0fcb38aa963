"""HTTP/1.1, from a connection's bytes to the application and back. The parser is httptools'.

Uvicorn listens, counts connections and ends them in good order; it makes one of these for each. Its
own protocol speaks ASGI with the application: a scope, a task's events, two messages back, each
checked. That costs as much as everything else that a small request needs, and three things are
missing: a bound on a request's head, a bound on the time that a client takes to send a request, and
the body of a request that offers an upgrade.

A proxy in front forwards the requests of many clients on one connection. So this must find the same
requests in the bytes as the proxy does. The parser gets every byte, as it came, and each request
gets one response. A request that two implementations could understand differently is refused, and
the connection closed.
"""

import asyncio
from collections import deque
from typing import Any, Final, Protocol, cast

import httptools
import structlog
from uvicorn import Config
from uvicorn.server import ServerState

from poolhouse.rules.client_addresses import client_address
from poolhouse.web import request_heads
from poolhouse.web.failures import what_failed
from poolhouse.web.http_answers import CLOSE, CONTINUE, UnsafeHeader, written
from poolhouse.web.ignored_upgrades import IgnoredUpgrade
from poolhouse.web.request_heads import MalformedHead
from poolhouse.web.requests import Headers, HttpAnswer, Received

LARGEST_HEAD: Final = 65_536
"""Bytes of a request's line and headers, in however many pieces they arrive. Trailers and chunk
extensions, all of a request's together, may take as many again."""

MOST_WIRE_BYTES: Final = 6
"""A chunk's bytes on the wire for each of its body, when it has one byte and no extension."""

PIECE: Final = 16_384
"""Bytes that the parser gets at a time, so that sizes are checked between them."""

THROWN_AWAY: Final = 4_194_304
"""Bytes of a body that is too long which are read all the same: a client that still sends doesn't
listen, and closing on it would take the answer from it."""

_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_FAILED: Final = HttpAnswer(500, [_TEXT, CLOSE], b"Internal server error\n")
_NO_HTTP: Final = HttpAnswer(400, [_TEXT, CLOSE], b"Invalid HTTP request received.")
_LONG_HEAD: Final = HttpAnswer(400, [_TEXT, CLOSE], b"The request's headers are too long.")
_TOO_SLOW: Final = HttpAnswer(408, [_TEXT, CLOSE], b"The request took too long to arrive.")
_DROPPED: Final = cast(Headers, deque[tuple[bytes, bytes]](maxlen=0))
"""Where trailers go: they aren't headers (RFC 9110 §6.5.1)."""

_log = structlog.get_logger()


class _Refusal(Exception):
    """Raised while the parser runs, so that it stops at this request."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Application(Protocol):
    """What requests are handed to."""

    largest_body: int
    """In bytes; of a longer body nothing is kept."""

    async def answer(self, received: Received) -> HttpAnswer: ...

    def too_large(self) -> HttpAnswer:
        """The answer to a request whose body is too long. The connection ends with it."""


class Http(asyncio.Protocol):
    """One connection. For uvicorn's setting `http`, whose application is an `Application`.

    One request is answered at a time, in the order of their arrival; while others wait for their
    turn nothing more is read, so that nobody can fill the memory.
    """

    SLOWEST_SECONDS = 60.0
    """Within this a whole request has to arrive."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._application = cast(Application, config.app)
        self._idle_seconds = config.timeout_keep_alive
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._arriving: Received | None = None
        self._offering: Received | None = None
        """A request that offers another protocol, while its body is still to come."""
        self._headers = _DROPPED
        self._is_in_head = True
        self._is_refused = False
        self._size = 0
        """Bytes of the request that is arriving; of the piece that it began in, none."""
        self._waiting: deque[Received | HttpAnswer] = deque()
        self._task: asyncio.Task[None] | None = None
        self._owes_continue = False
        self._is_ending = False
        self._is_full = False
        self._due = 0.0

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Uvicorn's set is of its own protocols; it asks of them no more than `shutdown`.
        cast(set[Any], self._state.connections).add(self)
        peer = transport.get_extra_info("peername")
        self._address = None
        if isinstance(peer, tuple):
            self._address = client_address(str(peer[0])) or str(peer[0])
        self._is_secure = transport.get_extra_info("sslcontext") is not None
        self._due = self._loop.time() + self.SLOWEST_SECONDS
        self._timer = self._loop.call_later(self.SLOWEST_SECONDS, self._look_at_the_clock)

    def connection_lost(self, exc: Exception | None) -> None:
        """A request that is being answered is answered to the end, though nobody hears it."""
        cast(set[Any], self._state.connections).discard(self)
        self._timer.cancel()
        self._waiting.clear()

    def eof_received(self) -> bool:
        """The client sends no more; it may still want to hear what it has asked for."""
        self._is_ending = True
        return (self._task is not None or bool(self._waiting)) and not self._is_secure

    def pause_writing(self) -> None:
        """The client doesn't read what it has asked for."""
        self._is_full = True
        self._due = self._loop.time() + self.SLOWEST_SECONDS

    def resume_writing(self) -> None:
        self._is_full = False
        if self._task is None and not self._transport.is_closing():
            self._next()

    def shutdown(self) -> None:
        """The server stops: end the connection with the answer that is due, if any is."""
        if self._task is None and self._is_in_head:
            self._transport.close()
        else:
            self._is_ending = True

    def _look_at_the_clock(self) -> None:
        """One timer for the life of a connection, looked at now and then: most requests are over
        long before, and would each pay for a timer of their own.
        """
        remaining = self._due - self._loop.time()
        if self._task is not None and not self._is_full:
            remaining = self.SLOWEST_SECONDS  # the time is ours
        if remaining > 0:
            self._timer = self._loop.call_later(
                min(remaining, self.SLOWEST_SECONDS), self._look_at_the_clock
            )
        elif self._is_full:
            self._transport.abort()
        elif self._arriving is None:
            self._transport.close()
        else:
            self._write(_TOO_SLOW)

    # Reading

    def data_received(self, data: bytes) -> None:
        if len(data) <= PIECE:
            self._read(data)
            return
        whole = memoryview(data)
        for start in range(0, len(data), PIECE):
            self._read(whole[start : start + PIECE])

    def _read(self, data: bytes | memoryview) -> None:
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
            _log.error("unexpected error", **what_failed(error.__context__ or error))
            self._refuse(_FAILED)
        except httptools.HttpParserError:
            self._refuse(_NO_HTTP)
        else:
            if self._size > LARGEST_HEAD:
                self._check_size()

    def _check_size(self) -> None:
        """Refuse an endless head, endless trailers, or chunks with endless extensions."""
        if self._is_in_head:
            self._refuse(_LONG_HEAD)
        elif self._arriving is not None:
            body = MOST_WIRE_BYTES * self._arriving.size
            if self._arriving.length is None and self._size > 2 * LARGEST_HEAD + body:
                self._refuse(_LONG_HEAD)

    def _ignore_upgrade(self) -> None:
        """Read on in HTTP/1.1, as RFC 9110 §7.8 lets every server do.

        The parser takes what follows such a head for the other protocol. (Java's client offers
        HTTP/2 in the first request of each connection.) A new parser reads it, which has been told
        in a head of our own where this request's body ends.
        """
        offering, self._offering = self._offering, None
        assert offering is not None
        self._arriving, self._is_in_head = offering, False
        self._parser = httptools.HttpRequestParser(IgnoredUpgrade(self))
        self._parser.feed_data(request_heads.framing(offering))

    def on_message_begin(self) -> None:
        self._arriving = arriving = Received(self._address, self._is_secure)
        self._headers = arriving.headers
        self._due = self._loop.time() + self.SLOWEST_SECONDS

    def on_url(self, url: bytes) -> None:
        assert self._arriving is not None
        self._arriving.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        arriving, parser = self._arriving, self._parser
        assert arriving is not None
        self._is_in_head = False
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
            self._offering, self._arriving = arriving, None
        announced = arriving.length or 0
        if announced > self._application.largest_body:
            arriving.is_too_long = True
            # Who asks first has sent nothing and hears it at once.
            if arriving.awaits_continue or announced > THROWN_AWAY:
                raise _Refusal(self._application.too_large())
        elif arriving.awaits_continue:
            self._owes_continue = True
            if self._task is None and not self._waiting:
                self._say_continue()

    def on_body(self, body: bytes) -> None:
        arriving = self._arriving
        if arriving is None:
            return
        arriving.size += len(body)
        if arriving.size <= self._application.largest_body:
            arriving.parts.append(body)
            return
        arriving.is_too_long = True
        arriving.parts.clear()
        if arriving.size > THROWN_AWAY:
            raise _Refusal(self._application.too_large())

    def on_message_complete(self) -> None:
        arriving = self._arriving
        self._arriving, self._is_in_head, self._size = None, True, 0
        if arriving is None or self._transport.is_closing():
            return
        self._owes_continue = False
        self._waiting.append(arriving)
        if self._task is not None or self._is_full:
            self._transport.pause_reading()
        else:
            self._next()

    def _refuse(self, answer: HttpAnswer) -> None:
        """Say what is wrong, after the answers that are due, and end: where the next request
        would begin nobody can know.
        """
        self._arriving = None
        self._is_refused = True
        if self._transport.is_closing():
            return
        if self._task is None and not self._waiting:
            self._write(answer)
        else:
            self._waiting.append(answer)
            self._transport.pause_reading()

    # Answering

    def _next(self) -> None:
        """Begin with the request that has waited longest, or wait for one."""
        if not self._waiting:
            self._due = self._loop.time() + (
                self._idle_seconds if self._arriving is None else self.SLOWEST_SECONDS
            )
            if self._owes_continue:
                self._say_continue()
            return
        first = self._waiting.popleft()
        if not self._waiting:
            self._transport.resume_reading()
        if isinstance(first, HttpAnswer):
            self._write(first)
            return
        self._task = self._loop.create_task(self._answer(first))
        self._state.tasks.add(self._task)

    async def _answer(self, received: Received) -> None:
        application = self._application
        try:
            if received.is_too_long:
                answer = application.too_large()
            else:
                answer = await application.answer(received)
        except asyncio.CancelledError:
            self._transport.abort()
            raise
        except Exception as error:
            _log.error("unexpected error", **what_failed(error))
            answer = _FAILED
        finally:
            if self._task is not None:
                self._state.tasks.discard(self._task)
            self._task = None
        self._write(answer, received)

    def _write(self, answer: HttpAnswer, received: Received | None = None) -> None:
        """Send an answer; go on with the next request, or end."""
        if self._transport.is_closing():
            return
        is_last = self._is_ending and not self._waiting
        closes = CLOSE in answer.headers
        if received is not None and not closes and (is_last or not received.keeps_alive):
            answer = answer._replace(headers=[*answer.headers, CLOSE])
            closes = True
        with_body = received is None or received.method != "HEAD"
        try:
            data = written(answer, _date_line(self._state), with_body=with_body)
        except UnsafeHeader as error:
            _log.error("unsafe header in an answer", header=str(error))
            data, closes = written(_FAILED, _date_line(self._state)), True
        self._transport.write(data)
        if closes:
            self._transport.close()
        elif not self._is_full:
            self._next()

    def _say_continue(self) -> None:
        self._owes_continue = False
        self._transport.write(CONTINUE)


_date: tuple[list[tuple[bytes, bytes]] | None, bytes] = (None, b"")


def _date_line(state: ServerState) -> bytes:
    """The Date header, which uvicorn makes anew every second."""
    global _date  # noqa: PLW0603 - one line for all connections
    made_of, line = _date
    if made_of is not state.default_headers:
        line = b"".join(b"%b: %b\r\n" % header for header in state.default_headers)
        _date = (state.default_headers, line)
    return line
