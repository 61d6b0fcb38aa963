"""The web application of everything that isn't the API, a key set or health: Starlette's routes.

This module is imported when the first request for a page comes: Starlette and Jinja2 take time and
memory that a server without pages needn't spend.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse import metrics
from poolhouse.api.endpoint import CognitoEndpoint
from poolhouse.api.request_log import RequestLog
from poolhouse.clock import SettableClock
from poolhouse.dev.clock import ClockPages
from poolhouse.dev.inbox import InboxPages
from poolhouse.dev.loopback import LoopbackOnly
from poolhouse.dev.overview import Examples, OverviewPage
from poolhouse.pages.assets import PATH, Assets
from poolhouse.pages.confirm_user import ConfirmationPage
from poolhouse.pages.error_pages import ErrorPages
from poolhouse.pages.responses import Pages, received
from poolhouse.rules.messages.templates import CONFIRMATION_PATH
from poolhouse.services.context import Services
from poolhouse.store.interface import Unavailable

_PACKAGES: Final = ("poolhouse.pages", "poolhouse.dev")
_LOCALLY: Final = (Middleware(LoopbackOnly),)


@dataclass(frozen=True, slots=True)
class DevMode:
    """What only dev mode serves, and what it needs for that."""

    clock: SettableClock
    clock_set: Callable[[], None]
    """Called after each change of the clock."""
    settle: Callable[[], Awaitable[None]]
    """Returns when what was queued is in the inbox."""
    examples: Examples


def web_application(
    services: Services, api: CognitoEndpoint, requests: RequestLog, dev: DevMode | None
) -> Starlette:
    """Build the application. Without `dev` nothing of dev mode is found."""
    assets = Assets(_PACKAGES)
    pages = Pages(_PACKAGES, assets, services.ids.nonce)
    errors = ErrorPages(pages)

    async def unavailable(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unavailable)
        requests.unavailable(error, received(request).id)
        return errors.response(request, 503)

    confirmation = ConfirmationPage(api, services.store, pages)
    routes = [
        # AWS's guide writes the path with a slash at its end; the links that it sends have none.
        Route(CONFIRMATION_PATH, confirmation.endpoint),
        Route(f"{CONFIRMATION_PATH}/", confirmation.endpoint),
        Route(f"{PATH}/{{name}}", assets.endpoint),
    ]
    if dev is not None:
        routes += _dev_routes(services, pages, dev)
    application = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: errors.http_error,
            Unavailable: unavailable,
            Exception: errors.failure,
        },
    )
    # A redirect would go to the host that the client names.
    application.router.redirect_slashes = False
    return application


def _dev_routes(services: Services, pages: Pages, dev: DevMode) -> list[Route]:
    overview = OverviewPage(services, pages, dev.clock, dev.examples)
    inbox = InboxPages(services.store, pages, dev.settle)
    clock = ClockPages(dev.clock, dev.clock_set)
    return [
        Route("/", overview.endpoint, middleware=_LOCALLY),
        Route("/inbox", inbox.page, middleware=_LOCALLY),
        Route("/inbox/messages.json", inbox.messages, middleware=_LOCALLY),
        Route("/dev/clock", clock.show, middleware=_LOCALLY),
        Route("/dev/clock", clock.set, methods=["POST"], middleware=_LOCALLY),
        Route("/metrics", _metrics),
    ]


async def _metrics(_request: Request) -> Response:
    """Return the metrics of this process.

    They tell how many users sign in and fail to. Only dev mode, which no other machine reaches,
    shows them to all clients; elsewhere they have the operator's listener.
    """
    return Response(metrics.exposition(), headers={"content-type": metrics.CONTENT_TYPE.decode()})
