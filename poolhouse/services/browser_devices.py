"""The cookie of remembered browsers: the keys and secrets of a few users' devices, sealed."""

import base64
import binascii
from collections.abc import Iterable
from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.crypto.sealer import Unsealable
from poolhouse.entities.devices import BrowserDevice
from poolhouse.services.context import Services

MOST: Final = 5
"""Users of one browser whose devices it keeps; the oldest gives way."""

_LONGEST: Final = 3_000
"""Characters of a cookie that are looked at."""


def opened(services: Services, pool_id: str, cookie: str) -> tuple[BrowserDevice, ...]:
    """Return the devices of a cookie in this pool; none for any other text."""
    if not cookie or len(cookie) > _LONGEST:
        return ()
    try:
        sealed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
        plain = services.sealer.unseal(sealed, Context.BROWSER_DEVICE)
        there = msgspec.msgpack.decode(plain, type=tuple[BrowserDevice, ...])
    except (binascii.Error, ValueError, Unsealable, msgspec.MsgspecError):
        return ()
    return tuple(each for each in there if each.pool_id == pool_id)


def sealed(services: Services, there: Iterable[BrowserDevice], new: BrowserDevice) -> str:
    """Return the cookie with a new device, which takes the place of its user's former one."""
    kept = [new, *(each for each in there if each.sub != new.sub)][:MOST]
    content = services.sealer.seal(msgspec.msgpack.encode(kept), Context.BROWSER_DEVICE)
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
