"""Records when a user last changed what they sign in with, as a holder of an access token may.

A session earns no credit toward a level once its user has registered or changed a factor after it
began: the holder of a stolen access token could have done that.
"""

from datetime import datetime

from msgspec.structs import replace

from poolhouse.entities.contacts import Contact
from poolhouse.entities.users import User


def record(user: User, now: datetime) -> User:
    """Return the user with a change of factors at this moment."""
    # The store keeps sessions' beginnings in whole milliseconds, and both are compared. A sign-in
    # that registers a factor on its way begins its session at that moment or later.
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return replace(user, mfa=replace(user.mfa, changed_at=at))


def record_difference(was: User, user: User, now: datetime) -> User:
    """Return `user`, with a change of factors if contacts or MFA settings differ from `was`."""
    attributes = [name for each in Contact for name in (each.attribute, each.verified_attribute)]
    differs = was.mfa != user.mfa or any(
        was.attributes.get(name) != user.attributes.get(name) for name in attributes
    )
    return record(user, now) if differs else user
