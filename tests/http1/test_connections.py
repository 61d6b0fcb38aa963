"""Connections as the HTTP protocol keeps them: their order, their patience and their end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
import uvicorn
from uvicorn.server import ServerState

from poolhouse.http.connection_bound import ArrivingRequests
from poolhouse.http.messages import HttpResponse, IncomingRequest
from poolhouse.http.protocol import Http1Protocol

GET: Final = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"
LONG: Final = 50_000_000
"""Bytes that no socket's buffers hold."""


class Echo:
    """Answers with the path that was asked for; `/wait` only when it is let."""

    largest_body = 1_000

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.begun = asyncio.Event()
        self.asked: list[str] = []

    async def answer(self, received: IncomingRequest) -> HttpResponse:
        self.asked.append(received.path)
        self.begun.set()
        if received.path == "/wait":
            await self.let.wait()
        if received.path == "/fail":
            raise RuntimeError("on purpose")
        if received.path == "/split":
            return HttpResponse(200, [(b"x-said", b"a\r\nset-cookie: b")], b"")
        size = LONG if received.path == "/long" else 0
        return HttpResponse(200, [], received.path.encode() + bytes(size))

    def too_large(self) -> HttpResponse:
        return HttpResponse(413, [(b"connection", b"close")], b"too large")


class ShortTimeouts(Http1Protocol):
    SLOWEST_SECONDS = 0.2


