"""`/logout`: end the browser's session (ev:oauth-6).

Tokens stay valid, and a GET is enough: both is the service's contract.

DIFFERS: the setting `rp_initiated_logout` adds `id_token_hint`, `post_logout_redirect_uri` and
`state` of OpenID Connect RP-Initiated Logout, which the service advertises and doesn't read.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors.oauth import LogoutTargetMissing, RedirectMismatch, UnusableHint
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import cookies, looks
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import ClientRequest, load_client, params_of
from poolhouse.pages.hosted_ui.redirects import redirect, to_app
from poolhouse.pages.hosted_ui.ui import HostedUi
from poolhouse.pages.responses import Pages, received
from poolhouse.rules.oauth import authorization_requests
from poolhouse.services import browser_sessions, id_token_hints
from poolhouse.services.branding import StyleSheets
from poolhouse.services.context import Services

PATH: Final = "/logout"

_HINT: Final = "id_token_hint"
_POST_LOGOUT: Final = "post_logout_redirect_uri"


class Logout:
    """Answers `GET /logout`."""

    def __init__(self, ui: HostedUi, pages: Pages, sheets: StyleSheets) -> None:
        self._ui = ui
        self._pages = pages
        self._sheets = sheets

    @property
    def route(self) -> Route:
        return Route(PATH, self._endpoint, methods=["GET"])

    async def _endpoint(self, request: Request) -> Response:
        return await self._ui.answer("Logout", request, _load, self._log_out)

    async def _log_out(self, page: ClientRequest) -> Response:
        """End the session, and redirect: out of it, or on to the next sign-in.

        An unknown target ends nothing: the page with the error isn't where its user wanted to go.
        """
        response = await self._destination(page)
        page.is_audited = True
        user = await browser_sessions.end(page.call, page.pool, page.browser_cookie, page.site.url)
        if user is not None:
            page.call.audit.target = user.username
        cookies.remove(response, cookies.BROWSER_SESSION, page.cookie_path)
        return response

    async def _destination(self, page: ClientRequest) -> Response:
        """Return where the browser goes. `logout_uri` wins over `redirect_uri`; all match exactly.

        Raises a ShownOnPage.
        """
        params = page.params
        if (logout_uri := params.get("logout_uri")) is not None:
            return redirect(_registered(page, logout_uri))
        if page.call.services.extras.rp_initiated_logout:
            if (target := params.get(_POST_LOGOUT)) is not None:
                state = {"state": params["state"]} if "state" in params else {}
                return to_app(_registered(page, target), state)
            if _HINT in params:
                return await self._signed_out(page)
        if "redirect_uri" not in params:
            raise LogoutTargetMissing
        extras = page.call.services.extras
        authorization_requests.redirect_uri(
            page.client, params, with_wildcards=extras.wildcard_callbacks
        )
        query = page.received.query.decode("ascii")
        return redirect(f"{page.site.root_path}/login?{query}")

    async def _signed_out(self, page: ClientRequest) -> Response:
        """Return the page for an app that names no URI."""
        texts = texts_of(page)
        return self._pages.page(
            "message.html",
            language=texts.code_of_language,
            direction=texts.direction,
            looks=await looks.of_page(page, self._sheets),
            title=texts.signed_out_title,
            text=texts.signed_out,
            is_good=True,
        )


async def _load(services: Services, request: Request, site: Site) -> ClientRequest:
    """Return the request of an app client, which an ID token may name in place of `client_id`.

    Raises a ShownOnPage, also for a hint of another app client.
    """
    client_id = None
    if services.extras.rp_initiated_logout:
        raw = received(request)
        params = params_of(raw)
        if _HINT in params:
            client_id = await id_token_hints.client_id_of(services, params[_HINT])
            if params.get("client_id", client_id) != client_id:
                raise UnusableHint().because("of another app client")
    return await load_client(services, request, site, client_id)


def _registered(page: ClientRequest, uri: str) -> str:
    if uri not in (page.client.settings.LogoutURLs or ()):
        raise RedirectMismatch
    return uri
