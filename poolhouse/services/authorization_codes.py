"""Create and find authorization codes. The store has their keyed digests only."""

from datetime import timedelta
from typing import Final

from poolhouse.crypto.contexts import Context
from poolhouse.entities.authorization import AuthorizationCode
from poolhouse.services.context import Call, Services

LIFETIME: Final = timedelta(minutes=5)
"""Time in which a code can be exchanged (ev:oauth-3)."""

_LONGEST: Final = 64
"""Characters that are looked at: a code has the form of a UUID, 36."""


def new_code(call: Call) -> tuple[str, bytes]:
    """Return a code in the form of a UUID, and its digest."""
    code = call.ids.token_id()
    return code, _digest(call.services, code)


async def find_code(call: Call, code: str) -> AuthorizationCode | None:
    """Return what a code stands for, also if it was used or has expired."""
    if len(code) > _LONGEST:
        return None
    return await call.store.authorization_codes.find(_digest(call.services, code))


def _digest(services: Services, code: str) -> bytes:
    return services.sealer.digest(code.encode(), Context.AUTHORIZATION_CODE)
