"""Password reset: which users may ask for a code, and where it goes.

Evidence: ev:users-7, ev:users-9.
"""

from datetime import datetime

from msgspec.structs import replace

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import BY_PREFERENCE, OF_CHALLENGE, OF_RECOVERY_OPTION, Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.users import AdministratorResets, CannotReset, NoVerifiedContact, UserDisabled
from poolhouse.rules.auth import mfa
from poolhouse.wire.enums import RecoveryOptionNameType

_RESETTABLE = frozenset({UserStatus.UNCONFIRMED, UserStatus.CONFIRMED, UserStatus.RESET_REQUIRED})


def contacts(pool: Pool) -> tuple[Contact, ...]:
    """Return the contacts that recovery codes may go to, by priority; by default the phone first.

    It is refused if only administrators reset passwords. That is checked before the user is read,
    so that unknown users get the same response.
    """
    setting = pool.settings.AccountRecoverySetting
    mechanisms = (setting and setting.RecoveryMechanisms) or []
    if not mechanisms:
        return BY_PREFERENCE
    if any(each.Name is RecoveryOptionNameType.ADMIN_ONLY for each in mechanisms):
        raise AdministratorResets
    return tuple(
        OF_RECOVERY_OPTION[each.Name] for each in sorted(mechanisms, key=lambda m: m.Priority)
    )


def contact_of(pool: Pool, client: Client, user: User) -> Contact | None:
    """Return where a user who forgot the password gets a code.

    None where the client hides who exists, and the user can't reset the password or has no verified
    contact: they are answered like a user who isn't there (ev:users-14).
    """
    if client.hides_user_existence:
        # UNVERIFIED: what is answered about a temporary password, which can't be reset?
        return _verified_contact(pool, user) if user.status in _RESETTABLE else None
    _check_resettable(user)
    contact = _verified_contact(pool, user)
    if contact is None:
        raise NoVerifiedContact
    return contact


def check_may_recover(user: User) -> None:
    """Check that a code may set a new password in this status; others have no code."""
    if not user.enabled:
        raise UserDisabled


def recovered(user: User, now: datetime) -> User:
    """Return the user as CONFIRMED, whatever the state before.

    UNVERIFIED: of an UNCONFIRMED user too? The code went to a contact that is verified.
    """
    return replace(user, status=UserStatus.CONFIRMED, modified_at=now)


def reset_by_admin(pool: Pool, user: User, now: datetime) -> tuple[User, Contact] | None:
    """Return the user, who can't sign in before setting a password, and the contact for the code.

    Returns None if the reset has been done already, so that it isn't done again (ev:moto).
    """
    # UNVERIFIED: the sentences where recovery is admin_only, and for an UNCONFIRMED user?
    contacts(pool)
    _check_resettable(user)
    if user.status is UserStatus.RESET_REQUIRED:
        return None
    if user.status is not UserStatus.CONFIRMED:
        raise CannotReset
    contact = _verified_contact(pool, user)
    if contact is None:
        raise NoVerifiedContact
    return replace(user, status=UserStatus.RESET_REQUIRED, modified_at=now), contact


def _check_resettable(user: User) -> None:
    if not user.enabled:
        raise UserDisabled
    if user.status not in _RESETTABLE:
        raise CannotReset


def _verified_contact(pool: Pool, user: User) -> Contact | None:
    """Return the first contact that the user has and that is verified, and is no second factor."""
    excluded = _second_factors(pool, user)
    for contact in contacts(pool):
        flag = user.attributes.get(contact.verified_attribute, "")
        if user.attributes.get(contact) and flag.lower() == "true" and contact not in excluded:
            return contact
    return None


def _second_factors(pool: Pool, user: User) -> set[Contact]:
    """Return the contacts that can't recover a password, because they would be both factors.

    Pools without a recovery setting allow even that (ev:users-9.3; the CDK's text on
    PHONE_AND_EMAIL).
    """
    if pool.settings.AccountRecoverySetting is None:
        return set()
    possible = mfa.choices(pool, user, has_software_token=False)
    return {OF_CHALLENGE[factor] for factor in possible if factor in OF_CHALLENGE}
