"""The code of a device that a browser has entered, sealed in its cookie while its user signs in.

The code was found and counted when it was entered (`device_user_codes.py`). By the cookie the page
after the sign-in needs no second try, and a link alone, which has no cookie, is no guess.
"""

from datetime import datetime
from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.device_grants import DeviceGrant
from poolhouse.services import device_user_codes, sealed_cookies
from poolhouse.services.context import Services

_LONGEST: Final = 500
"""Characters of a cookie that are looked at."""


class _Accepted(msgspec.Struct, frozen=True, kw_only=True):
    user_code: str
    """The keyed hash, as the store has it. It is of one pool."""
    expires_at: datetime


def sealed(services: Services, grant: DeviceGrant) -> str:
    """Return the cookie of a browser that has entered the code of this grant."""
    accepted = _Accepted(user_code=grant.user_code, expires_at=grant.expires_at)
    return sealed_cookies.seal(services, accepted, Context.DEVICE_USER_CODE)


async def find(
    services: Services, pool_id: str, code: str, cookie: str, now: datetime
) -> DeviceGrant | None:
    """Return the grant of a code that waits for an answer, if the cookie has the same code."""
    accepted = sealed_cookies.unseal(
        services, cookie, _Accepted, Context.DEVICE_USER_CODE, longest=_LONGEST
    )
    if accepted is None or now >= accepted.expires_at:
        return None
    digest = device_user_codes.digest_of(services, pool_id, code)
    if accepted.user_code != digest:
        return None
    found = await services.store.device_grants.by_user_code(pool_id, digest)
    return found if found is not None and now < found.expires_at and not found.is_decided else None
