"""A user that a function migrates: what becomes of its description."""

from collections.abc import Mapping
from datetime import datetime

from poolhouse.entities.contacts import Contact
from poolhouse.entities.mfa import NO_MFA, MfaSettings
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User, UserStatus
from poolhouse.errors.mfa import NoDeliveryConfig
from poolhouse.rules.auth import mfa
from poolhouse.rules.users import attributes, usernames


def migrated(
    pool: Pool,
    typed: str,
    given: Mapping[str, str],
    sub: str,
    *,
    is_confirmed: bool,
    with_sms_mfa: bool,
    now: datetime,
) -> User:
    """Return the user as the function describes them (ev:triggers-6.10).

    `typed` is the name that was signed in with. Where it is an alias, the function has to say what
    the username is. Everything is refused that an administrator couldn't make either, and a profile
    that lacks a required attribute: nothing asks for it later.
    """
    described = dict(given)
    name = described.pop("username", typed)
    if pool.username_attributes:
        name = _as_described(pool, typed, described)
    # UNVERIFIED: is a `sub` from elsewhere refused, or passed over?
    attributes.refuse_sub(described)
    kind = usernames.check_new(pool, name)
    profile = usernames.with_username(kind, name, described)
    # UNVERIFIED: must all required attributes be there?
    attributes.check_schema(pool, profile, complete=True)
    usernames.check_contacts(profile)
    attributes.check_flags(profile)
    if with_sms_mfa and (mfa.is_off(pool) or not profile.get(Contact.PHONE)):
        raise NoDeliveryConfig(factor=mfa.SMS.value)
    return User(
        sub=sub,
        pool_id=pool.id,
        username=name if kind is NameKind.USERNAME else sub,
        status=UserStatus.CONFIRMED if is_confirmed else UserStatus.RESET_REQUIRED,
        attributes=attributes.stored(profile),
        created_at=now,
        modified_at=now,
        mfa=MfaSettings(sms=True) if with_sms_mfa else NO_MFA,
    )


def _as_described(pool: Pool, typed: str, described: Mapping[str, str]) -> str:
    """Return the email or phone number that was typed, as the function spells it."""
    for contact in Contact:
        value = described.get(contact, "")
        if usernames.case_folded(pool, value) == usernames.case_folded(pool, typed):
            return value
    return typed
