"""HTTP/1.1, from a connection's bytes to the application and back.

Uvicorn listens, counts connections and ends them in good order; it makes one of these for each. Its
own protocol speaks ASGI with the application: a scope, a task's events, two messages back, each
checked. That costs as much as everything else that a small request needs, and three things are
missing: a bound on a request's head, a bound on the time that a client takes to send a request, and
the body of a request that offers an upgrade.
"""

import asyncio
from collections import deque
from typing import Any, ClassVar, Final, Protocol, cast

import structlog
from uvicorn import Config
from uvicorn.server import ServerState

from poolhouse.http.client_addresses import client_address
from poolhouse.http.connection_bound import ArrivingRequests, connections_to_close
from poolhouse.http.error_logging import describe_failure
from poolhouse.http.messages import HttpResponse, IncomingRequest
from poolhouse.http.request_reader import FAILED, Bodies, RequestReader
from poolhouse.http.writer import CLOSE, CONTINUE, UnsafeHeader, encode_response

_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_TOO_SLOW: Final = HttpResponse(408, [_TEXT, CLOSE], b"The request took too long to arrive.")
WARNING_SECONDS: Final = 60.0

_log = structlog.get_logger()


class Application(Bodies, Protocol):
    """The application that answers requests."""

    async def answer(self, received: IncomingRequest) -> HttpResponse: ...


