"""The second factor: whether a sign-in needs one, and which (ev:auth-9).

A factor is called by the name of its challenge, as in UserMFASettingList.
"""

from typing import Final

from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.contacts import OF_CHALLENGE, OF_RECOVERY_OPTION, Contact
from poolhouse.entities.mfa import MfaSettings
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.auth import NoFactorPossible
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.enums import UserPoolMfaType
from poolhouse.wire.enums import WebAuthnFactorConfigurationType as PasskeyFactor

SMS: Final = Contact.PHONE.mfa
EMAIL: Final = Contact.EMAIL.mfa
SOFTWARE_TOKEN: Final = Challenge.SOFTWARE_TOKEN_MFA
FACTORS: Final = (SMS, EMAIL, SOFTWARE_TOKEN)


def is_off(pool: Pool) -> bool:
    return pool.settings.MfaConfiguration in (None, UserPoolMfaType.OFF)


def is_required(pool: Pool) -> bool:
    return pool.settings.MfaConfiguration is UserPoolMfaType.ON


def factors_of(pool: Pool) -> tuple[Challenge, ...]:
    """Return the factors that a pool lets its users have; none where MFA is off.

    SMS counts wherever the pool can send text messages, unless the MFA configuration left it out.
    """
    if is_off(pool):
        return ()
    has = {
        SMS: pool.settings.SmsConfiguration is not None and pool.sms_mfa is not False,
        EMAIL: pool.email_mfa is not None,
        SOFTWARE_TOKEN: pool.software_token_mfa,
    }
    return tuple(factor for factor in FACTORS if has[factor])


def enabled(settings: MfaSettings) -> tuple[Challenge, ...]:
    """Return the factors that are on for a user, whether they work or not: UserMFASettingList."""
    has = {SMS: settings.sms, EMAIL: settings.email, SOFTWARE_TOKEN: settings.software_token}
    return tuple(factor for factor in FACTORS if has[factor])


def has_multi_factor_passkeys(pool: Pool) -> bool:
    """Return whether the pool lets passkeys that verify their users count as both factors."""
    multi = PasskeyFactor.MULTI_FACTOR_WITH_USER_VERIFICATION
    return pool.webauthn is not None and pool.webauthn.FactorConfiguration is multi


def passkey_is_both(pool: Pool, user: User) -> bool:
    """Return whether a passkey counts as both factors for this user, who has to want it."""
    return has_multi_factor_passkeys(pool) and user.mfa.passkey


def next_challenge(
    pool: Pool, user: User, session: AuthSession, *, has_software_token: bool
) -> Challenge | None:
    """Return the challenge for the second factor after a verified first one; None if none is due.

    Raises NoFactorPossible if the pool requires a factor that this user can't have.
    """
    if is_off(pool) or _is_proved(pool, user, session):
        return None
    possible = choices(pool, user, has_software_token=has_software_token)
    if possible:
        return one_of(user, possible)
    if not is_required(pool):
        return None
    if not to_set_up(pool):
        raise NoFactorPossible
    return Challenge.MFA_SETUP


def one_of(user: User, possible: tuple[Challenge, ...]) -> Challenge:
    """Return the challenge for several factors: the preferred one, or a choice."""
    if user.mfa.preferred in possible:
        return Challenge(user.mfa.preferred)
    return possible[0] if len(possible) == 1 else Challenge.SELECT_MFA_TYPE


def choices(pool: Pool, user: User, *, has_software_token: bool) -> tuple[Challenge, ...]:
    """Return the second factors that the user may choose among: those that are enabled.

    If the pool requires a second factor and none is enabled, all that the user has are offered. The
    contact that recovers the password is excepted, because one mailbox would be both factors.
    """
    there = [factor for factor in FACTORS if _works(pool, user, factor, has_software_token)]
    active = tuple(factor for factor in enabled(user.mfa) if factor in there)
    if active or not is_required(pool):
        return active
    return tuple(f for f in there if f in factors_of(pool) and f is not _recovers_by(pool))


def to_set_up(pool: Pool) -> tuple[Challenge, ...]:
    """Return what a user who has no second factor may get one by."""
    return tuple(factor for factor in factors_of(pool) if factor is not _recovers_by(pool))


def _works(pool: Pool, user: User, factor: Challenge, has_software_token: bool) -> bool:
    """Return whether the factor could be asked for.

    A registered app works on when the pool has no longer got that factor
    (dg:user-pool-settings-mfa-totp); no source says so of contacts, which cost messages.
    """
    if factor is SOFTWARE_TOKEN:
        return has_software_token
    # UNVERIFIED: is a user whose only active factor the pool has turned off let in without, where
    # MFA is optional?
    return factor in factors_of(pool) and bool(user.attributes.get(OF_CHALLENGE[factor]))


def _recovers_by(pool: Pool) -> Challenge | None:
    """Return the factor whose contact also recovers the account, if any.

    Returns None if users can't recover by themselves. Returns None, too, if the pool never had a
    recovery setting, which then excludes nothing.
    """
    setting = pool.settings.AccountRecoverySetting
    mechanisms = (setting and setting.RecoveryMechanisms) or []
    if not mechanisms:
        return None
    first = OF_RECOVERY_OPTION.get(min(mechanisms, key=lambda each: each.Priority).Name)
    return None if first is None else first.mfa


def _is_proved(pool: Pool, user: User, session: AuthSession) -> bool:
    """Return whether a remembered device replaces the second factor."""
    return (
        session.is_second_factor_proved
        or session.device_proved
        or _passkey_was_both(pool, user, session)
    )


def _passkey_was_both(pool: Pool, user: User, session: AuthSession) -> bool:
    """Return whether a passkey with user verification counts as both factors for pool and user."""
    proofs = frozenset(session.proofs)
    by_passkey = not proofs.isdisjoint((Amr.SWK, Amr.HWK))
    return passkey_is_both(pool, user) and by_passkey and Amr.MFA in proofs
