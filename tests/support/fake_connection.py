"""A connection without a socket: bytes are handed to the HTTP protocol, and answers caught."""

import re
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

from uvicorn.server import ServerState

from poolhouse.http.messages import HttpResponse, IncomingRequest
from poolhouse.http.protocol import Http1Protocol

_STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) [^\r\n]*\r\n")


class Asked(NamedTuple):
    """A request as the application gets it."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Application:
    """Answers every request with its number, and keeps it."""

    def __init__(self, largest_body: int) -> None:
        self.largest_body = largest_body
        self.asked: list[Asked] = []
        self.paths: list[str] = []
        self.addresses: list[str | None] = []

    async def answer(self, received: IncomingRequest) -> HttpResponse:
        number = b"%d" % len(self.asked)
        self.paths.append(received.path)
        self.addresses.append(received.address)
        self.asked.append(
            Asked(
                received.method,
                received.target,
                tuple(received.headers),
                b"".join(received.parts),
            )
        )
        return HttpResponse(200, [(b"x-number", number)], b"answer " + number)

    def too_large(self) -> HttpResponse:
        return HttpResponse(413, [(b"connection", b"close")], b"too large")


class Transport:
    """Keeps what is written; `late` is what was written after the end."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.written = b""
        self.late = b""
        self.is_closed = False
        self.is_paused = False

    def get_extra_info(self, name: str) -> Any:
        return (self._address, 4711) if name == "peername" else None

    def write(self, data: bytes) -> None:
        if self.is_closed:
            self.late += data
        else:
            self.written += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    abort = close

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class FakeLoop:
    """Time stands still, and tasks run when they are let."""

    def __init__(self) -> None:
        self.tasks: deque[Coroutine[Any, Any, None]] = deque()

    def time(self) -> float:
        return 0.0

    def call_later(self, _seconds: float, _call: Callable[[], None]) -> Any:
        return SimpleNamespace(cancel=lambda: None)

    def create_task(self, task: Coroutine[Any, Any, None]) -> Any:
        self.tasks.append(task)
        return task

    def run(self) -> None:
        """Run what is waiting, and what that starts."""
        while self.tasks:
            try:
                self.tasks.popleft().send(None)
            except StopIteration:
                continue
            raise AssertionError("the application doesn't wait for anything")


@dataclass(frozen=True)
class Outcome:
    """What came of a connection's bytes."""

    asked: list[Asked]
    statuses: list[int]
    """Of the answers, in their order, without `100 Continue`."""
    continued: int
    """How often `100 Continue` was said."""
    is_closed: bool
    """Whether the server has ended the connection, before the client's last byte or after it."""
    late: bytes = b""
    paths: list[str] = field(default_factory=list)
    addresses: list[str | None] = field(default_factory=list)
    """The client's, with each request."""
    most_waiting: int = 0
    """The most requests that had been read, and waited to be answered, at a time."""

    @property
    def is_refused(self) -> bool:
        """Whether the server ended the connection with a refusal."""
        return self.is_closed and bool(self.statuses) and self.statuses[-1] != 200


def converse(
    pieces: Iterable[bytes],
    *,
    answers_late: bool = False,
    largest_body: int = 100_000,
    address: str = "192.0.2.1",
) -> Outcome:
    """Send the pieces as they are; `answers_late`: the application is slow.

    The pieces wait while the server doesn't read, as they would in the kernel.
    """
    loop, transport, application = FakeLoop(), Transport(address), Application(largest_body)
    config: Any = SimpleNamespace(app=application, timeout_keep_alive=75, limit_concurrency=None)
    connection = Http1Protocol(config, ServerState(), {}, loop)  # type: ignore[arg-type]
    connection.connection_made(transport)  # type: ignore[arg-type]
    most_waiting = 0
    for piece in pieces:
        if not answers_late or transport.is_paused:
            loop.run()
        assert not transport.is_paused or transport.is_closed, "nobody would ever read on"
        if transport.is_closed:
            break
        connection.data_received(piece)
        most_waiting = max(most_waiting, len(connection._waiting))
    loop.run()
    is_closed = transport.is_closed
    if not is_closed and not connection.eof_received():
        transport.close()
    loop.run()
    statuses, continued = _answers(transport.written, application.asked)
    return Outcome(
        application.asked,
        statuses,
        continued,
        is_closed,
        transport.late,
        application.paths,
        application.addresses,
        most_waiting,
    )


def _answers(written: bytes, asked: list[Asked]) -> tuple[list[int], int]:
    """The statuses of what was written, which must be nothing but whole answers."""
    statuses: list[int] = []
    continued = 0
    while written:
        status = _STATUS.match(written)
        assert status, f"no answer begins here: {written[:60]!r}"
        head, _, rest = written.partition(b"\r\n\r\n")
        if status[1] == b"100":
            assert head + b"\r\n" == status[0]
            continued += 1
            written = rest
            continue
        length = int(head.rpartition(b"content-length: ")[2])
        number = re.search(rb"\r\nx-number: ([0-9]+)", head)
        if number and asked[int(number[1])].method == "HEAD":
            length = 0
        if number:
            assert int(number[1]) == len(statuses), "answers come in the order of the requests"
        statuses.append(int(status[1]))
        written = rest[length:]
    return statuses, continued
