"""The pages of a domain as routes: every request is read, checked, answered and recorded alike."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.errors.oauth import (
    FailureSentToApp,
    OAuthError,
    SentToApp,
    ServerFailure,
    ShownOnPage,
    TemporarilyUnavailable,
)
from poolhouse.http.asgi import SITE
from poolhouse.http.error_logging import describe_failure
from poolhouse.http.security_headers import FormTarget
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import cookies, csrf, language_choice, looks
from poolhouse.pages.hosted_ui.page_request import ClientRequest, PageRequest, load
from poolhouse.pages.hosted_ui.redirects import error_to_app, redirect, to_device
from poolhouse.pages.responses import Pages, received
from poolhouse.rules.oauth.device_grants import GRANT_TYPE
from poolhouse.services.branding import StyleSheets
from poolhouse.services.context import Services
from poolhouse.services.request_recorder import RequestRecorder
from poolhouse.store.interface import Conflict
from poolhouse.wire.errors import ServiceError

R = TypeVar("R", bound=ClientRequest)
Loader = Callable[[Services, Request, Site], Awaitable[R]]
Answerer = Callable[[R], Awaitable[Response]]
Handler = Callable[["HostedUi", PageRequest], Awaitable[Response]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class HostedPage:
    """A page: what answers GET and, if it has a form, POST. `name` is for log and audit trail.

    Both get the HostedUi, whose `render` makes their responses. Failures that weren't foreseen are
    shown on a page. With `sends_failures` the app gets them: there the user has nothing to repeat.
    """

    path: str
    name: str
    get: Handler
    post: Handler | None = None
    load: Loader[PageRequest] = load
    sends_failures: bool = False


class HostedUi:
    """Makes the routes of pages, and their responses."""

    def __init__(
        self, services: Services, pages: Pages, recorder: RequestRecorder, sheets: StyleSheets
    ) -> None:
        self._services = services
        self._sheets = sheets
        self._pages = pages
        self._recorder = recorder

    def route(self, page: HostedPage) -> Route:
        """Return the route of a page. At no domain, it isn't there."""
        methods = ["GET", "POST"] if page.post else ["GET"]

        async def endpoint(request: Request) -> Response:
            async def handle(loaded: PageRequest) -> Response:
                return await self._handled(page, loaded)

            return await self.answer(page.name, request, page.load, handle)

        return Route(page.path, endpoint, methods=methods)

    def render(
        self,
        page: ClientRequest,
        template: str,
        *,
        status: int = 200,
        forms: FormTarget = FormTarget.ANYWHERE,
        **content: Any,
    ) -> Response:
        """Return a page of the domain, with a CSRF token (ev:domain-1.2).

        The browser keeps its token, so that the forms of two tabs don't disturb each other.
        Templates have the texts of the page's language as `texts`.

        Forms may lead anywhere: the response to the last one redirects to the app (ev:domain-1.7).
        """
        token = self._csrf_token(page)
        response = self._pages.page(
            template,
            status=status,
            forms=forms,
            csrf=token,
            query=page.query,
            **{**_shared_content(page), **content},
        )
        return _with_cookies(page, response, token)

    def render_first(self, page: PageRequest, template: str, **content: Any) -> Response:
        """Return the same for the first view of a form, which is rendered once for each content.

        Neither what a user has typed nor what went wrong belongs to the content.
        """
        token = self._csrf_token(page)
        response = self._pages.cached_page(
            template,
            {"csrf": token, "query": page.query},
            forms=FormTarget.ANYWHERE,
            **_shared_content(page),
            **content,
        )
        return _with_cookies(page, response, token)

    def message(self, page: ClientRequest, *, title: str, text: str) -> Response:
        """Return the page that ends something well: a text, and no form."""
        texts = language_choice.texts_of(page)
        return self._pages.page(
            "message.html",
            language=texts.code_of_language,
            direction=texts.direction,
            looks=page.looks,
            title=title,
            text=text,
            is_good=True,
        )

    def _csrf_token(self, page: ClientRequest) -> str:
        return csrf.token_of(page.cookies.get(cookies.CSRF)) or self._services.ids.token_id()

    async def answer(
        self, name: str, request: Request, load_request: Loader[R], handle: Answerer[R]
    ) -> Response:
        """Read a request, return its response, and record both under a name and the method."""
        started = self._recorder.clock.monotonic()
        site = site_of(request)
        name = f"{name}_{request.method}"
        loaded: R | None = None
        refused: OAuthError | ServiceError | None = None
        try:
            loaded = await load_request(self._services, request, site)
            response = await handle(loaded)
            refused = loaded.refused
        except ShownOnPage as error:
            refused, response = error, to_error_page(site, error, request.query_params)
        except SentToApp as error:
            refused = error
            destination = error.destination
            if isinstance(loaded, PageRequest):
                destination = loaded.destination
            if isinstance(loaded, PageRequest) and loaded.account is not None:
                response = to_error_page(site, error, request.query_params)
            elif destination is None:
                raise RuntimeError(
                    "an app is refused before its redirect URI is checked"
                ) from error
            elif not destination.is_trusted and request.method != "POST":
                # By a link alone such an app leads users nowhere (RFC 9700 §4.11.2).
                response = to_error_page(site, error, request.query_params)
            elif self._services.extras.device_grant and destination.redirect_uri == GRANT_TYPE:
                response = to_device(site.root_path, destination.state)
            else:
                response = error_to_app(destination, error)
        except Conflict as error:
            refused = TemporarilyUnavailable().because(type(error).__name__)
            response = to_error_page(site, refused, request.query_params)
        except ServiceError as error:
            # A step has shown its refusals; what is left wasn't foreseen.
            _log.error("unexpected refusal", operation=name, **describe_failure(error))
            refused = ServerFailure().because(type(error).__name__)
            response = to_error_page(site, refused, request.query_params)
        self._recorder.record(
            name,
            received(request),
            loaded.call if loaded else None,
            refused,
            pool=site.pool,
            started=started,
            is_audited=request.method == "POST" or (loaded is not None and loaded.is_audited),
        )
        return response

    async def dress(self, page: ClientRequest) -> None:
        """Give a page the looks of its app client."""
        page.looks = await looks.of_page(page, self._sheets)

    async def _handled(self, page: HostedPage, loaded: PageRequest) -> Response:
        """Return the page's response. Raises FailureSentToApp for a page that sends failures."""
        try:
            return await self._asked(page, loaded)
        except (OAuthError, HTTPException):
            raise
        except Exception as error:
            if not page.sends_failures:
                raise
            _log.error("unexpected error", operation=page.name, **describe_failure(error))
            raise FailureSentToApp().because(type(error).__name__) from error

    async def _asked(self, page: HostedPage, loaded: PageRequest) -> Response:
        await self.dress(loaded)
        if loaded.received.method != "POST" or page.post is None:
            return await page.get(self, loaded)
        if not is_own_form(loaded):
            return redirect(f"{loaded.site.root_path}{page.path}?{loaded.query}", status=303)
        return in_other_language(loaded, page.path) or await page.post(self, loaded)


