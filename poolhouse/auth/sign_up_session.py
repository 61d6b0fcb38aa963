"""Sign a user in straight after the sign-up, by the Session of ConfirmSignUp (ev:auth-7).

SignUp gives a Session, ConfirmSignUp may take it and gives another, and USER_AUTH takes that one:
the code that has confirmed the sign-up is then the first factor.
"""

from msgspec.structs import replace

from poolhouse.auth import session_codec
from poolhouse.auth.attempt import Attempt
from poolhouse.entities.auth_session import AuthSession, SignUpPending
from poolhouse.entities.contacts import OF_ATTRIBUTE, OF_CHALLENGE
from poolhouse.entities.users import User
from poolhouse.errors.auth import InvalidSession, SessionExpired
from poolhouse.rules.auth import challenges, first_factors
from poolhouse.services.context import ClientCall
from poolhouse.store import sessions
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import AuthFlowType


def signed_up(call: ClientCall, user: User) -> str | None:
    """Return SignUp's Session; None if the app client doesn't allow USER_AUTH."""
    if not first_factors.may_choose(call.pool, call.client):
        return None
    return _sealed_session(call, user)


def check_session(call: ClientCall, user: User, sealed: str | None) -> None:
    """Refuse a Session of SignUp that isn't the user's own, whatever the code beside it.

    UNVERIFIED: what is answered if it comes too late? Here the same as without one.
    """
    if sealed is None or not first_factors.may_choose(call.pool, call.client):
        return
    session = session_codec.unseal_session(call.services, sealed)
    if session.client_id != call.client.id:
        raise InvalidSession
    _check_is_of(session, user)


def confirmed(call: ClientCall, user: User, contact: str) -> str | None:
    """Return ConfirmSignUp's Session: the code that has confirmed the user is all it stands for.

    Clients that send no Session of SignUp get one too: Amplify sends none, and signs in with the
    Session of the response (amplify-js, confirmSignUp.ts).
    """
    if not first_factors.may_choose(call.pool, call.client):
        return None
    return _sealed_session(call, user, OF_ATTRIBUTE[contact].amr)


async def begin(
    attempt: Attempt, session: AuthSession, factors: tuple[Factor, ...]
) -> AuthSession | None:
    """Return the first factor of a user with the Session of ConfirmSignUp, which is single use.

    Returns None after a sign-up that was not confirmed by a code, or whose contact the user can't
    sign in with.
    """
    of_sign_up = session_codec.unseal(attempt, attempt.session or "")
    _check_is_of(of_sign_up, attempt.user)
    if attempt.call.now >= of_sign_up.expires_at:
        raise SessionExpired
    # UNVERIFIED: are these refused? Here they choose like other users.
    offered = [name for name in first_factors.challenges_of(factors) if name in OF_CHALLENGE]
    proved = [name for name in offered if OF_CHALLENGE[name].amr in of_sign_up.proofs]
    if not proved:
        return None
    challenges.check_may_sign_in(attempt.user, None, attempt.call.now)
    attempt.writes.append(
        sessions.mark_used(attempt.pool.id, of_sign_up.sub, of_sign_up.id, of_sign_up.expires_at)
    )
    return replace(session, proofs=of_sign_up.proofs)


def _sealed_session(call: ClientCall, user: User, *proofs: str) -> str:
    """Return a Session that awaits nothing: it can't answer any challenge."""
    session = AuthSession(
        id=call.ids.token_id(),
        event_id=call.ids.event_id(),
        pool_id=user.pool_id,
        client_id=call.client.id,
        sub=user.sub,
        username=user.username,
        flow=AuthFlowType.USER_AUTH,
        expires_at=call.now + challenges.session_lifetime(call.client),
        is_unknown=False,
        proofs=proofs,
        pending=SignUpPending(),
    )
    return session_codec.seal_session(call.services, session)


def _check_is_of(session: AuthSession, user: User) -> None:
    challenges.pending(session, SignUpPending)
    if (session.pool_id, session.sub) != (user.pool_id, user.sub):
        raise InvalidSession
