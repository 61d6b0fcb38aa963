"""What our own pages have in common: nothing keeps, frames or feeds them.

A page loads nothing, and runs only the scripts and styles that stand in it, known by their hashes.
"""

import base64
import hashlib
import re
from typing import Final

from poolhouse.http.messages import Headers

HTML: Final = (b"content-type", b"text/html; charset=utf-8")

GUARDS: Final[Headers] = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


def own_parts_only(page: str) -> tuple[bytes, bytes]:
    """A policy that allows the page's own scripts and styles by their hashes, and its JSON."""
    scripts = _hashes("script", page)
    policy = "; ".join(
        (
            "default-src 'none'",
            *([f"script-src {scripts}", "connect-src 'self'"] if scripts else []),
            f"style-src {_hashes('style', page)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return b"content-security-policy", policy.encode()


def _hashes(element: str, page: str) -> str:
    """The sources of every inline element of that kind, as CSP level 3 writes them."""
    digests = (
        hashlib.sha256(text.encode()).digest()
        for text in re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
    )
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
