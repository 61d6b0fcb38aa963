"""`/device`: a user enters the code that a device shows, signs in, and allows or denies (RFC 8628).

Only the code names the app, so that the page can't name one before. The sign-in is that of
any app: its request returns to the name of the grant, which the app client has among its
CallbackURLs, and `completion.py` leads it back here. A cookie has kept the code. Nothing is allowed
by opening a link: the user sees which app asks, and from where, and presses a button.
"""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.auth import device_grant
from poolhouse.entities.device_grants import DeviceGrant
from poolhouse.entities.pools import Pool
from poolhouse.errors.oauth import OAuthError, TooManyUserCodes, UnknownUserCode, UnreadableRequest
from poolhouse.errors.protocol import RateExceeded
from poolhouse.http.messages import HttpRequest
from poolhouse.http.security_headers import FormTarget
from poolhouse.oauth.endpoints import caller_of
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import browser_session, cookies, csrf
from poolhouse.pages.hosted_ui.language_choice import (
    PARAMETER,
    LanguageMenu,
    keep_choice_of,
    texts_for_request,
    texts_of,
)
from poolhouse.pages.hosted_ui.own_texts import Catalogue, catalogue_of
from poolhouse.pages.hosted_ui.page_request import PageRequest, cookies_of, form_of, params_of
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.sign_in_refusals import Shown
from poolhouse.pages.hosted_ui.ui import HostedUi, site_of, to_error_page
from poolhouse.pages.hosted_ui.user_names import shown_name
from poolhouse.pages.responses import Pages, received
from poolhouse.rules.oauth import device_grants as rules
from poolhouse.services import (
    accepted_user_codes,
    browser_sessions,
    client_documents,
    device_user_codes,
)
from poolhouse.services.browser_sessions import SignedIn
from poolhouse.services.context import Call, ClientCall, Services
from poolhouse.services.request_recorder import RequestRecorder
from poolhouse.services.retry import until_committed
from poolhouse.store.interface import Conflict

PATH: Final = "/device"

_CODE: Final = "user_code"
_ACTION: Final = "action"
_ALLOW, _DENY = "allow", "deny"
_ACCOUNT: Final = "account"
"""The field that names the session: another tab may have signed in another user meanwhile."""
_JUST_NOW: Final = timedelta(minutes=5)
"""Age of a sign-in at the app client itself that counts here, though no app may reuse it."""
_LONGEST_AGENT: Final = 120


