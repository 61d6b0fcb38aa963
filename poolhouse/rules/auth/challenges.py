"""The steps of a sign-in: what an app client allows, and which factors are still missing.

This is the whole of the state machine. The flows only carry out what is decided here.
"""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession, Pending
from poolhouse.entities.clients import Client
from poolhouse.entities.devices import Device
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import PasswordCredential, User, UserStatus
from poolhouse.errors.auth import (
    AdminFlowNotEnabled,
    FlowNotEnabled,
    FlowNotSupported,
    InvalidSession,
    LevelOutOfReach,
    NotConfirmed,
    PasswordResetNeeded,
    SessionExpired,
    TemporaryPasswordExpired,
)
from poolhouse.errors.users import UserDisabled
from poolhouse.rules.auth import devices, mfa, step_up
from poolhouse.rules.tokens.sessions import rotates
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.enums import ExplicitAuthFlowsType as Allowed

DEFAULT_SESSION_MINUTES: Final = 3

PendingT = TypeVar("PendingT", bound=Pending)

_ADMIN_PASSWORD: Final = frozenset({Flow.ADMIN_USER_PASSWORD_AUTH, Flow.ADMIN_NO_SRP_AUTH})
_PUBLIC_PASSWORD: Final = frozenset({Flow.USER_PASSWORD_AUTH})

_ALLOWED_BY: Final = {
    Flow.USER_SRP_AUTH: {Allowed.ALLOW_USER_SRP_AUTH},
    Flow.USER_PASSWORD_AUTH: {Allowed.ALLOW_USER_PASSWORD_AUTH, Allowed.USER_PASSWORD_AUTH},
    Flow.ADMIN_USER_PASSWORD_AUTH: {
        Allowed.ALLOW_ADMIN_USER_PASSWORD_AUTH,
        Allowed.ADMIN_NO_SRP_AUTH,
    },
    Flow.ADMIN_NO_SRP_AUTH: {Allowed.ALLOW_ADMIN_USER_PASSWORD_AUTH, Allowed.ADMIN_NO_SRP_AUTH},
    Flow.CUSTOM_AUTH: {Allowed.ALLOW_CUSTOM_AUTH, Allowed.CUSTOM_AUTH_FLOW_ONLY},
    Flow.USER_AUTH: {Allowed.ALLOW_USER_AUTH},
    Flow.REFRESH_TOKEN_AUTH: {Allowed.ALLOW_REFRESH_TOKEN_AUTH},
    Flow.REFRESH_TOKEN: {Allowed.ALLOW_REFRESH_TOKEN_AUTH},
}
_BY_DEFAULT: Final = frozenset(
    {Allowed.ALLOW_REFRESH_TOKEN_AUTH, Allowed.ALLOW_USER_SRP_AUTH, Allowed.ALLOW_CUSTOM_AUTH}
)
_LEGACY: Final = frozenset(
    {Allowed.ADMIN_NO_SRP_AUTH, Allowed.CUSTOM_AUTH_FLOW_ONLY, Allowed.USER_PASSWORD_AUTH}
)


def check_flow(client: Client, flow: Flow, *, by_admin: bool) -> None:
    """Refuse a flow of the other authentication API, or one that the app client doesn't allow."""
    flows_of_other_api = _PUBLIC_PASSWORD if by_admin else _ADMIN_PASSWORD
    if flow in flows_of_other_api:
        raise FlowNotSupported
    if not _allowed(client) & _ALLOWED_BY[flow]:
        if flow in _ADMIN_PASSWORD:
            raise AdminFlowNotEnabled
        raise FlowNotEnabled(flow=flow.value)


def _allowed(client: Client) -> frozenset[Allowed]:
    """Return the flows that the app client allows.

    Clients that rotate their refresh tokens must use GetTokensFromRefreshToken, also if they name
    no flows at all (API model: RefreshTokenRotationType).
    """
    flows = _configured(client)
    return flows - {Allowed.ALLOW_REFRESH_TOKEN_AUTH} if rotates(client) else flows


def _configured(client: Client) -> frozenset[Allowed]:
    named = frozenset(client.settings.ExplicitAuthFlows or ()) or _BY_DEFAULT
    if Allowed.CUSTOM_AUTH_FLOW_ONLY in named:
        return frozenset({Allowed.CUSTOM_AUTH_FLOW_ONLY})
    if named & _LEGACY:
        # UNVERIFIED: do SRP and refresh stay allowed beside the old names?
        return named | {Allowed.ALLOW_USER_SRP_AUTH, Allowed.ALLOW_REFRESH_TOKEN_AUTH}
    return named


def session_lifetime(client: Client) -> timedelta:
    """Return how long a Session may wait for the next answer."""
    return timedelta(minutes=client.settings.AuthSessionValidity or DEFAULT_SESSION_MINUTES)


