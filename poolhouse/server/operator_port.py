"""The operator's listener: metrics and health, on a port that clients need not reach."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
import structlog

from poolhouse import metrics
from poolhouse.http.error_logging import describe_failure
from poolhouse.http.messages import Headers, HttpResponse, IncomingRequest
from poolhouse.http.writer import CLOSE
from poolhouse.server.health import READY

Verdict = Callable[[], Awaitable[str]]

_JSON: Final = (b"content-type", b"application/json")
_TEXT: Final[Headers] = [(b"content-type", b"text/plain")]
_NOT_FOUND: Final = HttpResponse(404, _TEXT, b"Not found\n")
_FAILED: Final = HttpResponse(500, _TEXT, b"Internal server error\n")

_log = structlog.get_logger()


def health_pages(verdict: Verdict) -> Mapping[str, Callable[[], Awaitable[HttpResponse]]]:
    """Return the pages of health by their paths; `verdict` says whether requests can be served."""

    async def live() -> HttpResponse:
        """Return 200: that there is an answer says that the event loop turns."""
        return HttpResponse(200, [_JSON], b'{"status":"ok"}')

    async def ready() -> HttpResponse:
        """Return 200 if requests can be served, else 503 with the reason."""
        found = await verdict()
        status = 200 if found == READY else 503
        return HttpResponse(status, [_JSON], msgspec.json.encode({"status": found}))

    return {"/health": ready, "/health/ready": ready, "/health/live": live}


class OperatorPages:
    """The `Application` of the operator's listener."""

    largest_body: int = 0
    """Maximum bytes of a body: no page takes one."""

    def __init__(self, verdict: Verdict, exposition: Callable[[], Awaitable[bytes]]) -> None:
        """Serve metrics. `exposition` returns those of all workers in Prometheus' text format."""

        async def metrics_page() -> HttpResponse:
            return HttpResponse(200, [(b"content-type", metrics.CONTENT_TYPE)], await exposition())

        self._pages = {**health_pages(verdict), "/metrics": metrics_page}

    async def answer(self, received: IncomingRequest) -> HttpResponse:
        """Return the page that is asked for. Never raises."""
        page = self._pages.get(received.path) if received.method in {"GET", "HEAD"} else None
        if page is None:
            return _NOT_FOUND
        try:
            return await page()
        except Exception as error:
            _log.error("unexpected error", **describe_failure(error))
            return _FAILED

    def too_large(self) -> HttpResponse:
        """Return the refusal of a request with a body."""
        return HttpResponse(413, [*_TEXT, CLOSE], b"No body is taken here\n")
