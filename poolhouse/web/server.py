"""The ASGI application: one door, raw ASGI because `POST /` is the hot path."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

import structlog

from poolhouse.clock import Clock
from poolhouse.ids import Ids
from poolhouse.protocol_errors import RequestEntityTooLargeException
from poolhouse.store.contract import Unavailable
from poolhouse.web.aws import AwsApi, refusal
from poolhouse.web.failures import what_failed
from poolhouse.web.requests import Headers, HttpAnswer, HttpRequest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Route = Callable[[HttpRequest], Awaitable[HttpAnswer]]

_EXPOSED: Final = b"x-amzn-requestid,x-amzn-errortype,x-amzn-errormessage,date"
_CORS: Final[Headers] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
]
_TEXT: Final[Headers] = [(b"content-type", b"text/plain")]
_NOT_FOUND: Final = HttpAnswer(404, _TEXT, b"Not found\n")
_UNAVAILABLE: Final = HttpAnswer(503, _TEXT, b"Store unavailable\n")
_FAILED: Final = HttpAnswer(500, _TEXT, b"Internal server error\n")
_CLOSE: Final = (b"connection", b"close")

THROWN_AWAY: Final = 4_194_304
"""Bytes of a body that is too long which are read all the same: a client that still sends doesn't
listen, and closing on it would take the answer from it."""

_log = structlog.get_logger()


class Disconnected(Exception):
    """The client went away before its request was complete, so there is nobody to answer."""


class Server:
    """Reads requests whole, hands them to `POST /` or to a route, and writes the answers."""

    def __init__(
        self,
        api: AwsApi,
        routes: Mapping[tuple[str, str], Route],
        *,
        ids: Ids,
        clock: Clock,
        pool_clock: Clock,
        largest_body: int,
    ) -> None:
        """`clock` is real time, `pool_clock` what dev mode may set; `largest_body` in bytes.

        Routes are known by method and path; `*` for its first segment stands for any pool's id.
        """
        self._api = api
        self._routes = routes
        self._ids = ids
        self._clock = clock
        self._pool_clock = pool_clock
        self._largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        method, path = scope["method"], scope["path"]
        request_id = self._ids.request_id()
        is_api = path == "/" and method == "POST"
        route = None if is_api else self._route(method, path)
        if path == "/" and method == "OPTIONS":
            answer = _preflight(scope["headers"])
        elif is_api or route is not None:
            try:
                body = await self._read(scope["headers"], receive)
            except Disconnected:
                return
            if body is None:
                answer = self._too_large()
            elif route is None:
                answer = await self._api.handle(self._request(scope, body, request_id))
            else:
                answer = await _safely(route, self._request(scope, body, request_id))
        else:
            answer = _NOT_FOUND
        headers = [
            *answer.headers,
            (b"content-length", str(len(answer.body)).encode()),
            (b"x-amzn-requestid", request_id.encode()),
        ]
        if path == "/":
            headers += _CORS
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _route(self, method: str, path: str) -> Route | None:
        """HEAD is GET without the body, which the HTTP server leaves out."""
        if method == "HEAD":
            method = "GET"
        below = path.find("/", 1)
        if below > 0 and (of_pools := self._routes.get((method, f"/*{path[below:]}"))):
            return of_pools
        return self._routes.get((method, path))

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body, or None if it is longer than allowed."""
        for name, value in headers:
            if name == b"content-length" and int(value) > self._largest_body:
                await _throw_away(int(value), headers, receive)
                return None
        message = await receive()
        body: bytes = message.get("body", b"")
        if message["type"] == "http.request" and not message.get("more_body"):
            return body if len(body) <= self._largest_body else None
        parts, size = [body], len(body)
        while True:
            if message["type"] == "http.disconnect":
                raise Disconnected
            if not message.get("more_body"):
                return b"".join(parts) if size <= self._largest_body else None
            if size > self._largest_body:
                await _throw_away(size, headers, receive)
                return None
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])

    def _too_large(self) -> HttpAnswer:
        """The connection ends with it: there may be more to come that nobody will read."""
        answer = refusal(RequestEntityTooLargeException(limit=self._largest_body))
        return HttpAnswer(answer.status, [*answer.headers, _CLOSE], answer.body)

    def _request(self, scope: Scope, body: bytes, request_id: str) -> HttpRequest:
        client = scope.get("client")
        received_at = self._clock.now()
        return HttpRequest(
            method=scope["method"],
            path=scope.get("raw_path") or scope["path"].encode(),
            query=scope.get("query_string", b""),
            headers=scope["headers"],
            body=body,
            id=request_id,
            received_at=received_at,
            now=received_at if self._pool_clock is self._clock else self._pool_clock.now(),
            source_ip=client[0] if client else None,
            is_secure=scope.get("scheme") == "https",
        )


async def _throw_away(announced: int, headers: Headers, receive: Receive) -> None:
    """Let the client finish sending, if that is bearable, so that it hears the answer.

    A client that waits for "100 Continue" has sent nothing and hears it at once.
    """
    if announced > THROWN_AWAY or any(name == b"expect" for name, _ in headers):
        return
    size = 0
    while size <= THROWN_AWAY:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        if not message.get("more_body"):
            return
        size += len(message.get("body", b""))


async def _safely(route: Route, request: HttpRequest) -> HttpAnswer:
    """A route's answer; whatever happens in it, the client gets one and the log says why."""
    try:
        return await route(request)
    except Unavailable as error:
        _log.error("store unavailable", request_id=request.id, error=str(error))
        return _UNAVAILABLE
    except Exception as error:
        _log.error("unexpected error", request_id=request.id, **what_failed(error))
        return _FAILED


def _preflight(headers: Headers) -> HttpAnswer:
    """Browsers ask before they send an SDK's headers; the API allows every origin, as AWS does."""
    asked = next((v for name, v in headers if name == b"access-control-request-headers"), b"")
    answer: Headers = [
        (b"access-control-allow-methods", b"POST,OPTIONS"),
        (b"access-control-allow-headers", asked or b"content-type,x-amz-target"),
        (b"access-control-max-age", b"172800"),
    ]
    return HttpAnswer(200, answer, b"")
