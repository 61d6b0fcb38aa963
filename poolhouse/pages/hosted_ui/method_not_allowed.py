"""What pages answer to methods that they don't have: 405 and nothing else (ev:oauth-2)."""

from collections.abc import Iterable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.pages.hosted_ui import cookies, csrf
from poolhouse.pages.hosted_ui.page_request import cookies_of
from poolhouse.pages.hosted_ui.ui import site_of
from poolhouse.pages.responses import received
from poolhouse.services.context import Services

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def refusing_routes(services: Services, routes: Iterable[Route]) -> list[Route]:
    """Return a route for each of these that takes the methods which they leave out."""
    return [_refusing(services, route) for route in routes]


def _refusing(services: Services, route: Route) -> Route:
    taken = route.methods or set()
    allowed = ", ".join(sorted(taken))

    async def endpoint(request: Request) -> Response:
        """Refuse with an empty body, and with the cookie that every response of a page sets."""
        site = site_of(request)
        given = csrf.token_of(cookies_of(received(request)).get(cookies.CSRF))
        response = Response(
            status_code=405, headers={"allow": allowed, "cache-control": "no-store"}
        )
        cookies.put(response, cookies.CSRF, given or services.ids.token_id(), site.root_path or "/")
        return response

    return Route(route.path, endpoint, methods=sorted(_METHODS - taken))
