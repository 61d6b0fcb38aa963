"""Attempt limits: how many attempts an hour each action may have, and their counts.

`lockout.py` has the limits of passwords and second factors. `services/guesses.py` applies both.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from poolhouse.entities.codes import Action, AttemptCount, Holder
from poolhouse.errors.auth import AttemptLimitExceeded

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
    # kept from them by an attacker can't sign in, so the mildest holds.
    Action.SIGN_IN_CODE: 20,
    # Counted apart from those: only a client that has verified another factor comes here.
    Action.SECOND_FACTOR_MESSAGE: 20,
    # UNVERIFIED: the guide names no limit. These messages are those of
    # GetUserAttributeVerificationCode, to any address that the client names.
    Action.UPDATE_USER_ATTRIBUTES: 5,
}
"""Maximum attempts of a user in an hour, by action."""


# UNVERIFIED: is the service's window rolling or fixed? Ours begins with the first attempt.
WINDOW: Final = timedelta(hours=1)


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
        raise AttemptLimitExceeded().because(f"{attempts.count} attempts at {action} since {since}")
    return msgspec.structs.replace(attempts, count=attempts.count + 1)
