"""The cookies of a domain's pages, with the service's names and attributes (ev:domain-1.2)."""

from typing import Final

from starlette.responses import Response

BROWSER_SESSION: Final = "cognito"
CSRF: Final = "XSRF-TOKEN"
LANGUAGE: Final = "lang"
DEVICE_USER_CODE: Final = "user-code"
"""The code that a device shows, which was entered before the sign-in. Not the service's."""
BROWSER_DEVICE: Final = "device"
"""UNVERIFIED: what does the service call the cookie of a remembered browser?"""


def put(response: Response, name: str, value: str, path: str, seconds: int | None = None) -> None:
    """Set a cookie for the pages of this site. Without `seconds` it ends with the browser.

    `path` keeps domains that share a host apart.
    """
    response.set_cookie(
        name, value, max_age=seconds, path=path, secure=True, httponly=True, samesite="lax"
    )


def remove(response: Response, name: str, path: str) -> None:
    """Delete a cookie."""
    response.delete_cookie(name, path=path, secure=True, httponly=True, samesite="lax")