class Http1Protocol(asyncio.Protocol):
    """One connection. For uvicorn's setting `http`, whose application is an `Application`.

    One request is answered at a time, in the order of their arrival; while others wait for their
    turn nothing more is read, so that no client can fill the memory.
    """

    SLOWEST_SECONDS = 60.0
    """Within this a whole request has to arrive."""

    arriving: ClassVar["ArrivingRequests[Http1Protocol]"] = ArrivingRequests()
    """The requests that arrive on all connections of this worker."""
    _warned_at: ClassVar = -WARNING_SECONDS
    """Time of the last log line about connections that are closed for others."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._application = cast(Application, config.app)
        self._idle_seconds = config.timeout_keep_alive
        self._most_connections = config.limit_concurrency
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._waiting: deque[IncomingRequest | HttpResponse] = deque()
        self._task: asyncio.Task[None] | None = None
        self._owes_continue = False
        self._is_ending = False
        self._is_full = False
        self._is_paused = False
        self._due = 0.0

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Uvicorn's set is of its own protocols; it asks of them no more than `shutdown`.
        cast(set[Any], self._state.connections).add(self)
        peer = transport.get_extra_info("peername")
        address = None
        if isinstance(peer, tuple):
            address = client_address(str(peer[0])) or str(peer[0])
        self._is_secure = transport.get_extra_info("sslcontext") is not None
        self._reader = RequestReader(self._application, self, address, is_secure=self._is_secure)
        self._due = self._loop.time() + self.SLOWEST_SECONDS
        self._timer = self._loop.call_later(self.SLOWEST_SECONDS, self._check_deadlines)
        if self._most_connections is not None:
            self._make_room(
                cast(set["Http1Protocol"], self._state.connections), self._most_connections
            )

    def _make_room(self, connections: set["Http1Protocol"], most: int) -> None:
        """Close idle connections where there are too many; this new one, if none is idle."""
        if len(connections) <= most:
            return
        closed = connections_to_close(
            connections - {self}, most=most, patience=self.SLOWEST_SECONDS
        ) or [self]
        self._warn("too many connections; those idle for longest are closed", most=most)
        for connection in closed:
            connection.give_way()
            connections.discard(connection)

    def _warn(self, event: str, **facts: int) -> None:
        """Log that connections are closed for others, once a minute."""
        now = self._loop.time()
        if now - Http1Protocol._warned_at >= WARNING_SECONDS:
            Http1Protocol._warned_at = now
            _log.warning(event, **facts)

    def give_way(self) -> None:
        """End without an answer; a client that doesn't read isn't waited for."""
        if self._is_full:
            self._transport.abort()
        else:
            self._transport.close()

    @property
    def is_answered(self) -> bool:
        """Return whether a request is complete, and being answered."""
        return self._task is not None

    @property
    def is_receiving(self) -> bool:
        """Return whether a request has arrived in part."""
        return self._reader.arriving is not None

    @property
    def seconds_left(self) -> float:
        """Return the seconds until this is closed because the client does nothing."""
        return self._due - self._loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Finish the request that is being answered, though its client has gone."""
        self.arriving.release(self)
        cast(set[Any], self._state.connections).discard(self)
        self._timer.cancel()
        self._waiting.clear()

    def eof_received(self) -> bool:
        """Keep the connection open after the client's last byte, until it has its response."""
        self._is_ending = True
        return (self._task is not None or bool(self._waiting)) and not self._is_secure

    def pause_writing(self) -> None:
        """Pause, because the client doesn't read the responses that it requested."""
        self._is_full = True
        self._due = self._loop.time() + self.SLOWEST_SECONDS

    def resume_writing(self) -> None:
        self._is_full = False
        if self._task is None and not self._transport.is_closing():
            self._next()

    def shutdown(self) -> None:
        """End the connection after the current response, if any, because the server stops."""
        if self._task is not None or not self._reader.is_in_head:
            self._is_ending = True
        elif self._is_secure and self._transport.get_write_buffer_size() == 0:
            # TLS would wait half a minute for the client to agree. An idle client doesn't read.
            self._transport.abort()
        else:
            self._transport.close()

    def _check_deadlines(self) -> None:
        """Check the time limits with one timer for the life of a connection.

        Most requests end long before a limit, and would each pay for their own timer.
        """
        remaining = self._due - self._loop.time()
        if self._task is not None and not self._is_full:
            remaining = self.SLOWEST_SECONDS  # the time is ours
        if remaining > 0:
            self._timer = self._loop.call_later(
                min(remaining, self.SLOWEST_SECONDS), self._check_deadlines
            )
        elif self._is_full:
            self._transport.abort()
        elif self._reader.arriving is None:
            self._transport.close()
        else:
            self._write(_TOO_SLOW)

    # Reading

    def data_received(self, data: bytes) -> None:
        self._reader.read(data)
        if self._reader.arriving is not None:
            self._count_arriving()

    def _count_arriving(self) -> None:
        """Count what is kept of the request; beyond the bound close the slowest connections."""
        closed = self.arriving.hold(self, self._reader.buffered)
        if closed:
            self._warn("too many bytes of requests are kept; the slowest connections are closed")
        for connection in closed:
            connection.give_way()

    def on_begin(self) -> None:
        self._due = self._loop.time() + self.SLOWEST_SECONDS

    def on_expectation(self) -> None:
        self._owes_continue = True
        if self._task is None and not self._waiting:
            self._send_continue()

    def on_request(self, received: IncomingRequest) -> None:
        self.arriving.release(self)
        if self._transport.is_closing():
            return
        self._owes_continue = False
        self._waiting.append(received)
        if self._task is not None or self._is_full:
            self._pause()
        else:
            self._next()

    def on_refusal(self, answer: HttpResponse) -> None:
        """Send the refusal after the responses that are due, and close the connection."""
        self.arriving.release(self)
        if self._transport.is_closing():
            return
        if self._task is None and not self._waiting:
            self._write(answer)
        else:
            self._waiting.append(answer)
            self._pause()

    # Answering

    def _next(self) -> None:
        """Begin with the request that has waited longest, or wait for one."""
        if not self._waiting:
            self._due = self._loop.time() + (
                self._idle_seconds if self._reader.arriving is None else self.SLOWEST_SECONDS
            )
            if self._owes_continue:
                self._send_continue()
            return
        first = self._waiting.popleft()
        if isinstance(first, HttpResponse):
            self._write(first)
            return
        self._task = self._loop.create_task(self._answer(first))
        self._state.tasks.add(self._task)
        if self._is_paused and not self._waiting:
            self._is_paused = False
            self._transport.resume_reading()
            self._reader.release()

    def _pause(self) -> None:
        """Read no more requests while one waits, so that no client can fill the memory."""
        self._is_paused = True
        self._reader.hold()
        self._transport.pause_reading()

    async def _answer(self, received: IncomingRequest) -> None:
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
            _log.error("unexpected error", **describe_failure(error))
            answer = FAILED
        finally:
            if self._task is not None:
                self._state.tasks.discard(self._task)
            self._task = None
        self._write(answer, received)

    def _write(self, answer: HttpResponse, received: IncomingRequest | None = None) -> None:
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
            data = encode_response(answer, _date_line(self._state), with_body=with_body)
        except UnsafeHeader as error:
            _log.error("unsafe header in an answer", header=str(error))
            data, closes = encode_response(FAILED, _date_line(self._state)), True
        self._transport.write(data)
        if closes:
            self._transport.close()
        elif not self._is_full:
            self._next()

    def _send_continue(self) -> None:
        self._owes_continue = False
        self._transport.write(CONTINUE)


_date: tuple[list[tuple[bytes, bytes]] | None, bytes] = (None, b"")


def _date_line(state: ServerState) -> bytes:
    """Return the Date header, which uvicorn updates every second."""
    global _date  # noqa: PLW0603 - one line for all connections
    made_of, line = _date
    if made_of is not state.default_headers:
        line = b"".join(b"%b: %b\r\n" % header for header in state.default_headers)
        _date = (state.default_headers, line)
    return line
