"""SELECT_CHALLENGE: the user chooses what to begin with."""

from typing import Final

from poolhouse.entities.progress import Progress
from poolhouse.flows import factor_choices
from poolhouse.flows.attempts import Asked, Attempt
from poolhouse.flows.sealed_progress import next_step
from poolhouse.sign_in_errors import ChallengeNotOffered
from poolhouse.wire.enums import ChallengeNameType as Challenge

_NEEDS_NO_CHOICE: Final = frozenset({Challenge.PASSWORD, Challenge.PASSWORD_SRP})
"""Challenges that need nothing from us before they are answered."""


async def ask(
    attempt: Attempt, progress: Progress, offered: tuple[Challenge, ...] | None = None
) -> Asked:
    """Say what the user can begin with. A client may answer that at once, without choosing it."""
    possible = await factor_choices.offered(attempt, progress) if offered is None else offered
    at_once = (name for name in possible if name in _NEEDS_NO_CHOICE)
    return Asked(
        name=Challenge.SELECT_CHALLENGE,
        parameters={},
        progress=next_step(attempt, progress, Challenge.SELECT_CHALLENGE, *at_once),
        available=list(possible),
    )


async def answer(attempt: Attempt, progress: Progress) -> Progress | Asked:
    """Begin with what was chosen, which must be the user's to choose."""
    chosen = attempt.required("ANSWER")
    for challenge in await factor_choices.offered(attempt, progress):
        if challenge == chosen:
            return await factor_choices.begin(attempt, progress, challenge)
    raise ChallengeNotOffered
