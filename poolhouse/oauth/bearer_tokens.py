"""Read the bearer token of a request (RFC 6750 §2.1)."""

from typing import Final

_SCHEME: Final = "bearer "


def of_header(authorization: str | None) -> str | None:
    """Return the token of an Authorization header; None without one, or of another scheme."""
    if authorization is None or not authorization.lower().startswith(_SCHEME):
        return None
    return authorization[len(_SCHEME) :].strip()
