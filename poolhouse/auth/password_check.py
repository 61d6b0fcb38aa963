"""Proving a password that was sent in clear."""

from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt
from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.users import PasswordCredential
from poolhouse.errors.auth import InvalidSession, SessionUsed
from poolhouse.rules.auth import challenges
from poolhouse.services import guesses


async def verify_password(attempt: Attempt, session: AuthSession, password: str) -> AuthSession:
    """Check a password that was sent in clear."""
    credential = await guesses.verify_password(attempt.call, attempt.user, password)
    return with_password_proof(attempt, session, credential)


def with_password_proof(
    attempt: Attempt, session: AuthSession, credential: PasswordCredential
) -> AuthSession:
    """Return the auth session after a right password, however it was verified."""
    challenges.check_may_sign_in(attempt.user, credential, attempt.call.now)
    return replace(
        session,
        proofs=(*session.proofs, Amr.PWD),
        password_version=credential.version,
    )


async def check_still_proved(attempt: Attempt, session: AuthSession) -> None:
    """Refuse to go on by a password that was replaced since, or that is no longer any good.

    Who changes a password after a theft keeps out who was about to sign in by the old one.
    """
    if Amr.PWD not in session.proofs:
        return
    store, user = attempt.call.store, attempt.user
    credential = await store.users.password(user)
    if credential is None or credential.version != session.password_version:
        # This very step may have replaced it.
        is_used = await store.sessions.is_used(user.pool_id, user.sub, session.id)
        raise SessionUsed if is_used else InvalidSession
    challenges.check_may_sign_in(attempt.user, credential, attempt.call.now)
