"""The routes of a domain's pages."""

from starlette.routing import Route

from poolhouse.pages.hosted_ui import (
    authorize,
    chooser,
    confirmation,
    logout,
    new_passkey,
    passkey_autofill,
    password_reset,
    sign_in,
    sign_up,
)
from poolhouse.pages.hosted_ui.account.routes import account_routes
from poolhouse.pages.hosted_ui.branding_files import BrandingFiles
from poolhouse.pages.hosted_ui.device import DevicePage
from poolhouse.pages.hosted_ui.error import ErrorPage
from poolhouse.pages.hosted_ui.method_not_allowed import refusing_routes
from poolhouse.pages.hosted_ui.ui import HostedPage, HostedUi
from poolhouse.pages.responses import Pages
from poolhouse.services.branding import StyleSheets
from poolhouse.services.context import Services
from poolhouse.services.request_recorder import RequestRecorder

PAGES: tuple[HostedPage, ...] = (
    authorize.PAGE,
    authorize.ALIAS,
    chooser.PAGE,
    *sign_in.PAGES,
    passkey_autofill.PAGE,
    *sign_up.PAGES,
    *confirmation.PAGES,
    *password_reset.PAGES,
)
"""Every page with a request of an app, in the order of a sign-in."""


def hosted_routes(
    services: Services, pages: Pages, recorder: RequestRecorder, sheets: StyleSheets
) -> list[Route]:
    """Return the routes of a domain's pages."""
    ui = HostedUi(services, pages, recorder, sheets)
    of_browsers = [
        *map(ui.route, PAGES),
        new_passkey.route(ui),
        *account_routes(ui, services.extras),
        logout.Logout(services, ui).route,
        *_of_extras(services, ui, pages, recorder),
    ]
    return [
        *of_browsers,
        *refusing_routes(services, of_browsers),
        BrandingFiles(services, sheets).route(),
        Route("/error", ErrorPage(services, pages, sheets).endpoint),
    ]


def _of_extras(
    services: Services, ui: HostedUi, pages: Pages, recorder: RequestRecorder
) -> list[Route]:
    """Return the routes of pages that a setting adds."""
    if not services.extras.device_grant:
        return []
    return [DevicePage(services, ui, pages, recorder).route]
