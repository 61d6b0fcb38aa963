"""The ASGI application: one door, raw ASGI because `POST /` is the hot path."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from poolhouse.clock import Clock
from poolhouse.ids import Ids
from poolhouse.protocol_errors import RequestEntityTooLargeException
from poolhouse.web.aws import AwsApi, refusal
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
_NOT_FOUND: Final = HttpAnswer(404, [(b"content-type", b"text/plain")], b"Not found\n")


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
        """`clock` is real time, `pool_clock` what dev mode may set; `largest_body` in bytes."""
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
        if path == "/" and method == "OPTIONS":
            answer = _preflight(scope["headers"])
        elif is_api or (method, path) in self._routes:
            body = await self._read(scope["headers"], receive)
            if body is None:
                answer = refusal(RequestEntityTooLargeException(limit=self._largest_body))
            else:
                request = self._request(scope, body, request_id)
                handle = self._api.handle if is_api else self._routes[method, path]
                answer = await handle(request)
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

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        """The whole body; None as soon as it is, or says it is, longer than allowed."""
        for name, value in headers:
            if name == b"content-length" and int(value) > self._largest_body:
                return None
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body if len(body) <= self._largest_body else None
        parts, size = [body], len(body)
        while message.get("more_body"):
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            if size > self._largest_body:
                return None
            parts.append(part)
        return b"".join(parts)

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


def _preflight(headers: Headers) -> HttpAnswer:
    """Browsers ask before they send an SDK's headers; the API allows every origin, as AWS does."""
    asked = next((v for name, v in headers if name == b"access-control-request-headers"), b"")
    answer: Headers = [
        (b"access-control-allow-methods", b"POST,OPTIONS"),
        (b"access-control-allow-headers", asked or b"content-type,x-amz-target"),
        (b"access-control-max-age", b"172800"),
    ]
    return HttpAnswer(200, answer, b"")
