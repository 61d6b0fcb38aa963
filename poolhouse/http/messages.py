"""One HTTP request, as everything behind the socket sees it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

Headers = list[tuple[bytes, bytes]]

LONGEST_HEADER: Final = 1_024
"""Characters of a header's value that are kept, or sent."""


LOGGED_AS: Final = "request"
"""The message of a request's line in the log."""


class IncomingRequest:
    """A request as it arrives, until it is whole."""

    __slots__ = (
        *("address", "awaits_continue", "headers", "is_secure", "is_too_long", "keeps_alive"),
        *("length", "method", "parts", "path", "query", "size", "target"),
    )

    def __init__(self, address: str | None, is_secure: bool) -> None:
        """Store a request's parts. `address` is the client's; HttpRequest describes the others."""
        self.address = address
        self.is_secure = is_secure
        self.method = ""
        self.target = b""
        self.path = "/"
        """Decoded, to find the route by; `target` is what was sent."""
        self.query = b""
        self.headers: Headers = []
        self.length: int | None = 0
        """The announced bytes of the body; None if it comes in chunks."""
        self.awaits_continue = False
        self.parts: list[bytes | bytearray] = []
        self.size = 0
        self.is_too_long = False
        self.keeps_alive = True


class HttpRequest(msgspec.Struct):
    """A request with its whole body. Header names are in lower case, bytes as received.

    `received_at` is real time, at which signatures are verified; `now` is the pool's time, which
    dev mode can set.
    """

    method: str
    path: bytes
    query: bytes
    headers: Headers
    body: bytes
    id: str
    received_at: datetime
    now: datetime
    source_ip: str | None
    is_secure: bool
    site: object = None
    """Where pages of a pool's domain were found: an application may look for it in the state."""
    root_path: str = ""
    """The beginning of the path that belongs to the place and not to a page."""

    def header(self, name: bytes) -> str | None:
        """Return the first header of this lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None

    @property
    def origin(self) -> str:
        """Return how the client addresses this server, e.g. `http://localhost:9229`."""
        return f"{'https' if self.is_secure else 'http'}://{self.header(b'host')}"

    @property
    def user_agent(self) -> str | None:
        return self.header(b"user-agent")

    @property
    def referer(self) -> str | None:
        return self.header(b"referer")


class HttpResponse(NamedTuple):
    """Status, headers beside the ones that every answer has, and the body."""

    status: int
    headers: Headers
    body: bytes


Route = Callable[[HttpRequest], Awaitable[HttpResponse]]
"""A function that answers a request."""
