"""The browser session of a page's request, its app client, and whether it is one for the app."""

from poolhouse.http.messages import HttpRequest
from poolhouse.oauth.endpoints import caller_of
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import cookies
from poolhouse.pages.hosted_ui.page_request import PageRequest, cookies_of
from poolhouse.rules.oauth import browser_sessions as rules
from poolhouse.services import browser_sessions
from poolhouse.services.browser_sessions import SignedIn
from poolhouse.services.context import Call, Services


async def client_id_of(services: Services, raw: HttpRequest, site: Site) -> str | None:
    """Return the app client at which the request's browser has signed in, at a pool's domain."""
    if site.pool is None:
        return None
    cookie = cookies_of(raw).get(cookies.BROWSER_SESSION, "")
    call = Call(services, caller_of(raw))
    found = await browser_sessions.find(call, site.pool, cookie, site.url)
    return found.session.client_id if found else None


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
