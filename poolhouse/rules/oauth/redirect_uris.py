"""Redirect URIs that apps name themselves: in a metadata document, or when they register."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

MOST: Final = 100
"""Redirect URIs of an app client (ev:users-4.1)."""
LONGEST: Final = 1_024
"""Characters of one, by the API's model."""

_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
RUNNING: Final = frozenset(
    {"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"}
)
"""Schemes whose URLs a browser runs or opens itself: no app can be at one."""
_UNSAFE: Final = RUNNING | {
    *("ftp", "ws", "wss", "jar", "mailto", "tel", "sms", "chrome", "resource", "intent"),
    "urn",  # among it what lets an app client use the device grant (`device_grants.py`)
}
"""The same, and schemes at which no app can receive a code."""


def refused(uris: Sequence[str]) -> str | None:
    """Return why these can't be an app's redirect URIs, or None if they can."""
    if not uris:
        return "redirect_uris is missing"
    if len(uris) > MOST:
        return f"there are more than {MOST} redirect URIs"
    return next((reason for uri in uris if (reason := _refused(uri)) is not None), None)


def _refused(uri: str) -> str | None:
    if len(uri) > LONGEST or not _URI.fullmatch(uri):
        return "a redirect URI is malformed, too long, or has a fragment"
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "a redirect URI is malformed"
    if parts.scheme in _UNSAFE:
        return "a redirect URI has a scheme that no app can receive"
    if parts.scheme in ("http", "https") and (not host or "@" in parts.netloc):
        return "a redirect URI has no host, or user information"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "a redirect URI uses HTTP with another host than a loopback one"
    return None
