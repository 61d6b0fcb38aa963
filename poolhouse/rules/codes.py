"""One-time codes: how long they live, how often one may try (users.md §17.1)."""

import hmac
from datetime import datetime, timedelta
from typing import Final

import msgspec

from poolhouse.entities.codes import Action, AttemptCount, Code, Holder, Purpose
from poolhouse.entities.users import User
from poolhouse.errors import NoCode, TooManyAttempts, WrongCode

LIFETIMES: Final = {
    Purpose.SIGN_UP: timedelta(hours=24),
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.VERIFY_PHONE_NUMBER: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
}
LIMITS: Final = {
    Action.CONFIRM_SIGN_UP: 15,
    Action.RESEND_CONFIRMATION_CODE: 5,
    Action.GET_USER_ATTRIBUTE_VERIFICATION_CODE: 5,
    Action.VERIFY_USER_ATTRIBUTE: 15,
    # UNVERIFIED: the guide says 5 to 20 "by risk" of these two. Nothing here rates the risk of a
    # request, so the strictest holds.
    Action.FORGOT_PASSWORD: 5,
    Action.CONFIRM_FORGOT_PASSWORD: 5,
    Action.CHANGE_PASSWORD: 5,
    # UNVERIFIED: the guide says 5 to 20 messages of codes that are second factors. A user who is
    # kept from them by a stranger can't sign in, so the mildest holds.
    Action.SIGN_IN_CODE: 20,
    # Counted apart from those: only a client that has proved something else comes here.
    Action.SECOND_FACTOR_MESSAGE: 20,
    # UNVERIFIED: the guide names no limit. These messages are those of
    # GetUserAttributeVerificationCode, to any address that the client names.
    Action.UPDATE_USER_ATTRIBUTES: 5,
}
"""How often a user may do something in an hour."""

# UNVERIFIED: is the service's window rolling or fixed? Ours begins with the first attempt.
WINDOW: Final = timedelta(hours=1)


def issue(
    user: User,
    purpose: Purpose,
    attribute: str,
    digest: bytes,
    now: datetime,
    *,
    pending: str | None = None,
) -> Code:
    """A new code, known by its digest only, that proves the user's `attribute`.

    With `pending` it proves that value, which the attribute then takes.
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
    """Why a code isn't accepted: none outstanding or expired, or another; None: it is right."""
    if code is None:
        return NoCode().because("no code is outstanding")
    if now >= code.expires_at:
        return NoCode().because(f"the code expired at {code.expires_at:%Y-%m-%dT%H:%M:%SZ}")
    return None if hmac.compare_digest(code.digest, digest) else WrongCode()


def next_attempt(
    attempts: AttemptCount | None, holder: Holder, action: Action, now: datetime
) -> AttemptCount:
    """Count one more attempt; past the limit of the hour it is refused."""
    if attempts is None:
        return AttemptCount(
            sub=holder.sub, pool_id=holder.pool_id, action=action, since=now, count=1
        )
    # A window that begins far ahead is left from a clock that was set back since. One that begins
    # a little ahead counts: another machine's clock isn't quite ours.
    if abs(now - attempts.since) >= WINDOW:
        return msgspec.structs.replace(attempts, since=now, count=1)
    if attempts.count >= LIMITS[action]:
        since = f"{attempts.since:%Y-%m-%dT%H:%M:%SZ}"
        raise TooManyAttempts().because(f"{attempts.count} attempts at {action} since {since}")
    return msgspec.structs.replace(attempts, count=attempts.count + 1)
