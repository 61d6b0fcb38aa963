"""SELECT_CHALLENGE: the user chooses what to begin with."""

from typing import Final

from poolhouse.auth import first_factors
from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.session_codec import next_step
from poolhouse.entities.auth_session import AuthSession
from poolhouse.errors.auth import ChallengeNotOffered
from poolhouse.wire.enums import ChallengeNameType as Challenge

_NEEDS_NO_CHOICE: Final = frozenset({Challenge.PASSWORD, Challenge.PASSWORD_SRP})
"""Challenges that need nothing from us before they are answered."""


async def ask(
    attempt: Attempt, session: AuthSession, offered: tuple[Challenge, ...] | None = None
) -> ChallengeIssued:
    """Offer the user's first factors. A client may respond to one at once, without choosing it."""
    possible = await first_factors.offered(attempt, session) if offered is None else offered
    at_once = (name for name in possible if name in _NEEDS_NO_CHOICE)
    return ChallengeIssued(
        name=Challenge.SELECT_CHALLENGE,
        parameters={},
        session=next_step(attempt, session, Challenge.SELECT_CHALLENGE, *at_once),
        available=list(possible),
    )


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession | ChallengeIssued:
    """Begin with what was chosen, which must be the user's to choose."""
    chosen = attempt.required("ANSWER")
    for challenge in await first_factors.offered(attempt, session):
        if challenge == chosen:
            return await first_factors.begin(attempt, session, challenge)
    raise ChallengeNotOffered