def check_confirmed(client: Client, user: User) -> None:
    """Refuse who has never confirmed the sign-up, whatever their password.

    Evidence: amazon-cognito-identity-js#288, aws-sdk-js#4608; measured: ministack#1758.

    UNVERIFIED: of app clients that hide who exists too? There it is said after a right password,
    as the guide has it.
    """
    if user.status is UserStatus.UNCONFIRMED and not client.hides_user_existence:
        raise NotConfirmed


def check_may_sign_in(user: User, password: PasswordCredential | None, now: datetime) -> None:
    """Refuse users whose account isn't open to them; said only after their password was right.

    `password` is the one that was verified; None: another factor was.
    """
    if not user.enabled:
        raise UserDisabled
    if user.status is UserStatus.UNCONFIRMED:
        raise NotConfirmed
    if user.status is UserStatus.RESET_REQUIRED:
        raise PasswordResetNeeded
    if password is not None and password.expires_at is not None and now >= password.expires_at:
        raise TemporaryPasswordExpired


def check_answer(session: AuthSession, name: Challenge, now: datetime) -> None:
    """Refuse an answer that doesn't belong to this step, or that comes too late.

    A sign-in may go on by the other API than it began with: servers begin with AdminInitiateAuth,
    and end with RespondToAuthChallenge (pmill/aws-cognito#25). UNVERIFIED: and the other way round?
    """
    check_in_time(session, now)
    if name not in session.awaits:
        awaited = ", ".join(each.value for each in session.awaits) or "no answer"
        raise InvalidSession().because(f"its step awaits {awaited}, not {name.value}")


def pending(session: AuthSession, kind: type[PendingT]) -> PendingT:
    """Return what the issued challenge needs for its answer.

    Raises InvalidSession if another kind of challenge is pending, or none.
    """
    if not isinstance(session.pending, kind):
        raise InvalidSession().because(f"its step has no {kind.__name__}")
    return session.pending


def check_in_time(session: AuthSession, now: datetime) -> None:
    if now >= session.expires_at:
        raise SessionExpired


def next_challenge(
    pool: Pool,
    user: User,
    session: AuthSession,
    device: Device | None,
    *,
    has_software_token: bool,
    first_factors: tuple[Factor, ...] = (),
) -> Challenge | None:
    """Return the next challenge; None if the sign-in is complete.

    `first_factors` are what the user can begin with, where the sign-in has a level to reach.
    Raises NoFactorPossible for users who can't have the second factor that the pool requires, and
    LevelOutOfReach for users who can't reach the level.
    """
    if _must_change_password(user, session):
        return _unless_credited(session, Challenge.NEW_PASSWORD_REQUIRED)
    toward = step_up.next_challenge(
        pool, user, session, first_factors, has_software_token=has_software_token
    )
    if toward is not None:
        return toward
    second = None
    if _may_need_second_factor(session):
        second = mfa.next_challenge(pool, user, session, has_software_token=has_software_token)
    if second is None and _awaits_functions(session):
        return Challenge.CUSTOM_CHALLENGE
    due = devices.challenge_or_device(second, pool, device, session)
    return _unless_credited(session, due) if due is Challenge.MFA_SETUP else due


def check_complete(user: User, session: AuthSession, now: datetime) -> None:
    """Check a last time before tokens that this user is authenticated and may sign in.

    The steps see to that already. A mistake in one of them must not sign in anyone.
    """
    if session.is_unknown or not has_proved_something(session):
        raise InvalidSession
    step_up.check_complete(session)
    check_may_sign_in(user, None, now)


def has_proved_something(session: AuthSession) -> bool:
    """Return whether this is the user of the sign-in so far, and no decoy."""
    return bool(session.proofs) or session.is_granted


def _must_change_password(user: User, session: AuthSession) -> bool:
    """Return whether a temporary password must be replaced."""
    return user.status is UserStatus.FORCE_CHANGE_PASSWORD and Amr.PWD in session.proofs


def _unless_credited(session: AuthSession, due: Challenge) -> Challenge:
    """Refuse to set up a factor during a step-up.

    A stolen access token must not suffice for a factor that stays with the account. Stepping up
    sets up no factors (dg:amazon-cognito-user-pools-authentication-flow).
    """
    if session.credit is not None:
        raise LevelOutOfReach
    return due


def _may_need_second_factor(session: AuthSession) -> bool:
    """Return the challenge of a custom sign-in, which has one only after the password."""
    return session.flow is not Flow.CUSTOM_AUTH or Amr.PWD in session.proofs


def _awaits_functions(session: AuthSession) -> bool:
    """Return whether a custom sign-in is at a point where its functions decide how it goes on."""
    return session.flow is Flow.CUSTOM_AUTH and not session.is_granted
