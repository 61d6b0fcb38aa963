"""Seal values of cookies, so that browsers keep them and can neither read nor change them."""

import base64
import binascii
from typing import Any, TypeVar

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.crypto.sealer import Unsealable
from poolhouse.services.context import Services

T = TypeVar("T")


def seal(services: Services, content: Any, context: Context) -> str:
    """Return the value of a cookie."""
    sealed = services.sealer.seal(msgspec.msgpack.encode(content), context)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(
    services: Services, cookie: str, content: type[T], context: Context, *, longest: int
) -> T | None:
    """Return the content of a cookie; None for any other text, or one longer than `longest`."""
    if not cookie or len(cookie) > longest:
        return None
    try:
        sealed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
        plain = services.sealer.unseal(sealed, context)
        return msgspec.msgpack.decode(plain, type=content)
    except (binascii.Error, ValueError, Unsealable, msgspec.MsgspecError):
        return None
