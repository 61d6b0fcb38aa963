"""`/logout`: end the browser's session (ev:oauth-6).

Tokens stay valid, and a GET is enough: both is the service's contract.

DIFFERS: the setting `rp_initiated_logout` adds `id_token_hint`, `post_logout_redirect_uri` and
`state` of OpenID Connect RP-Initiated Logout, which the service advertises and doesn't read. Then
requests may come by POST, and one that names neither a hint nor a target is put to the user.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors.oauth import (
    LogoutTargetMissing,
    RedirectMismatch,
    ShownOnPage,
    UnusableHint,
)
from poolhouse.http.security_headers import FormTarget
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import browser_session, cookies, csrf, language_choice
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import (
    CLIENT_ID,
    ClientRequest,
    form_of,
    load_client,
    params_of,
)
from poolhouse.pages.hosted_ui.redirects import redirect, to_app
from poolhouse.pages.hosted_ui.ui import HostedUi, is_own_form, site_of, to_error_page
from poolhouse.pages.hosted_ui.user_names import shown_name
from poolhouse.pages.responses import received
from poolhouse.rules.oauth import authorization_requests, logged_addresses
from poolhouse.services import browser_sessions, id_token_hints
from poolhouse.services.context import Services

PATH: Final = "/logout"

_HINT: Final = "id_token_hint"
_POST_LOGOUT: Final = "post_logout_redirect_uri"
_OF_APPS: Final[tuple[str, ...]] = (_HINT, _POST_LOGOUT, CLIENT_ID, "state")
_NAMES_A_WAY: Final = frozenset({_HINT, _POST_LOGOUT, "logout_uri", "redirect_uri"})
"""Parameters without any of which OpenID Connect has the user asked."""


class Logout:
    """Answers `GET /logout`, and POST with the setting."""

    def __init__(self, services: Services, ui: HostedUi) -> None:
        self._is_standard = services.extras.rp_initiated_logout
        self._ui = ui

    @property
    def route(self) -> Route:
        methods = ["GET", "POST"] if self._is_standard else ["GET"]
        return Route(PATH, self._endpoint, methods=methods)

    async def _endpoint(self, request: Request) -> Response:
        if request.method != "POST":
            return await self._ui.answer("Logout", request, _load, self._log_out)
        site = site_of(request)
        try:
            form = form_of(received(request))
        except ShownOnPage as error:
            return to_error_page(site, error, request.query_params)
        if csrf.FIELD in form:
            return await self._ui.answer("Logout", request, _load, self._confirmed)
        # It comes from an app. Browsers send the session's cookie to the GET that follows.
        query = urlencode({name: form[name] for name in _OF_APPS if name in form})
        return redirect(f"{site.root_path}{PATH}?{query}", status=303)

    async def _confirmed(self, page: ClientRequest) -> Response:
        """End the session of the user who has pressed the button, or show the page again."""
        language = page.form.get(language_choice.PARAMETER, "")[: language_choice.LONGEST_TAG]
        if language or not is_own_form(page):
            asked = {CLIENT_ID: page.client.id, language_choice.PARAMETER: language}
            query = urlencode({name: value for name, value in asked.items() if value})
            return redirect(f"{page.site.root_path}{PATH}?{query}", status=303)
        return await self._ended(page, await self._signed_out(page))

    async def _log_out(self, page: ClientRequest) -> Response:
        """End the session, and redirect: out of it, or on to the next sign-in.

        An unknown target ends nothing: the page with the error isn't where its user wanted to go.
        """
        if self._is_standard and _NAMES_A_WAY.isdisjoint(page.params):
            return await self._question(page)
        return await self._ended(page, await self._destination(page))

    async def _ended(self, page: ClientRequest, response: Response) -> Response:
        """Return the response after the session has ended."""
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
            return redirect(_registered(page, "logout_uri", logout_uri))
        if self._is_standard:
            if (target := params.get(_POST_LOGOUT)) is not None:
                state = {"state": params["state"]} if "state" in params else {}
                return to_app(_registered(page, _POST_LOGOUT, target), state)
            if _HINT in params:
                return await self._signed_out(page)
        if "redirect_uri" not in params:
            raise LogoutTargetMissing().because(_missing(params))
        extras = page.call.services.extras
        authorization_requests.redirect_uri(
            page.client, params, with_wildcards=extras.wildcard_callbacks
        )
        query = page.received.query.decode("ascii")
        return redirect(f"{page.site.root_path}/login?{query}")

    async def _question(self, page: ClientRequest) -> Response:
        """Ask the user, whom any site can send here, whether to sign out."""
        signed_in = await browser_sessions.find(
            page.call, page.pool, page.browser_cookie, page.site.url
        )
        if signed_in is None:
            return await self._signed_out(page)
        await self._ui.dress(page)
        return self._ui.render(
            page,
            "hosted_ui/sign_out.html",
            forms=FormTarget.HERE,
            title=texts_of(page).sign_out_question,
            name=shown_name(page.pool, signed_in.user),
            errors={},
            shown=None,
            notice="",
        )

    async def _signed_out(self, page: ClientRequest) -> Response:
        """Return the page for an app that names no URI."""
        await self._ui.dress(page)
        texts = texts_of(page)
        return self._ui.message(page, title=texts.signed_out_title, text=texts.signed_out)


async def _load(services: Services, request: Request, site: Site) -> ClientRequest:
    """Return the request of an app client, which an ID token may name in place of `client_id`.

    A request that names nothing is of the app client at which its browser has signed in. Raises a
    ShownOnPage, also for a hint of another app client.
    """
    client_id = None
    if services.extras.rp_initiated_logout:
        raw = received(request)
        params = params_of(raw)
        if _HINT in params:
            client_id = await id_token_hints.client_id_of(services, params[_HINT])
            if params.get("client_id", client_id) != client_id:
                raise UnusableHint().because("of another app client")
        elif CLIENT_ID not in params and _NAMES_A_WAY.isdisjoint(params):
            client_id = await browser_session.client_id_of(services, raw, site)
    return await load_client(services, request, site, client_id)


def _missing(params: Mapping[str, str]) -> str:
    """Return the log's reason. Libraries for OpenID Connect send what AWS doesn't read."""
    reason = "logout_uri is missing"
    if _POST_LOGOUT not in params:
        return reason
    return f"{reason}; only with the setting `rp_initiated_logout` {_POST_LOGOUT} is read"


def _registered(page: ClientRequest, parameter: str, uri: str) -> str:
    if uri not in (page.client.settings.LogoutURLs or ()):
        raise RedirectMismatch().because(
            logged_addresses.unregistered(parameter, uri, "LogoutURLs", page.client.id)
        )
    return uri
