"""The web application of everything that isn't the API, a key set or health: Starlette's routes.

This module is imported when the first request for a page comes: Starlette and Jinja2 take time and
memory that a server without pages needn't spend.
"""

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.api.endpoint import CognitoEndpoint
from poolhouse.api.request_log import RequestLog
from poolhouse.pages.assets import PATH, Assets
from poolhouse.pages.error_pages import ErrorPages
from poolhouse.pages.hosted_ui.confirm_user import ConfirmationPage
from poolhouse.pages.hosted_ui.routes import hosted_routes
from poolhouse.pages.responses import Pages, received
from poolhouse.rules.messages.templates import CONFIRMATION_PATH
from poolhouse.services.branding import StyleSheets
from poolhouse.services.context import Services
from poolhouse.services.request_recorder import RequestRecorder
from poolhouse.store.interface import Unavailable

if TYPE_CHECKING:
    from poolhouse.server.dev_routes import DevMode


def web_application(
    services: Services,
    api: CognitoEndpoint,
    requests: RequestLog,
    recorder: RequestRecorder,
    dev: "DevMode | None",
) -> Starlette:
    """Build the application. Without `dev` nothing of dev mode is in it."""
    packages = ("poolhouse.pages", *(() if dev is None else (dev.package,)))
    assets = Assets(packages)
    pages = Pages(packages, assets, services.ids.nonce)
    errors = ErrorPages(pages)

    async def unavailable(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unavailable)
        requests.unavailable(error, received(request).id)
        return errors.response(request, 503)

    domain_pages, sheets = pages.changed_by(services.page_changes), StyleSheets()
    confirmation = ConfirmationPage(
        api, services, pages=pages, domain_pages=domain_pages, sheets=sheets
    )
    routes = [
        # AWS's guide writes the path with a slash at its end; the links that it sends have none.
        Route(CONFIRMATION_PATH, confirmation.endpoint),
        Route(f"{CONFIRMATION_PATH}/", confirmation.endpoint),
        Route(f"{PATH}/{{name}}", assets.endpoint),
        *hosted_routes(services, domain_pages, recorder, sheets),
        *([] if dev is None else dev.routes(services, pages)),
    ]
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
