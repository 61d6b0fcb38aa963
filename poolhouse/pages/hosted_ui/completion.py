"""The end of a sign-in on pages: the session's cookie, and the redirect to the app."""

import math
from collections.abc import Mapping

from starlette.responses import Response

from poolhouse.auth.attempt import AuthResponse
from poolhouse.auth.authorization import DomainSignIn
from poolhouse.entities.authorization import BrowserSession
from poolhouse.pages.hosted_ui import cookies, remembered_browser
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.redirects import redirect, to_app, to_device
from poolhouse.rules.oauth import account_sign_in, browser_sessions, device_grants
from poolhouse.services import browser_sessions as sessions
from poolhouse.wire.structs import AuthenticationResultType


def domain_sign_in(page: PageRequest) -> DomainSignIn:
    """Return what a sign-in on these pages is for; its `ending` completes an Attempt."""
    return DomainSignIn(
        request=page.authorization if page.account is None else None,
        domain=page.site.url,
        lifetime=browser_sessions.lifetime(page.pool, page.client),
    )


async def finish(page: PageRequest, result: AuthResponse) -> Response:
    """Return the redirect to the app after a complete sign-in, with the session's cookie.

    The session that the browser had before ends: no sign-out could reach it any more.
    """
    done = result.authorization
    if done is None:
        raise RuntimeError("the sign-in isn't complete, or wasn't for a domain")
    await sessions.end(page.call, page.pool, page.browser_cookie, page.site.url)
    if page.account is None:
        response = answer_app(page, done.code, result.result)
    else:
        response = to_account(page, page.account)
    put_session(page, response, done.browser_session, done.browser_cookie)
    if done.browser_device is not None:
        remembered_browser.keep(page, response, done.browser_device)
    return response


def to_account(page: PageRequest, account: Mapping[str, str]) -> Response:
    """Return the redirect to the account page that a sign-in was for."""
    path = account_sign_in.path(account)
    return redirect(f"{page.site.root_path}{path}?{page.query}", status=303)


def answer_app(
    page: PageRequest, code: str | None, tokens: AuthenticationResultType | None
) -> Response:
    """Return the redirect with a code, or with the tokens of the implicit grant (ev:oauth-3)."""
    asked = page.authorization
    if page.call.services.extras.device_grant and asked.redirect_uri == device_grants.GRANT_TYPE:
        return to_device(page.site.root_path, asked.state)
    parameters = dict[str, str]()
    if code is not None:
        parameters["code"] = code
    if tokens is not None:
        parameters |= _fragment(tokens)
    if asked.state is not None:
        parameters["state"] = asked.state
    return to_app(asked.redirect_uri, parameters, asked.response_type)


def put_session(
    page: PageRequest, response: Response, session: BrowserSession, cookie: str
) -> None:
    """Set the cookie of a browser session, which the browser keeps as long as the session lives."""
    seconds = math.ceil((session.expires_at - page.call.now).total_seconds())
    cookies.put(response, cookies.BROWSER_SESSION, cookie, page.cookie_path, seconds)


def _fragment(tokens: AuthenticationResultType) -> Mapping[str, str]:
    """Return the tokens as parameters; never a refresh token (ev:oauth-3)."""
    given = {
        "id_token": tokens.IdToken,
        "access_token": tokens.AccessToken,
        "token_type": tokens.TokenType,
        "expires_in": None if tokens.ExpiresIn is None else str(tokens.ExpiresIn),
    }
    return {name: value for name, value in given.items() if value is not None}
