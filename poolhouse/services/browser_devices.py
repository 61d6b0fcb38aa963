"""The cookie of remembered browsers: the keys and secrets of a few users' devices, sealed."""

from collections.abc import Iterable
from typing import Final

from poolhouse.crypto.contexts import Context
from poolhouse.entities.devices import BrowserDevice
from poolhouse.services import sealed_cookies
from poolhouse.services.context import Services

MOST: Final = 5
"""Users of one browser whose devices it keeps; the oldest gives way."""

_LONGEST: Final = 3_000
"""Characters of a cookie that are looked at."""


def opened(services: Services, pool_id: str, cookie: str) -> tuple[BrowserDevice, ...]:
    """Return the devices of a cookie in this pool; none for any other text."""
    there = sealed_cookies.unseal(
        services, cookie, tuple[BrowserDevice, ...], Context.BROWSER_DEVICE, longest=_LONGEST
    )
    return tuple(each for each in there or () if each.pool_id == pool_id)


def sealed(services: Services, there: Iterable[BrowserDevice], new: BrowserDevice) -> str:
    """Return the cookie with a new device, which takes the place of its user's former one."""
    kept = [new, *(each for each in there if each.sub != new.sub)][:MOST]
    return sealed_cookies.seal(services, kept, Context.BROWSER_DEVICE)
