"""USER_AUTH: users begin with what they choose, or what their client prefers."""

from poolhouse.auth import first_factors as factor_choices
from poolhouse.auth import sign_up_session
from poolhouse.auth import step_up as stepping_up
from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import select_challenge
from poolhouse.auth.initiation import open_sign_in
from poolhouse.entities.auth_session import AuthSession
from poolhouse.errors.pools import NotInTier
from poolhouse.rules.auth import first_factors, step_up
from poolhouse.rules.pools import feature_plans
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType


async def start(attempt: Attempt, flow: AuthFlowType) -> AuthSession | ChallengeIssued:
    """Issue the preferred challenge if the user can answer it, else offer a choice.

    A user with the Session of a sign-up that a code confirmed has answered a first factor.
    """
    settings = attempt.pool.settings
    if not feature_plans.has_user_auth(settings):
        tier = feature_plans.tier_of(settings)
        raise NotInTier(tier=tier.value, features="Passwordless Sign-In")
    request = step_up.parse_step_up_request(attempt.pool, attempt.given)
    preferred = attempt.given.get("PREFERRED_CHALLENGE")
    password = attempt.given.get("PASSWORD") if preferred == ChallengeNameType.PASSWORD else None
    session = await open_sign_in(attempt, flow, password or None)
    factors = await factor_choices.factors_of(attempt)
    if request is not None:
        session = await stepping_up.begin(attempt, session, request, factors)
    if attempt.session and session.credit is None:
        confirmed = await sign_up_session.begin(attempt, session, factors.first)
        if confirmed is not None:
            return confirmed
    offered = first_factors.challenges_of(step_up.factors_leading_to_target(session, factors))
    for challenge in offered:
        if challenge == preferred:
            return await factor_choices.begin(attempt, session, challenge)
    if session.proofs:
        return session  # credited; what is missing, the rules say
    return await select_challenge.ask(attempt, session, offered)