def _shared_content(page: ClientRequest) -> dict[str, Any]:
    """Return what every page of a domain is given."""
    texts = language_choice.texts_of(page)
    return {
        "root": page.site.root_path,
        "app": page.app_name,
        "texts": texts,
        "looks": page.looks,
        "language": texts.code_of_language,
        "direction": texts.direction,
        "languages": language_choice.menu_of(page),
    }


def _with_cookies(page: ClientRequest, response: Response, csrf_token: str) -> Response:
    language_choice.keep_choice(page, response)
    cookies.put(response, cookies.CSRF, csrf_token, page.cookie_path)
    return response


def is_own_form(page: ClientRequest) -> bool:
    """Return whether the form that was sent is one of the site's own."""
    cookie, field = page.cookies.get(cookies.CSRF, ""), page.form.get(csrf.FIELD, "")
    if csrf.is_own_form(page.received, page.site.url, cookie, field):
        return True
    page.call.notes.append("the form isn't of this site, or its token is old")
    return False


def in_other_language(page: ClientRequest, path: str) -> Response | None:
    """Return the redirect to a page in the language that its menu has sent; None for no menu."""
    language = page.form.get(language_choice.PARAMETER)
    if not language:
        return None
    query = page.query_with(lang=language[: language_choice.LONGEST_TAG])
    return redirect(f"{page.site.root_path}{path}?{query}", status=303)


def site_of(request: Request) -> Site:
    """Return the site of a request. Raises 404 where there is none."""
    site = getattr(request.state, SITE, None)
    if not isinstance(site, Site):
        raise HTTPException(404)
    return site


def to_error_page(site: Site, error: OAuthError, params: Mapping[str, str]) -> Response:
    """Return the redirect to `/error` (ev:oauth-3.2)."""
    shown = {"error": error.code}
    if client_id := params.get("client_id"):
        shown["client_id"] = client_id[:128]
    return redirect(f"{site.root_path}/error?{urlencode(shown)}")
