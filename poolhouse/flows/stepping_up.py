"""USER_AUTH toward a level, from what an access token says that its user has proved."""

from poolhouse.entities.progress import Credit, Progress
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.errors import (
    AccessTokenExpired,
    AccessTokenRevoked,
    InvalidAccessToken,
    UserNotFound,
)
from poolhouse.flows.attempts import Attempt
from poolhouse.operations import believing
from poolhouse.rules import access_tokens, challenges, step_up
from poolhouse.rules.sessions import is_over
from poolhouse.rules.step_up import Factors, Wish
from poolhouse.sign_in_errors import InvalidSession


async def begin(attempt: Attempt, progress: Progress, wish: Wish, factors: Factors) -> Progress:
    """Aim at a level that the user can reach, and credit what needn't be proved again.

    Who doesn't exist has made-up factors, so that strangers can't tell. A token is of somebody who
    does: whoever else it is brought for, it is refused alike.
    """
    credited = None
    if wish.access_token is not None:
        credited = await _credit(attempt, wish.access_token, wish.max_age)
    return step_up.begun(attempt.pool, attempt.user, progress, wish, factors, credited)


async def check_still_credited(attempt: Attempt, progress: Progress) -> None:
    """Refuse to go on by a session that was ended since, or whose user has a new factor since:
    a stolen token gets no further by either.
    """
    if progress.credit is None:
        return
    user, session_id = attempt.user, progress.credit.session_id
    session = await attempt.call.store.sessions.find(user.pool_id, user.sub, session_id)
    if session is None or is_over(session, user):
        raise AccessTokenRevoked
    if step_up.has_new_factors(session, user):
        raise InvalidSession


async def _credit(attempt: Attempt, token: str, max_age: int | None) -> Credit | None:
    """What a token proves that must be this very user's, and still count."""
    call, user = attempt.call, attempt.user
    try:
        parsed, pool = await believing.prove(call.services, token, KeyUse.ACCESS, call.now)
        access_tokens.check_scope(parsed)
        holder = await believing.holder(call.services, pool, parsed)
    except access_tokens.Expired:
        raise AccessTokenExpired from None
    except access_tokens.UnacceptableToken:
        raise InvalidAccessToken from None
    except UserNotFound:
        # Whether the name that is brought along is anybody's is another question.
        raise AccessTokenRevoked from None
    step_up.check_belongs(parsed, holder.session, user, attempt.client)
    challenges.check_may_sign_in(user, None, call.now)
    password = await call.store.users.password(user)
    return step_up.credit(holder.session, user, password, max_age, call.now)
