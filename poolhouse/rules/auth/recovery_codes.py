"""Recovery codes: their form, and when one may replace a second factor."""

from typing import Final

from poolhouse.entities.auth_session import AuthSession
from poolhouse.rules.auth import asked_factors

MANY: Final = 10
"""Codes that a user gets at a time."""
ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Digits and letters without those that look alike."""
LENGTH: Final = 10
"""Characters of a code: 49 random bits."""

_GROUP: Final = 5


def shown(code: str) -> str:
    """Return a code as users see it: `k7f2m-9qxr4`."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def normalized(given: str) -> str:
    """Return what a user has typed in the form of a code, without hyphens and blanks."""
    return "".join(given.split()).replace("-", "").lower()


def may_replace(session: AuthSession) -> bool:
    """Return whether a recovery code may replace what this step of a sign-in asks for.

    It replaces a second factor that the pool asks for after a first one. It doesn't lead to a level
    that the client asks for: a level names its methods, and this is none of them.
    """
    if session.target or session.credit is not None:
        return False
    return asked_factors.asks_for_second(session) or asked_factors.offers_second(session)
