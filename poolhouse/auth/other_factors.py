"""From a factor that is asked for back to the choice among those that the user has."""

from poolhouse.auth import first_factors, second_factors
from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import select_challenge
from poolhouse.entities.auth_session import AuthSession
from poolhouse.errors.auth import InvalidSession
from poolhouse.rules.auth import asked_factors, step_up


async def are_there(attempt: Attempt, session: AuthSession) -> bool:
    """Return whether the user may choose another factor at this step.

    Of first factors an unknown user has as many as the choice before has shown.
    """
    if asked_factors.asks_for_first(session):
        factors = await first_factors.factors_of(attempt)
        return len(step_up.factors_leading_to_target(session, factors)) > 1
    if asked_factors.asks_for_second(session):
        return len(await second_factors.choices(attempt, session)) > 1
    return False


async def ask(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Offer the choice again. Raises InvalidSession at a step that has none."""
    if not await are_there(attempt, session):
        raise InvalidSession().because("no other factor can be chosen at its step")
    if asked_factors.asks_for_first(session):
        return await select_challenge.ask(attempt, session)
    return await second_factors.ask(attempt, session)
