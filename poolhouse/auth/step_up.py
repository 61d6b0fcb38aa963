"""USER_AUTH toward a level, with credit for what an access token's session has verified."""

from poolhouse.auth.attempt import Attempt
from poolhouse.entities.auth_session import AuthSession, StepUpCredit
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.errors.auth import InvalidSession
from poolhouse.errors.tokens import AccessTokenExpired, AccessTokenRevoked, InvalidAccessToken
from poolhouse.errors.users import UserNotFound
from poolhouse.rules.auth import challenges, step_up
from poolhouse.rules.auth.step_up import Factors, StepUpRequest
from poolhouse.rules.tokens import access_tokens
from poolhouse.rules.tokens.sessions import is_over
from poolhouse.services import token_verification


async def begin(
    attempt: Attempt, session: AuthSession, request: StepUpRequest, factors: Factors
) -> AuthSession:
    """Choose a level that the user can reach, and credit what needn't be verified again.

    Decoy users have made-up factors, against user enumeration. A token belongs to a user who
    exists: with another username it is refused in the same way.
    """
    credited = None
    if request.access_token is not None:
        credited = await _credit(attempt, request.access_token, request.max_age)
    return step_up.start_step_up(
        attempt.pool, attempt.user, session, request, factors=factors, credited=credited
    )


async def check_step_up_session(attempt: Attempt, session: AuthSession) -> None:
    """Refuse to continue if the session has ended, or if its user has a new factor since.

    So a stolen token gets no further by either.
    """
    if session.credit is None:
        return
    user, session_id = attempt.user, session.credit.session_id
    token_session = await attempt.call.store.sessions.find(user.pool_id, user.sub, session_id)
    if token_session is None or is_over(token_session, user):
        raise AccessTokenRevoked
    if step_up.has_new_factors(token_session, user):
        raise InvalidSession


async def _credit(attempt: Attempt, token: str, max_age: int | None) -> StepUpCredit | None:
    """Return the credit of a token, which must be this user's and still valid."""
    call, user = attempt.call, attempt.user
    try:
        parsed, pool = await token_verification.verify_token(
            call.services, token, KeyUse.ACCESS, call.now
        )
        access_tokens.check_scope(parsed)
        holder = await token_verification.resolve_token_subject(call.services, pool, parsed)
    except access_tokens.Expired:
        raise AccessTokenExpired from None
    except access_tokens.UnacceptableToken:
        raise InvalidAccessToken from None
    except UserNotFound:
        # Don't reveal whether the named user exists.
        raise AccessTokenRevoked from None
    step_up.check_belongs(parsed, holder.session, user, attempt.client)
    challenges.check_may_sign_in(user, None, call.now)
    password = await call.store.users.password(user)
    return step_up.credit(holder.session, user, password, max_age, call.now)
