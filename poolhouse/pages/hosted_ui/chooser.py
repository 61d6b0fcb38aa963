"""The account chooser at `/login` in a browser with a session: "Sign in as NAME", or another.

Evidence: ev:domain-1.1. Going on as the same user renews the session to a full hour.
"""

from typing import Final

from starlette.responses import Response

from poolhouse.pages.hosted_ui import browser_session
from poolhouse.pages.hosted_ui.authorize import resume
from poolhouse.pages.hosted_ui.completion import put_session
from poolhouse.pages.hosted_ui.language_choice import texts_of
from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.pages.hosted_ui.redirects import redirect
from poolhouse.pages.hosted_ui.ui import HostedPage, HostedUi
from poolhouse.pages.hosted_ui.user_names import shown_name
from poolhouse.rules.oauth import authorization_requests
from poolhouse.rules.oauth import browser_sessions as rules
from poolhouse.services import browser_sessions
from poolhouse.services.browser_sessions import SignedIn

PATH: Final = "/login/session"

_ACCOUNT: Final = "account"
"""The field that names the session: another tab may have signed in another user meanwhile."""


async def offer(ui: HostedUi, page: PageRequest) -> Response | None:
    """Return the page that offers to go on as the signed-in user; None: show the sign-in form.

    `/login` calls it first. `prompt=login` is how the link to another account gets past it.
    """
    if page.account is not None:
        return None  # it asks because the session is gone, or too old for it
    if authorization_requests.LOGIN in authorization_requests.prompts(page.params):
        return None
    signed_in = await browser_session.for_app(page)
    if signed_in is None:
        return None
    return ui.render(
        page,
        "chooser.html",
        title=texts_of(page).sign_in_title,
        shown=None,
        action=f"{page.site.root_path}{PATH}?{page.query}",
        other=f"{page.site.root_path}/login?{page.query_with(prompt=authorization_requests.LOGIN)}",
        account=signed_in.session.handle,
        name=shown_name(page.pool, signed_in.user),
    )


async def go_on(_: HostedUi, page: PageRequest) -> Response:
    """Renew the session and return to the app, if it still is the one that the form shows."""
    if page.account is not None:
        return to_login(page)
    lifetime = rules.lifetime(page.pool, page.client)

    async def renew() -> SignedIn | None:
        found = await browser_session.for_app(page)
        if found is None or found.session.handle != page.form.get(_ACCOUNT):
            return None
        return await browser_sessions.renew(page.call, found, lifetime)

    signed_in = await page.run(renew)
    if signed_in is None:
        return to_login(page)
    response = await resume(page, signed_in)
    put_session(page, response, signed_in.session, page.browser_cookie)
    return response


async def show(ui: HostedUi, page: PageRequest) -> Response:
    """Return the page, or lead on to the sign-in form."""
    return await offer(ui, page) or to_login(page)


def to_login(page: PageRequest) -> Response:
    return redirect(f"{page.site.root_path}/login?{page.query}", status=303)


PAGE = HostedPage(PATH, "LoginSession", show, go_on)
