"""The routes beside `POST /` that need no web application: health and the pools' key sets."""

from collections.abc import Awaitable, Callable, Mapping

from poolhouse.http.messages import HttpRequest, HttpResponse, Route
from poolhouse.oauth.discovery import WellKnown
from poolhouse.server.health import Readiness
from poolhouse.server.operator_port import health_pages
from poolhouse.services.context import Services


def routes(services: Services, readiness: Readiness) -> Mapping[tuple[str, str], Route]:
    """Return the routes by method and path.

    Health must be answered when nothing else can be: when files can't be opened, so that no module
    can be imported and no template be read.
    """
    health = {("GET", path): _plain(page) for path, page in health_pages(readiness.verdict).items()}
    return {**health, **WellKnown(services).routes()}


def _plain(page: Callable[[], Awaitable[HttpResponse]]) -> Route:
    async def plain(_request: HttpRequest) -> HttpResponse:
        return await page()

    return plain
