"""One-time codes: how long they live, how often one may try (ev:users-17.1)."""

import hmac
from datetime import datetime, timedelta
from typing import Final

from poolhouse.entities.codes import Code, Purpose
from poolhouse.entities.users import User
from poolhouse.errors.auth import NoCode, WrongCode

LIFETIMES: Final = {
    Purpose.SIGN_UP: timedelta(hours=24),
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.VERIFY_PHONE_NUMBER: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
}


def new_code(
    user: User,
    purpose: Purpose,
    attribute: str,
    digest: bytes,
    now: datetime,
    *,
    pending: str | None = None,
) -> Code:
    """Return a new code, stored as its digest only, that verifies the user's `attribute`.

    With `pending` it verifies that value, which the attribute then takes.
    """
    return Code(
        sub=user.sub,
        pool_id=user.pool_id,
        purpose=purpose,
        digest=digest,
        attribute=attribute,
        pending=pending,
        created_at=now,
        expires_at=now + LIFETIMES[purpose],
    )


def refusal(code: Code | None, digest: bytes, now: datetime) -> NoCode | WrongCode | None:
    """Return why a code is refused: none outstanding, expired, or wrong. None if it is right."""
    if code is None:
        return NoCode().because("no code is outstanding")
    if now >= code.expires_at:
        return NoCode().because(f"the code expired at {code.expires_at:%Y-%m-%dT%H:%M:%SZ}")
    return None if hmac.compare_digest(code.digest, digest) else WrongCode()
