"""The browser session of a page's request, and whether it is one for the app's request."""

from poolhouse.pages.hosted_ui.page_request import PageRequest
from poolhouse.rules.oauth import browser_sessions as rules
from poolhouse.services import browser_sessions
from poolhouse.services.browser_sessions import SignedIn


async def for_app(page: PageRequest) -> SignedIn | None:
    """Return the browser's session, if the app gets a code for it without another sign-in."""
    signed_in = await browser_sessions.find(
        page.call, page.pool, page.browser_cookie, page.site.url
    )
    if signed_in is None:
        return None
    session, now = signed_in.session, page.call.now
    if not rules.is_reusable(page.pool, page.client, session, now):
        page.call.notes.append("the browser session is too old for the app client")
        return None
    if not rules.answers(page.pool, session, page.authorization, now):
        page.call.notes.append("the browser session is too old or too weak for the request")
        return None
    return signed_in
