"""Rules of administrators' changes to users: create, invite, enable, disable (ev:users-10)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User, UserStatus
from poolhouse.errors.auth import WeakTemporaryPassword
from poolhouse.errors.users import (
    CannotInviteAgain,
    ContactNeeded,
    UnknownRequestedAttributes,
    UserNotFound,
)
from poolhouse.rules.auth import password_policy
from poolhouse.rules.tokens import sessions
from poolhouse.rules.users import attributes, usernames


def create(
    pool: Pool,
    username: str,
    given: Mapping[str, str],
    sub: str,
    *,
    with_password: bool,
    now: datetime,
) -> User:
    """Return the user as an administrator makes one; required attributes may still be missing.

    Without a password the user is complete at once: the first sign-in, by a one-time code, has no
    place to ask for anything. UNVERIFIED: the status of such a user, here CONFIRMED?
    """
    attributes.refuse_sub(given)
    kind = usernames.check_new(pool, username)
    all_given = usernames.with_username(kind, username, given)
    attributes.check_schema(pool, all_given, complete=not with_password)
    if not with_password and not any(map(all_given.get, attributes.contacts_for_codes(pool))):
        raise ContactNeeded
    usernames.check_contacts(all_given)
    attributes.check_flags(all_given)
    return User(
        sub=sub,
        pool_id=pool.id,
        username=username if kind is NameKind.USERNAME else sub,
        status=UserStatus.FORCE_CHANGE_PASSWORD if with_password else UserStatus.CONFIRMED,
        attributes=attributes.stored(all_given),
        created_at=now,
        modified_at=now,
    )


def needs_password(pool: Pool, given: str | None) -> bool:
    """Return whether a new user gets a password: not if codes suffice and none is given."""
    return bool(given) or not attributes.contacts_for_codes(pool)


def check_temporary(pool: Pool, password: str) -> None:
    """Check a temporary password, which must comply with the policy too."""
    if rule := password_policy.broken_rule(pool.password_policy, password):
        raise WeakTemporaryPassword(rule=rule)


def temporary_until(pool: Pool, now: datetime) -> datetime:
    return now + timedelta(days=pool.password_policy.temporary_days)


def invite_again(user: User | None, username: str, now: datetime) -> User:
    """Return the user to invite again. Refuse one without an administrator's password."""
    if user is None:
        raise UserNotFound
    if user.status is not UserStatus.FORCE_CHANGE_PASSWORD:
        raise CannotInviteAgain(username=username)
    return msgspec.structs.replace(user, modified_at=now)


def enable(user: User | None, now: datetime, *, enabled: bool) -> User:
    """Return the user enabled or disabled; repeating it is fine.

    The sessions of a disabled user stay ended after the user is enabled again (ev:auth-14).
    """
    if user is None:
        raise UserNotFound
    ends = user.enabled and not enabled
    signed_out_at = sessions.ended_at(user, now) if ends else user.signed_out_at
    return msgspec.structs.replace(
        user, enabled=enabled, signed_out_at=signed_out_at, modified_at=now
    )


def sign_out(user: User, now: datetime) -> User:
    """Return the user after a global sign-out: all tokens issued so far are invalid.

    The profile itself hasn't changed.
    """
    return msgspec.structs.replace(user, signed_out_at=sessions.ended_at(user, now))


def require_user(user: User | None) -> User:
    """Return the user; administrators always learn that a user is unknown."""
    if user is None:
        raise UserNotFound
    return user


def check_requested(pool: Pool, names: list[str] | None) -> None:
    """Refuse ListUsers' AttributesToGet if the pool lacks one of the attributes.

    UNVERIFIED: the service is reported to refuse attributes that merely some user lacks, too.
    """
    if any(name not in pool.schema for name in names or ()):
        raise UnknownRequestedAttributes
