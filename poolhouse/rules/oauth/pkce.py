"""Proof key for code exchange, method S256 only (RFC 7636, ev:oauth-3)."""

import base64
import hashlib
import hmac
import re
from typing import Final

METHOD: Final = "S256"

_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def is_challenge(value: str) -> bool:
    """Return whether this can be the base64url of a SHA-256."""
    return _CHALLENGE.fullmatch(value) is not None


def fits(verifier: str | None, challenge: str | None) -> bool:
    """Return whether the verifier is that of the challenge, compared in constant time.

    Without a challenge none may be sent: an attacker who strips the challenge gains nothing
    (RFC 9700 §4.8.2).
    """
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())
