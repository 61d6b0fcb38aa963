"""Refuse forms that other sites send: double submit as the service does it, and the origin.

The form field `_csrf` repeats the cookie `XSRF-TOKEN` (ev:domain-1.2). A browser that names the
origin of a form names the pages' own.
"""

import hmac
import re
from typing import Final

from poolhouse.http.messages import HttpRequest

FIELD: Final = "_csrf"

_TOKEN: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_OWN: Final = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site for forms of this site, and for what the user's browser itself sends."""


def token_of(cookie: str | None) -> str | None:
    """Return the token of a cookie, if it has the form of ours."""
    # DIFFERS: AWS makes a new token for each page, which ends the form of another tab.
    return cookie if cookie and _TOKEN.fullmatch(cookie) else None


def is_own_form(request: HttpRequest, site_url: str, cookie: str, field: str) -> bool:
    """Return whether a POST comes from a form of this site.

    Browsers send the origin `null` from pages whose policy is to send no referrer, as ours are
    (Fetch §3.2); then Sec-Fetch-Site and the cookie decide, which is never sent across sites.
    """
    if not cookie or not hmac.compare_digest(cookie.encode(), field.encode()):
        return False
    fetch_site = request.header(b"sec-fetch-site")
    if fetch_site is not None and fetch_site not in _OWN:
        return False
    origin = request.header(b"origin")
    return origin in {None, "null"} or site_url == origin or site_url.startswith(f"{origin}/")
