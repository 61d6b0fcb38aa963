"""`/oauth2/authorize`: where apps send browsers (ev:oauth-3, ev:domain-1.4).

A browser with a session gets a code at once. Any other one goes on to `/login`, and so does every
browser that an app sends which no administrator has registered.
"""

from starlette.responses import Response

from poolhouse.auth import authorization
from poolhouse.errors.oauth import LoginRequired, SignInRefused
from poolhouse.pages.hosted_ui import browser_session
from poolhouse.pages.hosted_ui.completion import answer_app, to_account
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.ui import HostedPage, HostedUi
from poolhouse.rules.oauth import authorization_requests, browser_sessions
from poolhouse.services.browser_sessions import SignedIn
from poolhouse.wire.errors import ServiceError


async def authorize(_: HostedUi, page: PageRequest) -> Response:
    """Return the redirect to the app, or to `/login` with the same query.

    DIFFERS: `prompt` counts on classic pages too, where the service ignores it.
    """
    if page.account is not None:
        return to_account(page, page.account)
    authorization_requests.check_login_option(page.client, page.params)
    prompts = authorization_requests.prompts(page.params)
    signed_in = None
    if authorization_requests.LOGIN not in prompts and not browser_sessions.asks_first(page.client):
        signed_in = await browser_session.for_app(page)
    if signed_in is not None:
        return await resume(page, signed_in)
    if authorization_requests.NONE in prompts:
        raise LoginRequired
    query = page.received.query.decode("ascii")
    return redirect(f"{page.site.root_path}/login?{query}")


async def resume(page: PageRequest, signed_in: SignedIn) -> Response:
    """Return the redirect to the app for a user who is signed in already.

    A function that refuses the tokens of the implicit grant refuses the app (ev:oauth-3.1).
    """
    page.is_audited = True
    page.call.audit.target = signed_in.user.username
    try:
        code, tokens = await page.run(
            lambda: authorization.resume(
                page.call, page.call.pool, page.call.client, signed_in, page.authorization
            )
        )
    except ServiceError as error:
        raise SignInRefused(error.text) from error
    page.call.proven = True
    return answer_app(page, code, tokens)


PAGE = HostedPage("/oauth2/authorize", "Authorize", authorize, sends_failures=True)
ALIAS = HostedPage("/authorize", "Authorize", authorize, sends_failures=True)
"""As older apps have it (amazon-cognito-auth-js#50)."""
