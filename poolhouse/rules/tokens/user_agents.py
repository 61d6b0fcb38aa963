"""Read the device and the app from a user agent."""

import re
from typing import Final

LONGEST: Final = 1024
"""Characters that are looked at, and kept."""
UNKNOWN: Final = "unknown"

_SYSTEMS: Final = (
    ("iphone", "iOS"),
    ("ipad", "iPadOS"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("cros", "ChromeOS"),
    ("mac os", "macOS"),
    ("os/macos", "macOS"),
    ("darwin", "macOS"),
    ("linux", "Linux"),
)
"""Marks of operating systems; the first that is there counts."""

_APPS: Final = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser/", "Samsung Internet"),
    ("firefox/", "Firefox"),
    ("fxios/", "Firefox"),
    ("crios/", "Chrome"),
    ("chrome/", "Chrome"),
    ("safari/", "Safari"),
)
"""The same of browsers, of which nearly every one says that it is Safari as well."""

_FIRST_PRODUCT: Final = re.compile(r"([A-Za-z][A-Za-z0-9_.-]{0,63})/[0-9A-Za-z]")


def stored(user_agent: str | None) -> str | None:
    """Return a user agent as it is stored with a session, cut to `LONGEST`."""
    return user_agent and user_agent[:LONGEST]


def device_type(user_agent: str | None) -> str:
    """Return browser or app and system, as the user agent names them: `Chrome on Windows`.

    UNVERIFIED: how the service words it; the model says only `unknown`.
    """
    text = (user_agent or "")[:LONGEST]
    lower = text.lower()
    system = next((name for mark, name in _SYSTEMS if mark in lower), None)
    app = next((name for mark, name in _APPS if mark in lower), None)
    if app is None and (product := _FIRST_PRODUCT.match(text)) and product[1] != "Mozilla":
        app = product[1]
    return " on ".join(filter(None, (app, system))) or UNKNOWN
