"""Sign a user in straight after the sign-up, by the Session of ConfirmSignUp (ev:auth-7).

SignUp gives a Session, ConfirmSignUp may take it and gives another, and USER_AUTH takes that one:
the code that has confirmed the sign-up is then the first factor.

At a pool's domain the password is the first factor instead: it was set in this browser, which keeps
a Session of its own until the sign-up is confirmed.
"""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from poolhouse.auth import password_check, session_codec
from poolhouse.auth.attempt import Attempt
from poolhouse.auth.initiation import open_sign_in
from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession, SignUpPending
from poolhouse.entities.contacts import OF_ATTRIBUTE, OF_CHALLENGE
from poolhouse.entities.users import User
from poolhouse.errors.auth import InvalidSession, SessionExpired
from poolhouse.rules.auth import challenges, first_factors
from poolhouse.services.context import ClientCall
from poolhouse.store import sessions
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import AuthFlowType

PAGE_LIFETIME: Final = timedelta(hours=1)
"""How long a browser may take to confirm its sign-up, and then be signed in."""


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


async def of_page(call: ClientCall, sub: str, username: str) -> str | None:
    """Return the Session of a browser in which a user has just set the password of a sign-up.

    Returns None for a user without a password.
    """
    user = await call.store.users.by_sub(call.pool.id, sub)
    credential = await call.store.users.password(user) if user is not None else None
    if user is None or credential is None:
        return None
    session = replace(
        _session(call, user, Amr.PWD),
        username=username,
        flow=AuthFlowType.USER_PASSWORD_AUTH,
        password_version=credential.version,
        expires_at=call.now + PAGE_LIFETIME,
        by_page=True,
    )
    return session_codec.seal_session(call.services, session)


async def begin_on_page(attempt: Attempt) -> AuthSession:
    """Return the first sign-in of a user with the Session of `of_page`, which is single use.

    A password that was replaced since is no proof.
    """
    of_sign_up = session_codec.unseal(attempt, attempt.session or "")
    session = await open_sign_in(attempt, AuthFlowType.USER_PASSWORD_AUTH)
    _check_is_of(of_sign_up, attempt.user)
    if attempt.call.now >= of_sign_up.expires_at:
        raise SessionExpired
    credential = await attempt.call.store.users.password(attempt.user)
    # The Session of ConfirmSignUp has no password among its proofs, and so no version of one.
    if credential is None or credential.version != of_sign_up.password_version:
        raise InvalidSession().because("the password isn't the one of the sign-up")
    attempt.writes.append(
        sessions.mark_used(attempt.pool.id, of_sign_up.sub, of_sign_up.id, of_sign_up.expires_at)
    )
    return password_check.with_password_proof(attempt, session, credential)


def _sealed_session(call: ClientCall, user: User, *proofs: str) -> str:
    return session_codec.seal_session(call.services, _session(call, user, *proofs))


def _session(call: ClientCall, user: User, *proofs: str) -> AuthSession:
    """Return a Session that awaits nothing: it can't answer any challenge."""
    return AuthSession(
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


def _check_is_of(session: AuthSession, user: User) -> None:
    challenges.pending(session, SignUpPending)
    if (session.pool_id, session.sub) != (user.pool_id, user.sub):
        raise InvalidSession