class Served:
    """A server of this protocol, and its connections."""

    def __init__(self, server: asyncio.Server, application: Echo, state: ServerState) -> None:
        self.port: int = server.sockets[0].getsockname()[1]
        self.application = application
        self.state = state

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@asynccontextmanager
async def served(
    protocol: type[Http1Protocol] = Http1Protocol, *, keep_alive: int = 75, most: int | None = None
) -> AsyncIterator[Served]:
    application, state = Echo(), ServerState()
    config = uvicorn.Config(
        application,  # type: ignore[arg-type]
        timeout_keep_alive=keep_alive,
        limit_concurrency=most,
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield Served(server, application, state)
        for connection in list(state.connections):
            connection._transport.abort()  # type: ignore[union-attr]


async def heard(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the server closes; a connection that is torn down ends it, too."""
    got = b""
    try:
        while more := await asyncio.wait_for(reader.read(65_536), 30):
            got += more[:1_000]
    except ConnectionError:
        return got
    return got


@pytest.mark.parametrize(
    "beginning",
    [
        b"P",
        b"POST / HTTP/1.1\r\nX-Slow:",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
    ],
    ids=["a word", "a head", "a body"],
)
async def test_request_that_does_not_arrive_in_time_is_refused(beginning: bytes) -> None:
    """Many clients that send a byte now and then would hold all connections there are."""
    async with served(ShortTimeouts) as server:
        reader, writer = await server.open()
        writer.write(beginning)
        answer = await heard(reader)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert server.application.asked == []


async def test_connection_without_a_request_is_closed_silently() -> None:
    async with served(ShortTimeouts, keep_alive=0) as server:
        reader, writer = await server.open()
        assert await heard(reader) == b""
        writer.close()
        reader, writer = await server.open()
        writer.write(GET % b"kept")
        answer = await heard(reader)
        writer.close()
    assert answer.count(b"HTTP/1.1") == 1
    assert answer.endswith(b"/kept")


async def test_connection_timeout_does_not_count_response_time() -> None:
    async with served(ShortTimeouts) as server:
        reader, writer = await server.open()
        writer.write(GET % b"wait")
        asyncio.get_running_loop().call_later(0.5, server.application.let.set)
        assert (await asyncio.wait_for(reader.read(1_000), 30)).endswith(b"/wait")
        writer.close()


async def test_connection_of_a_client_that_does_not_read_is_closed() -> None:
    gone = asyncio.Event()

    class WatchedProtocol(ShortTimeouts):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            gone.set()

    async with served(WatchedProtocol) as server:
        _reader, writer = await server.open()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(GET % b"long")
        await asyncio.wait_for(gone.wait(), 30)
        writer.transport.abort()
    assert server.application.asked == ["/long"]


async def test_requests_sent_at_once_are_answered_one_after_the_other() -> None:
    async with served() as server:
        reader, writer = await server.open()
        writer.write(GET % b"wait" + GET % b"b" + GET % b"c")
        await asyncio.wait_for(server.application.begun.wait(), 30)
        assert server.application.asked == ["/wait"]
        server.application.let.set()
        writer.write_eof()
        answer = await heard(reader)
        writer.close()
    assert server.application.asked == ["/wait", "/b", "/c"]
    places = [answer.index(path) for path in (b"/wait", b"/b", b"/c")]
    assert places == sorted(places)


async def test_half_closed_connection_receives_its_response() -> None:
    """A client may close its half once it has asked (RFC 9112 §9.6)."""
    async with served() as server:
        reader, writer = await server.open()
        writer.write(GET % b"wait")
        writer.write_eof()
        asyncio.get_running_loop().call_later(0.05, server.application.let.set)
        answer = await heard(reader)
        writer.close()
    assert answer.endswith(b"/wait")
    assert b"connection: close\r\n" in answer


async def test_pipelined_bad_request_is_answered_after_the_good_one() -> None:
    async with served() as server:
        reader, writer = await server.open()
        writer.write(GET % b"wait" + b"\0\0\0\0\r\n\r\n")
        asyncio.get_running_loop().call_later(0.05, server.application.let.set)
        answer = await heard(reader)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.index(b"/wait") < answer.index(b"HTTP/1.1 400 ")


async def test_stopping_server_closes_idle_connections_and_answers_requests() -> None:
    async with served() as server:
        idle, idle_writer = await server.open()
        busy, busy_writer = await server.open()
        busy_writer.write(GET % b"wait")
        await asyncio.wait_for(server.application.begun.wait(), 30)
        for connection in list(server.state.connections):
            connection.shutdown()
        assert await heard(idle) == b""
        server.application.let.set()
        answer = await heard(busy)
        for writer in (idle_writer, busy_writer):
            writer.close()
    assert answer.endswith(b"/wait")
    assert b"connection: close\r\n" in answer


@pytest.mark.parametrize("path", [b"fail", b"split"])
async def test_response_header_with_a_line_feed_is_an_internal_error(path: bytes) -> None:
    """No line feed gets into a header: it would start another one."""
    async with served() as server:
        reader, writer = await server.open()
        writer.write(GET % path)
        answer = await heard(reader)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in answer
    assert b"on purpose" not in answer


async def test_head_request_has_the_length_of_the_body() -> None:
    async with served() as server:
        reader, writer = await server.open()
        writer.write((GET % b"abc").replace(b"GET", b"HEAD") + GET % b"d")
        writer.write_eof()
        answer = await heard(reader)
        writer.close()
    first, _, second = answer.partition(b"\r\n\r\n")
    assert b"content-length: 4" in first
    assert second.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nX-Slow: "], ids=["idle", "slow"])
async def test_connection_beyond_the_limit_closes_the_oldest_idle_one(sent: bytes) -> None:
    """Neither clients that ask nothing nor slow ones can shut out others."""
    async with served(most=4) as server:
        old = [await server.open() for _ in range(4)]
        for _, writer in old:
            writer.write(sent)
        reader, writer = await server.open()
        writer.write(GET % b"new")
        writer.write_eof()
        assert (await heard(reader)).endswith(b"/new")
        assert await heard(old[0][0]) == b""
        assert len(server.state.connections) == 3
        for _, other in [*old, (reader, writer)]:
            other.close()


async def test_connection_beyond_the_limit_is_closed_while_all_others_are_answered() -> None:
    async with served(most=2) as server:
        busy = [await server.open() for _ in range(2)]
        for _, writer in busy:
            writer.write(GET % b"wait")
            server.application.begun.clear()
            await asyncio.wait_for(server.application.begun.wait(), 30)
        reader, new = await server.open()
        assert await heard(reader) == b""
        server.application.let.set()
        for reader, writer in busy:
            writer.write_eof()
            assert (await heard(reader)).endswith(b"/wait")
            writer.close()
        new.close()


async def test_connection_with_a_body_that_stays_is_closed_for_one_that_comes() -> None:
    """Else bodies that are almost complete could fill the memory, one at each connection."""

    class Small(Http1Protocol):
        arriving = ArrivingRequests(most=1_900)

    head = b"POST /%b HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
    async with served(protocol=Small) as server:
        slow = await server.open()
        slow[1].write(head % b"slow" + bytes(900))
        async with asyncio.timeout(30):
            while Small.arriving.total <= 900:  # noqa: ASYNC110 - the server's loop is this one
                await asyncio.sleep(0)
        reader, writer = await server.open()
        writer.write(head % b"new" + bytes(900))
        assert await heard(slow[0]) == b""
        writer.write(bytes(100))
        writer.write_eof()
        assert (await heard(reader)).endswith(b"/new")
        assert Small.arriving.total == 0
        for _, other in (slow, (reader, writer)):
            other.close()
