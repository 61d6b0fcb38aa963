"""USER_AUTH: users begin with what they choose, or what their client prefers."""

from typing import Final

from poolhouse.entities.progress import Progress
from poolhouse.errors import NotInTier
from poolhouse.flows import after_sign_up, factor_choices, select_challenge
from poolhouse.flows.attempts import Asked, Attempt
from poolhouse.flows.opening import open_sign_in
from poolhouse.rules import pool_tiers
from poolhouse.sign_in_errors import StepUpNotSupported
from poolhouse.wire.enums import AuthFlowType, ChallengeNameType

_STEP_UP: Final = frozenset({"TARGET_ACR_VALUES", "ACCESS_TOKEN", "MAX_AGE"})


async def start(attempt: Attempt, flow: AuthFlowType) -> Progress | Asked:
    """Go straight to the preferred challenge if the user can do it, else let them choose.

    Who has just confirmed a sign-up by a code, and brings the Session that tells of it, has begun.
    """
    settings = attempt.pool.settings
    if not pool_tiers.has_user_auth(settings):
        tier = pool_tiers.tier_of(settings)
        raise NotInTier(tier=tier.value, features="Passwordless Sign-In")
    if attempt.given.keys() & _STEP_UP:
        # DIFFERS: stepping up isn't built. To pass it over would sign in at a lower level than
        # the client relies on.
        raise StepUpNotSupported
    preferred = attempt.given.get("PREFERRED_CHALLENGE")
    password = attempt.given.get("PASSWORD") if preferred == ChallengeNameType.PASSWORD else None
    progress = await open_sign_in(attempt, flow, password or None)
    offered = await factor_choices.offered(attempt)
    if attempt.session:
        confirmed = await after_sign_up.begin(attempt, progress, offered)
        if confirmed is not None:
            return confirmed
    for challenge in offered:
        if challenge == preferred:
            return await factor_choices.begin(attempt, progress, challenge)
    return await select_challenge.ask(attempt, progress, offered)
