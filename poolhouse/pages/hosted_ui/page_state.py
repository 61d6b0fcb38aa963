"""What one page leaves to the next across a redirect: the user, and where the code went.

The cookie is the service's own for this (ev:domain-1.2). The next page takes everything into its
form, so that what another tab leaves there later doesn't matter. Nothing in it is trusted more than
if it were typed; the session of a sign-up is sealed.
"""

import base64
import binascii
from typing import Final

import msgspec
from starlette.responses import Response

from poolhouse.pages.hosted_ui import cookies
from poolhouse.pages.hosted_ui.page_request import PageRequest

COOKIE: Final = "page-data"
LONGEST: Final = 4096
"""Bytes: what browsers keep of a cookie, with its name."""

_SECONDS: Final = 60 * 60


class PageState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """State of a sign-up or a password reset between two pages."""

    username: str = ""
    destination: str = ""
    """The masked address that a code or link went to."""
    medium: str = ""
    """`EMAIL` or `SMS`; empty if nothing was sent."""
    session: str = ""
    """The sealed session of a sign-up in this browser."""
    is_resent: bool = False
    """The code replaces one that was sent before."""

    def __repr__(self) -> str:
        return "PageState()"


_decode = msgspec.json.Decoder(PageState).decode


def of_cookie(page: PageRequest) -> PageState:
    """Return what the page before has left; nothing, if that can't be read."""
    value = page.cookies.get(COOKIE, "")[:LONGEST]
    try:
        return _decode(base64.urlsafe_b64decode(value))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return PageState()


def of_form(page: PageRequest) -> PageState:
    """Return the state that a form carries on."""
    form = page.form
    return PageState(
        username=form.get("username", "").strip(),
        destination=form.get("destination", ""),
        medium=form.get("deliveryMedium", ""),
        session=form.get("session", ""),
    )


def put(page: PageRequest, response: Response, state: PageState) -> None:
    """Leave the state to the next page."""
    value = base64.urlsafe_b64encode(msgspec.json.encode(state)).decode()
    cookies.put(response, COOKIE, value, page.cookie_path, _SECONDS)


def drop(page: PageRequest, response: Response) -> None:
    """Delete the state, once its flow has ended."""
    if COOKIE in page.cookies:
        cookies.remove(response, COOKIE, page.cookie_path)
