"""SELECT_MFA_TYPE, and how each second factor is asked for."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import msgspec

from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import otp, software_token
from poolhouse.auth.session_codec import next_step
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.contacts import Contact
from poolhouse.errors.mfa import MfaTypeNotOffered
from poolhouse.rules.auth import mfa, step_up
from poolhouse.rules.messages import delivery_details
from poolhouse.services.registered_factors import has_software_token_for_pool
from poolhouse.wire.enums import ChallengeNameType as Challenge

CHALLENGE_ISSUERS: Final[
    dict[Challenge, Callable[[Attempt, AuthSession], Awaitable[ChallengeIssued]]]
] = {
    mfa.SMS: partial(otp.ask, name=mfa.SMS),
    mfa.EMAIL: partial(otp.ask, name=mfa.EMAIL),
    mfa.SOFTWARE_TOKEN: software_token.ask,
}

_ALSO_CALLED: Final = {"EMAIL_MFA": Challenge.EMAIL_OTP}
"""Names that the API uses instead of a challenge's name."""


async def ask(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Let the user choose among what they have."""
    possible = await choices(attempt, session)
    parameters = {"MFAS_CAN_CHOOSE": msgspec.json.encode(possible).decode()}
    if mfa.SMS in possible:
        # UNVERIFIED: is the destination in this response? amplify-js looks for it.
        number = attempt.user.attributes[Contact.PHONE]
        details = delivery_details.delivery_details(Contact.PHONE, number)
        parameters["CODE_DELIVERY_DESTINATION"] = details.Destination or ""
    return ChallengeIssued(
        name=Challenge.SELECT_MFA_TYPE,
        parameters=parameters,
        session=next_step(attempt, session, Challenge.SELECT_MFA_TYPE),
    )


async def answer(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Ask for what was chosen, which must still be the user's to choose."""
    chosen = attempt.required("ANSWER")
    chosen = _ALSO_CALLED.get(chosen, chosen)
    for factor in await choices(attempt, session):
        if factor == chosen:
            return await CHALLENGE_ISSUERS[factor](attempt, session)
    raise MfaTypeNotOffered


async def choices(attempt: Attempt, session: AuthSession) -> tuple[Challenge, ...]:
    """Return the second factors that the user may choose among."""
    pool, user = attempt.pool, attempt.user
    has_token = await has_software_token_for_pool(attempt.call, pool, user)
    return step_up.second_choices(pool, user, session, has_software_token=has_token)
