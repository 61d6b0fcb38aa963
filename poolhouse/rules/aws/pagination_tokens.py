"""Pagination tokens: where a list goes on, in a form that the caller can neither read nor forge.

A token is sealed and not only signed, because the position may be a user's email address. It
belongs to the parameters of the request it was issued for: with others it would point to nowhere.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

_MOMENT_BYTES: Final = 8
_DIGEST_BYTES: Final = 16
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")


class UnusableToken(ValueError):
    """A pagination token that cannot be followed."""


class TamperedToken(UnusableToken):
    """The token isn't ours, or has changed since."""


class OtherParameters(UnusableToken):
    """Issued for a request with other parameters."""


class ExpiredToken(UnusableToken):
    """The token has expired: after an hour for ListUsers (ev:users-12)."""


def issue(seal: Callable[[bytes], bytes], position: bytes, parameters: str, expires_at: int) -> str:
    """Return a URL-safe token without white space.

    `parameters` is any text that says which request this is a page of: operation, pool, filter.
    `expires_at` is in epoch seconds. `seal` encrypts and authenticates.
    """
    moment = expires_at.to_bytes(_MOMENT_BYTES, "big")
    sealed = seal(moment + _digest(parameters) + position)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def read(unseal: Callable[[bytes], bytes], token: str, parameters: str, now: datetime) -> bytes:
    """Return the position that the token was issued with.

    `unseal` undoes `seal` and raises ValueError for what `seal` did not make. Raises
    TamperedToken, OtherParameters or ExpiredToken.
    """
    content = _unsealed(unseal, token)
    expires_at = int.from_bytes(content[:_MOMENT_BYTES], "big")
    position_at = _MOMENT_BYTES + _DIGEST_BYTES
    if content[_MOMENT_BYTES:position_at] != _digest(parameters):
        raise OtherParameters("the pagination token belongs to another request")
    if now.timestamp() >= expires_at:
        raise ExpiredToken("the pagination token has expired")
    return content[position_at:]


def _unsealed(unseal: Callable[[bytes], bytes], token: str) -> bytes:
    # The alphabet is checked first because the decoder skips what does not belong to it.
    if not _BASE64URL.fullmatch(token):
        raise TamperedToken("not a pagination token")
    try:
        return unseal(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        raise TamperedToken("not a pagination token") from None


def _digest(parameters: str) -> bytes:
    return hashlib.sha256(parameters.encode()).digest()[:_DIGEST_BYTES]
