"""Sign-up and confirmation: which users may, and their state after it (ev:users-7, ev:users-8)."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import OF_ATTRIBUTE, Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User, UserStatus
from poolhouse.errors.auth import WeakPassword
from poolhouse.errors.users import (
    AlreadyConfirmed,
    CannotConfirm,
    CannotResendForStatus,
    NothingToResend,
    OutsideSchema,
    PasswordNeeded,
    SignUpNotPermitted,
    UserDisabled,
    UserNotFound,
)
from poolhouse.rules.auth import password_policy
from poolhouse.rules.messages import delivery_details
from poolhouse.rules.users import attributes, usernames
from poolhouse.wire.enums import ExplicitAuthFlowsType


def sign_up(
    pool: Pool,
    client: Client,
    *,
    username: str,
    password: str | None,
    given: Mapping[str, str],
    sub: str,
    now: datetime,
) -> User:
    """Return the user who would sign up, before PreSignUp is asked; refused in the service's order.

    Order of ev:users-8.1: sign-up allowed, form of the username, password policy, permission to
    write the attributes, schema.
    """
    if pool.admins_create_users_only:
        raise SignUpNotPermitted
    kind = usernames.check_new(pool, username)
    all_given = usernames.with_username(kind, username, given)
    if password:
        if rule := password_policy.broken_rule(pool.password_policy, password):
            raise WeakPassword(rule=rule)
    elif not _may_come_without_password(pool, client, all_given):
        raise PasswordNeeded
    attributes.check_writable(pool, client, given)
    attributes.check_schema(pool, all_given, complete=True)
    usernames.check_contacts(all_given)
    if NameKind.PREFERRED_USERNAME in pool.alias_attributes & given.keys():
        # The guide: as an alias it can be set only once the user is confirmed.
        # UNVERIFIED: the sentence?
        raise OutsideSchema(lines="preferred_username: Attribute cannot be set at sign-up.\n")
    return User(
        sub=sub,
        pool_id=pool.id,
        username=username if kind is NameKind.USERNAME else sub,
        status=UserStatus.UNCONFIRMED,
        attributes=attributes.stored(all_given),
        created_at=now,
        modified_at=now,
    )


def admitted(user: User, *, confirmed: bool, email: bool, phone: bool) -> User:
    """Return the user after PreSignUp: confirmed, or with verified contacts, or neither."""
    verified = {each for each, yes in ((Contact.EMAIL, email), (Contact.PHONE, phone)) if yes}
    return msgspec.structs.replace(
        user,
        status=UserStatus.CONFIRMED if confirmed else UserStatus.UNCONFIRMED,
        attributes=attributes.with_flags(user.attributes, verified),
    )


def confirm_by_admin(user: User | None, now: datetime) -> User:
    """Confirm an UNCONFIRMED user; refuse every other status. Nothing is verified by it."""
    if user is None:
        raise UserNotFound
    return msgspec.structs.replace(
        _to_be_confirmed(user), status=UserStatus.CONFIRMED, modified_at=now
    )


def check_may_confirm(user: User) -> None:
    """Check the user's state, which comes before the code (ev:users-1.5)."""
    # UNVERIFIED: is a disabled user refused? An administrator, who may, can confirm one.
    if not user.enabled:
        raise UserDisabled
    _to_be_confirmed(user)


def confirm_by_code(user: User, proved: str, now: datetime) -> User:
    """Return the user as CONFIRMED, with only the contact verified that the code was sent to."""
    return msgspec.structs.replace(
        _to_be_confirmed(user),
        status=UserStatus.CONFIRMED,
        attributes={**user.attributes, OF_ATTRIBUTE[proved].verified_attribute: "true"},
        modified_at=now,
    )


def check_may_send_codes(pool: Pool) -> None:
    """Check that the pool sends codes.

    This comes before the user is read, so that unknown users get the same response.
    """
    if not pool.auto_verified:
        raise NothingToResend


def contact_to_resend_to(pool: Pool, client: Client, user: User) -> Contact | None:
    """Return where another code goes; refused where none can help (ev:users-8.4).

    None where the client hides who exists: the user is answered like one who isn't there. A report
    of 2026 has AWS answer so for a confirmed user (amplify-js#14762).

    Also to a contact that PreSignUp called verified without confirming the user, who could not be
    confirmed by a code otherwise.
    """
    contact = delivery_details.code_target(pool, attributes.contacts(user))
    if client.hides_user_existence:
        return contact if user.status is UserStatus.UNCONFIRMED else None
    if not user.enabled:
        raise UserDisabled
    if user.status is UserStatus.CONFIRMED:
        raise AlreadyConfirmed
    if user.status is not UserStatus.UNCONFIRMED:
        raise CannotResendForStatus(status=user.status.value)
    if contact is None:
        # UNVERIFIED: what is a user answered who has no contact?
        raise NothingToResend
    return contact


def _to_be_confirmed(user: User) -> User:
    if user.status is not UserStatus.UNCONFIRMED:
        raise CannotConfirm(status=user.status.value)
    return user


def may_choose_no_password(pool: Pool, client: Client) -> bool:
    """Return whether a user with the right contacts may sign up without a password."""
    return bool(_contacts_instead_of_password(pool, client))


def _may_come_without_password(pool: Pool, client: Client, given: Mapping[str, str]) -> bool:
    """Return whether this user could sign in by a code: an allowed factor with a contact for it.

    The contact must be one that the pool verifies by itself (dg: signing-up-users-in-your-app).
    """
    return any(given.get(each) for each in _contacts_instead_of_password(pool, client))


def _contacts_instead_of_password(pool: Pool, client: Client) -> set[Contact]:
    if ExplicitAuthFlowsType.ALLOW_USER_AUTH not in (client.settings.ExplicitAuthFlows or ()):
        return set()
    return {each for each in attributes.contacts_for_codes(pool) if each in pool.auto_verified}
