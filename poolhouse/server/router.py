"""Decide what answers a request: the API, a route, or the web application of pages."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import structlog

from poolhouse.api.endpoint import CognitoEndpoint, refusal
from poolhouse.api.request_log import RequestLog
from poolhouse.clock import Clock
from poolhouse.errors.protocol import RequestEntityTooLargeException
from poolhouse.http.asgi import LazyApplication
from poolhouse.http.error_logging import describe_failure
from poolhouse.http.messages import Headers, HttpRequest, HttpResponse, IncomingRequest, Route
from poolhouse.http.request_heads import LONGEST_PATH
from poolhouse.http.writer import CLOSE
from poolhouse.ids import Ids
from poolhouse.oauth.endpoints import DomainEndpoints
from poolhouse.store.interface import Unavailable

LONGEST_QUERY: Final = 16_384
"""Bytes of a query. Links and presigned requests have less than a quarter; RFC 9110 §4.1 asks for
8,000 in a whole target."""

_EXPOSED: Final = b"x-amzn-requestid,x-amzn-errortype,x-amzn-errormessage,date"
_CORS: Final[Headers] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
]
_TEXT: Final[Headers] = [(b"content-type", b"text/plain")]
_LONG_PATH: Final = HttpResponse(414, _TEXT, b"The path is too long\n")
_BAD_PATH: Final = HttpResponse(400, _TEXT, b"The path is malformed\n")
_LONG_QUERY: Final = HttpResponse(414, _TEXT, b"The query is too long\n")
_UNAVAILABLE: Final = HttpResponse(503, _TEXT, b"Store unavailable\n")
_FAILED: Final = HttpResponse(500, _TEXT, b"Internal server error\n")

_log = structlog.get_logger()


class Server:
    """Passes requests to the API, to a route, or to the pages: the protocol's `Application`."""

    def __init__(
        self,
        api: CognitoEndpoint,
        routes: Mapping[tuple[str, str], Route],
        pages: LazyApplication,
        domains: DomainEndpoints,
        *,
        requests: RequestLog,
        ids: Ids,
        clock: Clock,
        pool_clock: Clock,
        largest_body: int,
    ) -> None:
        """Route by method and path, in which `*` as the first segment is any pool's id.

        `clock` is real time, and `pool_clock` what dev mode may set. `largest_body` is in bytes.
        `domains` answers what programs ask of a pool's domain. `pages` answers every other path,
        including unknown ones.
        """
        self._api = api
        self._routes = routes
        self._pages = pages
        self._domains = domains
        self._requests = requests
        self._ids = ids
        self._clock = clock
        self._pool_clock = pool_clock
        self.largest_body = largest_body

    async def answer(self, received: IncomingRequest) -> HttpResponse:
        """Return the answer to a request. Never raises."""
        method, path = received.method, received.path
        request_id = self._ids.request_id()
        is_root = path == "/"
        # A page for people isn't for scripts of other sites.
        with_cors = is_root and method not in {"GET", "HEAD"}
        if len(received.target) > LONGEST_PATH:
            answer = _LONG_PATH
        elif len(received.query) > LONGEST_QUERY:
            answer = _LONG_QUERY
        elif is_root and method == "POST":
            answer = await self._api.handle(self._request(received, request_id))
        elif is_root and method == "OPTIONS":
            answer = _preflight(received.headers)
        else:
            route = self._route(method, path) or self._domain_or_page
            answer = await self._safely(route, self._request(received, request_id))
        return _signed(answer, request_id, with_cors=with_cors)

    def too_large(self) -> HttpResponse:
        """Return a refusal that closes the connection: the rest of the request won't be read."""
        answer = refusal(RequestEntityTooLargeException(limit=self.largest_body))
        answer.headers.append(CLOSE)
        return _signed(answer, self._ids.request_id(), with_cors=True)

    def _route(self, method: str, path: str) -> Route | None:
        """Return the route. HEAD has that of GET; the HTTP server leaves out the body."""
        if method == "HEAD":
            method = "GET"
        below = path.find("/", 1)
        if below > 0 and (of_pools := self._routes.get((method, f"/*{path[below:]}"))):
            return of_pools
        return self._routes.get((method, path))

    async def _domain_or_page(self, request: HttpRequest) -> HttpResponse:
        """Answer at a pool's domain, if the request is for one, or by a page of the server."""
        decoded = unquote(request.path.decode("ascii"))
        if "\0" in decoded:
            return _BAD_PATH  # PostgreSQL can't look it up (`http/parameters.py`)
        found = await self._domains.find(request, decoded)
        if found is None:
            return await self._pages.answer(request)
        site, path = found
        answer = await self._domains.answer(request, site, path)
        if answer is None:
            request.site, request.root_path = site, site.root_path
            answer = await self._pages.answer(request)
        return answer

    async def _safely(self, route: Route, request: HttpRequest) -> HttpResponse:
        """Return a route's answer; whatever happens in it, the client gets one."""
        try:
            return await route(request)
        except Unavailable as error:
            self._requests.unavailable(error, request.id)
            return _UNAVAILABLE
        except Exception as error:
            log_failed_request(request, error)
            return _FAILED

    def _request(self, received: IncomingRequest, request_id: str) -> HttpRequest:
        received_at = self._clock.now()
        return HttpRequest(
            method=received.method,
            path=received.target,
            query=received.query,
            headers=received.headers,
            body=b"".join(received.parts),
            id=request_id,
            received_at=received_at,
            now=received_at if self._pool_clock is self._clock else self._pool_clock.now(),
            source_ip=received.address,
            is_secure=received.is_secure,
        )


def log_failed_request(request: HttpRequest, error: Exception) -> None:
    """Log an unexpected error with the request's id."""
    _log.error("unexpected error", request_id=request.id, **describe_failure(error))


def _signed(answer: HttpResponse, request_id: str, *, with_cors: bool) -> HttpResponse:
    """Return the answer with the headers that every one has."""
    headers = [*answer.headers, (b"x-amzn-requestid", request_id.encode())]
    if with_cors:
        headers += _CORS
    return HttpResponse(answer.status, headers, answer.body)


def _preflight(headers: Headers) -> HttpResponse:
    """Answer a browser's preflight request. The API allows every origin, as AWS does."""
    asked = next((v for name, v in headers if name == b"access-control-request-headers"), b"")
    answer: Headers = [
        (b"access-control-allow-methods", b"POST,OPTIONS"),
        (b"access-control-allow-headers", asked or b"content-type,x-amz-target"),
        (b"access-control-max-age", b"172800"),
    ]
    return HttpResponse(200, answer, b"")
