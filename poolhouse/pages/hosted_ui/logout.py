"""`/logout`: end the browser's session (ev:oauth-6).

Tokens stay valid, and a GET is enough: both is the service's contract.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors.oauth import LogoutTargetMissing, RedirectMismatch
from poolhouse.pages.hosted_ui import cookies
from poolhouse.pages.hosted_ui.page_request import ClientRequest, load_client
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.rules.oauth import authorization_requests
from poolhouse.services import browser_sessions

PATH: Final = "/logout"


def route(ui: HostedUi) -> Route:
    """Return the route of `/logout`."""

    async def endpoint(request: Request) -> Response:
        return await ui.answer("Logout", request, load_client, log_out)

    return Route(PATH, endpoint, methods=["GET"])


async def log_out(page: ClientRequest) -> Response:
    """End the session, and redirect: out of it, or on to the next sign-in.

    An unknown target ends nothing: the page with the error isn't where its user wanted to go.
    """
    target = _target(page)
    page.is_audited = True
    user = await browser_sessions.end(page.call, page.pool, page.browser_cookie, page.site.url)
    if user is not None:
        page.call.audit.target = user.username
    response = redirect(target)
    cookies.remove(response, cookies.BROWSER_SESSION, page.cookie_path)
    return response


def _target(page: ClientRequest) -> str:
    """Return where the browser goes. `logout_uri` wins over `redirect_uri`; both match exactly."""
    logout_uri = page.params.get("logout_uri")
    if logout_uri is not None:
        if logout_uri not in (page.client.settings.LogoutURLs or ()):
            raise RedirectMismatch
        return logout_uri
    if "redirect_uri" not in page.params:
        raise LogoutTargetMissing
    authorization_requests.redirect_uri(page.client, page.params)
    query = page.received.query.decode("ascii")
    return f"{page.site.root_path}/login?{query}"