class DevicePage:
    """Answers `GET` and `POST /device`."""

    def __init__(
        self,
        services: Services,
        ui: HostedUi,
        pages: Pages,
        recorder: RequestRecorder,
    ) -> None:
        self._services = services
        self._ui = ui
        self._pages = pages
        self._recorder = recorder

    @property
    def route(self) -> Route:
        return Route(PATH, self._endpoint, methods=["GET", "POST"])

    async def _endpoint(self, request: Request) -> Response:
        """Read a request, return its response, and record both."""
        started = self._recorder.clock.monotonic()
        site, raw = site_of(request), received(request)
        call: Call | ClientCall = Call(self._services, caller_of(raw))
        refused: OAuthError | None = None
        found: list[ClientCall] = []
        try:
            response = await self._answer(site, raw, call, found)
        except UnreadableRequest as error:
            refused, response = error, to_error_page(site, error, {})
        except (UnknownUserCode, TooManyUserCodes) as error:
            refused, response = error, self._code_form(site, raw, error)
        except (Conflict, RateExceeded):
            refused = TooManyUserCodes().because("other codes were always counted first")
            response = self._code_form(site, raw, refused)
        finally:
            call.release_guess_locks()
        self._recorder.record(
            f"Device_{raw.method}",
            raw,
            found[0] if found else None,
            refused,
            pool=site.pool,
            started=started,
            is_audited=raw.method == "POST",
        )
        return response

    async def _answer(
        self, site: Site, raw: HttpRequest, call: Call, found: list[ClientCall]
    ) -> Response:
        await self._services.store.configuration.refresh()
        form, kept = form_of(raw), cookies_of(raw)
        params_of(raw)  # raises UnreadableRequest before any code is counted
        if raw.method != "POST" or site.pool is None:
            return await self._after_sign_in(site, raw, found) or self._code_form(site, raw)
        if not csrf.is_own_form(
            raw, site.url, kept.get(cookies.CSRF, ""), form.get(csrf.FIELD, "")
        ):
            return redirect(f"{site.root_path}{PATH}", status=303)
        pool, typed = site.pool, form.get(_CODE, "")
        grant = await until_committed(call, lambda: device_user_codes.find(call, pool, typed))
        page = await self._page(site, pool, raw, grant, typed)
        found.append(page.call)
        await self._ui.dress(page)
        signed_in = await _signed_in(page)
        if signed_in is None:
            return self._to_sign_in(page, grant)
        page.call.audit.target = signed_in.user.username
        if grant.is_decided:
            return self._decided(page, grant, signed_in)
        action = form.get(_ACTION)
        if action in (_ALLOW, _DENY) and form.get(_ACCOUNT) == signed_in.session.handle:
            return await self._decide(page, grant, signed_in, is_allowed=action == _ALLOW)
        return self._question(page, grant, signed_in)

    def _to_sign_in(self, page: PageRequest, grant: DeviceGrant) -> Response:
        """Return the redirect to the sign-in, with the cookie by which this page goes on."""
        response = redirect(f"{page.site.root_path}/oauth2/authorize?{page.query}", status=303)
        cookie = accepted_user_codes.sealed(self._services, grant)
        seconds = math.ceil((grant.expires_at - page.call.now).total_seconds())
        cookies.put(response, cookies.DEVICE_USER_CODE, cookie, page.cookie_path, seconds)
        return response

    async def _after_sign_in(
        self, site: Site, raw: HttpRequest, found: list[ClientCall]
    ) -> Response | None:
        """Return the question to a user who has entered the code and signed in; else None."""
        pool, code = site.pool, rules.user_code(params_of(raw).get(_CODE, ""))
        cookie = cookies_of(raw).get(cookies.DEVICE_USER_CODE, "")
        if pool is None or code is None:
            return None
        grant = await accepted_user_codes.find(self._services, pool.id, code, cookie, raw.now)
        if grant is None:
            return None
        page = await self._page(site, pool, raw, grant, code)
        found.append(page.call)
        await self._ui.dress(page)
        signed_in = await _signed_in(page)
        if signed_in is None:
            return None
        page.call.audit.target = signed_in.user.username
        return self._question(page, grant, signed_in)

    async def _page(
        self, site: Site, pool: Pool, raw: HttpRequest, grant: DeviceGrant, typed: str
    ) -> PageRequest:
        """Return the request of the app client whose device asks. Raises UnknownUserCode."""
        client = await client_documents.find_client(self._services, pool, grant.client_id, raw.now)
        if client is None or not rules.may_use(client):
            raise UnknownUserCode().because("the app client may not use the grant any more")
        shown = rules.shown(rules.user_code(typed) or "")
        return PageRequest(
            received=raw,
            site=site,
            pool=pool,
            client=client,
            params=params_of(raw),
            form=form_of(raw),
            cookies=cookies_of(raw),
            call=ClientCall(self._services, caller_of(raw), pool=pool, client=client),
            authorization=device_grant.request_of(grant, shown),
        )

    async def _decide(
        self, page: PageRequest, grant: DeviceGrant, signed_in: SignedIn, *, is_allowed: bool
    ) -> Response:
        """Commit the answer, and show it. If another answer came first, the code is unknown."""
        page.call.audit.step = (_ALLOW if is_allowed else _DENY).upper()
        try:
            if is_allowed:
                await device_grant.allow(page.call, grant, signed_in)
            else:
                await device_grant.deny(page.call, grant)
        except Conflict:
            raise UnknownUserCode().because("it was answered meanwhile") from None
        return self._done(page, is_allowed=is_allowed)

    def _decided(self, page: PageRequest, grant: DeviceGrant, signed_in: SignedIn) -> Response:
        """Return the same answer for a form that this browser has sent twice."""
        granted = grant.granted
        if granted is None or granted.browser_session_id != signed_in.session.id:
            raise UnknownUserCode().because("it was answered before")
        return self._done(page, is_allowed=True)

    def _done(self, page: PageRequest, *, is_allowed: bool) -> Response:
        """Return the page that ends it."""
        texts = texts_of(page)
        title, text = texts.device_denied_title, texts.device_denied
        if is_allowed:
            title, text = texts.device_allowed_title, texts.device_allowed
        response = self._ui.message(page, title=title, text=text)
        if cookies.DEVICE_USER_CODE in page.cookies:
            cookies.remove(response, cookies.DEVICE_USER_CODE, page.cookie_path)
        return response

    def _question(self, page: PageRequest, grant: DeviceGrant, signed_in: SignedIn) -> Response:
        """Return the page that asks whether the device may have the user's account."""
        texts = texts_of(page)
        menu = None
        if page.received.method != "POST" and page.looks.has_language_menu:
            catalogue = catalogue_of(self._services.page_changes, page.pool.id)
            menu = _menu(page.site, page.authorization.state or "", catalogue)
        return self._ui.render(
            page,
            "device_question.html",
            title=texts.device_question_title,
            shown=None,
            languages=menu,
            action=_action(page.site, page.params),
            account=signed_in.session.handle,
            name=shown_name(page.pool, signed_in.user),
            user_code=page.authorization.state,
            address=grant.source_ip or "",
            agent=(grant.user_agent or "")[:_LONGEST_AGENT],
        )

    def _code_form(
        self, site: Site, raw: HttpRequest, refused: OAuthError | None = None
    ) -> Response:
        """Return the form for a code; a link may have it filled in."""
        kept, params = cookies_of(raw), params_of(raw)
        pool_id = None if site.pool is None else site.pool.id
        catalogue = catalogue_of(self._services.page_changes, pool_id)
        texts = texts_for_request(raw, params, kept, catalogue)
        token = csrf.token_of(kept.get(cookies.CSRF)) or self._services.ids.token_id()
        typed = form_of(raw).get(_CODE, "") or params.get(_CODE, "")
        code = rules.user_code(typed)
        user_code = rules.shown(code) if code else ""
        shown = None
        if refused is not None:
            is_limit = isinstance(refused, TooManyUserCodes)
            sentence = texts.device_code_limit if is_limit else texts.device_code_unknown
            shown = Shown(sentence, _CODE, refused.status)
        response = self._pages.page(
            "device_code.html",
            status=shown.status if shown else 200,
            forms=FormTarget.ANYWHERE,
            csrf=token,
            texts=texts,
            language=texts.code_of_language,
            direction=texts.direction,
            title=texts.device_title,
            shown=shown,
            languages=_menu(site, user_code, catalogue),
            action=_action(site, params),
            user_code=user_code,
        )
        cookie_path = site.root_path or "/"
        cookies.put(response, cookies.CSRF, token, cookie_path)
        keep_choice_of(params, kept, response, cookie_path, catalogue)
        return response


def _menu(site: Site, user_code: str, catalogue: Catalogue) -> LanguageMenu:
    """Return the menu of languages, by a link as a device may show it."""
    fields = {_CODE: user_code} if user_code else {}
    return LanguageMenu.of_get(f"{site.root_path}{PATH}", fields, catalogue)


def _action(site: Site, params: Mapping[str, str]) -> str:
    """Return where forms go, with the language that was asked for."""
    language = params.get(PARAMETER)
    query = "" if language is None else f"?{urlencode({PARAMETER: language})}"
    return f"{site.root_path}{PATH}{query}"


async def _signed_in(page: PageRequest) -> SignedIn | None:
    """Return the browser's session, if it may answer for the app client.

    App clients that never reuse a session take the sign-in that was for this page.
    """
    found = await browser_session.for_app(page)
    if found is not None:
        return found
    found = await browser_sessions.find(page.call, page.pool, page.browser_cookie, page.site.url)
    if found is None or found.session.client_id != page.client.id:
        return None
    return found if page.call.now < found.session.started_at + _JUST_NOW else None
