"""Call an ASGI application with a request that is complete, and return its response as one piece.

Both bodies are held in memory: the listener has bounded the request's, and our pages are small.
Streaming would go here. `_Exchange.receive` would hand on parts as `RequestReader` finds them, and
`_Exchange.send` would give each part to the connection, which would write chunks.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from poolhouse.http.messages import Headers, HttpRequest, HttpResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
AsgiApplication = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]

RECEIVED: Final = "received"
"""Key of the HttpRequest in the scope's state: its id, its times, the client's address."""
SITE: Final = "site"
"""Key of the request's site, if the request is for a pool's domain."""

_OURS: Final = frozenset({b"content-length", b"connection", b"transfer-encoding", b"date"})
"""Headers that the connection writes itself."""


class LazyApplication:
    """An ASGI application that is made when its first request comes, so that a start is short."""

    def __init__(
        self,
        make: Callable[[], AsgiApplication],
        log_failure: Callable[[HttpRequest, Exception], None],
    ) -> None:
        """Serve an application. `log_failure` gets every error that it hasn't handled."""
        self._make = make
        self._log_failure = log_failure
        self._application: AsgiApplication | None = None

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the application's response.

        Raises what prevents one. An error that comes after a complete response is logged: Starlette
        raises it again, once its own handler has answered.
        """
        if self._application is None:
            self._application = self._make()
        exchange = _Exchange(request)
        try:
            await self._application(_scope(request), exchange.receive, exchange.send)
        except Exception as error:
            if exchange.response is None:
                raise
            self._log_failure(request, error)
        if exchange.response is None:
            raise IncompleteResponse
        return exchange.response


class IncompleteResponse(RuntimeError):
    """An application has returned without a whole response."""


class _Exchange:
    """One request and its response, as ASGI's two callables."""

    def __init__(self, request: HttpRequest) -> None:
        self.response: HttpResponse | None = None
        self._request = request
        self._is_received = False
        self._is_over = asyncio.Event()
        self._status = 0
        self._headers: Headers = []
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        """Return the whole body, then nothing more until the response is complete."""
        if not self._is_received:
            self._is_received = True
            return {"type": "http.request", "body": self._request.body, "more_body": False}
        await self._is_over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = [
                (name.lower(), value)
                for name, value in message.get("headers", ())
                if name.lower() not in _OURS
            ]
            return
        self._parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            self.response = HttpResponse(self._status, self._headers, b"".join(self._parts))
            self._is_over.set()


def _scope(request: HttpRequest) -> Scope:
    """Return ASGI's scope of an HTTP request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "https" if request.is_secure else "http",
        "path": unquote(request.path.decode("ascii")),
        "raw_path": request.path,
        "query_string": request.query,
        "root_path": request.root_path,
        "headers": request.headers,
        "client": None if request.source_ip is None else (request.source_ip, 0),
        "server": None,
        "state": {RECEIVED: request, SITE: request.site},
    }
