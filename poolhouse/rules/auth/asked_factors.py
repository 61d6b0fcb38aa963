"""Which factor a step of a sign-in asks for, where the user could take another one instead."""

from poolhouse.entities.auth_session import AuthSession, CodePending, WebAuthnPending
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge


def asks_for_first(session: AuthSession) -> bool:
    """Return whether the step asks for a first factor that the user has chosen."""
    if session.flow is not Flow.USER_AUTH:
        return False
    if isinstance(session.pending, CodePending):
        return not session.pending.is_second_factor
    return isinstance(session.pending, WebAuthnPending)


def asks_for_second(session: AuthSession) -> bool:
    """Return whether the step asks for a second factor that the user has had before."""
    if not _follows_first(session):
        return False
    if isinstance(session.pending, CodePending):
        return session.pending.is_second_factor and session.pending.new_address is None
    return Challenge.SOFTWARE_TOKEN_MFA in session.awaits


def offers_second(session: AuthSession) -> bool:
    """Return whether the step offers a choice among the user's second factors."""
    return _follows_first(session) and Challenge.SELECT_MFA_TYPE in session.awaits


def _follows_first(session: AuthSession) -> bool:
    """Return whether a first factor was verified, and no second one. A decoy never gets as far."""
    return not session.is_unknown and bool(session.proofs) and not session.is_second_factor_proved
