"""The routes that only dev mode has."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse import metrics
from poolhouse.clock import SettableClock
from poolhouse.dev.clock import ClockPages
from poolhouse.dev.inbox import InboxPages
from poolhouse.dev.loopback import LoopbackOnly
from poolhouse.dev.overview import Examples, OverviewPage
from poolhouse.pages.responses import Pages
from poolhouse.services.context import Services
from poolhouse.services.domain_urls import FOLDER

_LOCALLY: Final = (Middleware(LoopbackOnly),)


@dataclass(frozen=True, slots=True)
class DevMode:
    """Dependencies of the routes that `serve` doesn't have."""

    clock: SettableClock
    clock_set: Callable[[], None]
    """Called after each change of the clock."""
    settle: Callable[[], Awaitable[None]]
    """Returns when what was queued is in the inbox."""
    examples: Examples
    package: ClassVar[str] = "poolhouse.dev"
    """The package of these pages' templates and assets."""

    def routes(self, services: Services, pages: Pages) -> list[Route]:
        """Return the routes of the overview, the inbox, the clock and the metrics."""
        overview = OverviewPage(services, pages, self.clock, self.examples)
        inbox = InboxPages(services.store, pages, self.settle)
        clock = ClockPages(self.clock, self.clock_set)
        return [
            Route("/", overview.endpoint, middleware=_LOCALLY),
            Route(f"{FOLDER}{{name}}", overview.at_domain, middleware=_LOCALLY),
            Route("/inbox", inbox.page, middleware=_LOCALLY),
            Route("/inbox/messages.json", inbox.messages, middleware=_LOCALLY),
            Route("/dev/clock", clock.endpoint, methods=["GET", "POST"], middleware=_LOCALLY),
            Route("/metrics", _metrics),
        ]


async def _metrics(_request: Request) -> Response:
    """Return the metrics of this process.

    They reveal how many users sign in and fail to. Only dev mode, which no other machine reaches,
    shows them to all clients; elsewhere they have the operator's listener.
    """
    return Response(metrics.exposition(), headers={"content-type": metrics.CONTENT_TYPE.decode()})
