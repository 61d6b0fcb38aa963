"""USER_AUTH: users begin with what they choose, or what their client prefers."""

from poolhouse.entities.progress import Progress
from poolhouse.flows import after_sign_up, factor_choices, select_challenge, stepping_up
from poolhouse.flows.attempts import Asked, Attempt
from poolhouse.flows.opening import open_sign_in
from poolhouse.pool_errors import NotInTier
from poolhouse.rules import first_factors, pool_tiers, step_up
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType


async def start(attempt: Attempt, flow: AuthFlowType) -> Progress | Asked:
    """Go straight to the preferred challenge if the user can do it, else let them choose.

    Who has just confirmed a sign-up by a code, and brings the Session that tells of it, has begun.
    """
    settings = attempt.pool.settings
    if not pool_tiers.has_user_auth(settings):
        tier = pool_tiers.tier_of(settings)
        raise NotInTier(tier=tier.value, features="Passwordless Sign-In")
    wish = step_up.wish(attempt.pool, attempt.given)
    preferred = attempt.given.get("PREFERRED_CHALLENGE")
    password = attempt.given.get("PASSWORD") if preferred == ChallengeNameType.PASSWORD else None
    progress = await open_sign_in(attempt, flow, password or None)
    factors = await factor_choices.factors_of(attempt)
    if wish is not None:
        progress = await stepping_up.begin(attempt, progress, wish, factors)
    if attempt.session and progress.credit is None:
        confirmed = await after_sign_up.begin(attempt, progress, factors.first)
        if confirmed is not None:
            return confirmed
    offered = first_factors.challenges_of(step_up.leading(progress, factors))
    for challenge in offered:
        if challenge == preferred:
            return await factor_choices.begin(attempt, progress, challenge)
    if progress.proofs:
        return progress  # credited; what is missing, the rules say
    return await select_challenge.ask(attempt, progress, offered)
