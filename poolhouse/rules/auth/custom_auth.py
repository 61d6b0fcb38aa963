"""The rounds of a custom sign-in, one for each challenge, which functions get (ev:auth-3.2).

The rounds travel with the sign-in's Session. Challenges that aren't the functions' own stand among
them too, once they are passed.
"""

from typing import Final

from msgspec.structs import replace

from poolhouse.entities.auth_session import AuthSession, CustomPending
from poolhouse.entities.custom_auth_rounds import Round
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge

STARTED_WITH_SRP: Final = (Round("SRP_A", challenge_result=True),)
"""The first round of a sign-in that began with SRP_A."""

_VISIBLE: Final = frozenset(
    {
        *(Challenge.PASSWORD_VERIFIER, Challenge.NEW_PASSWORD_REQUIRED),
        *(Challenge.SMS_MFA, Challenge.EMAIL_OTP, Challenge.SOFTWARE_TOKEN_MFA),
        *(Challenge.DEVICE_SRP_AUTH, Challenge.DEVICE_PASSWORD_VERIFIER),
    }
)
"""The others' names that functions see (ev:triggers-6.7): choices and set-ups verify nothing."""


def with_passed_round(session: AuthSession, name: Challenge) -> AuthSession:
    """Return the session once this challenge of ours is passed; until then it isn't stored."""
    if session.flow is not Flow.CUSTOM_AUTH or name not in _VISIBLE:
        return session
    return _with_round(session, Round(name.value, challenge_result=True))


def with_result(session: AuthSession, *, is_right: bool) -> AuthSession:
    """Return the auth session after the functions have verified their own challenge."""
    pending = session.pending
    metadata = pending.metadata if isinstance(pending, CustomPending) else None
    done = Round(Challenge.CUSTOM_CHALLENGE.value, is_right, metadata)
    return _with_round(session, done)


def _with_round(session: AuthSession, done: Round) -> AuthSession:
    return replace(session, rounds=(*session.rounds, done))
