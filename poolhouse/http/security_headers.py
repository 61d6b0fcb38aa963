"""Headers that all our pages have: no cache keeps them, no other site frames or reads them.

A page loads its own style sheet and its own scripts, known by a nonce of this response, and nothing
else.
"""

from enum import Enum
from typing import Final

from poolhouse.http.messages import Headers

GUARDS: Final[Headers] = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
NO_CONTENT: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""The policy of what is no page: a browser that shows it as one runs and loads nothing."""


class FormTarget(Enum):
    """The permitted targets of a page's forms."""

    NOWHERE = "'none'"
    HERE = "'self'"
    ANYWHERE = None
    """For a response that redirects to an app: Chromium applies the directive to every hop."""


def page_policy(
    nonce: str,
    *,
    scripts: bool = False,
    forms: FormTarget = FormTarget.NOWHERE,
    images: bool = False,
) -> tuple[bytes, bytes]:
    """Return the policy of a page whose style sheets and scripts carry this nonce.

    `images`: it may show images of its own site.
    """
    policy = [
        "default-src 'none'",
        f"style-src 'nonce-{nonce}'",
        *([f"script-src 'nonce-{nonce}'", "connect-src 'self'"] if scripts else []),
        "img-src data: 'self'" if images else "img-src data:",
        "base-uri 'none'",
        *([] if forms.value is None else [f"form-action {forms.value}"]),
        "frame-ancestors 'none'",
    ]
    return b"content-security-policy", "; ".join(policy).encode()
