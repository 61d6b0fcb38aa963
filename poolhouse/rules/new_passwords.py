"""The first sign-in with an administrator's password: another one, and what the profile lacks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules import attributes, usernames
from poolhouse.sign_in_errors import AlreadyProvided, AttributesMissing

PREFIX: Final = "userAttributes."
"""Before an attribute's name, in the challenge's parameters and in its responses."""


def missing(pool: Pool, user: User) -> list[str]:
    """The required attributes that the user doesn't have yet."""
    return [
        entry.name
        for entry in pool.attributes
        if entry.required and entry.name != "sub" and not user.attributes.get(entry.name)
    ]


def given(responses: Mapping[str, str]) -> dict[str, str]:
    """The attributes among the responses, by their names."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in responses.items()
        if name.startswith(PREFIX)
    }


def completed(
    pool: Pool, client: Client, user: User, added: Mapping[str, str], now: datetime
) -> User:
    """The user with a password of their own: CONFIRMED, with all attributes that are required.

    A contact that is new isn't verified. What the user has already of the required attributes can't
    be changed here; clients that send it back as it is are not refused.
    """
    required = {entry.name for entry in pool.attributes if entry.required}
    for name in added:
        if name in required and user.attributes.get(name, added[name]) != added[name]:
            raise AlreadyProvided(attribute=name)
    changed = {n: value for n, value in added.items() if user.attributes.get(n) != value}
    absent = [name for name in missing(pool, user) if not changed.get(name)]
    if absent:
        raise AttributesMissing(attribute=absent[0])
    attributes.check_writable(pool, client, changed)
    attributes.check_schema(pool, changed, complete=False)
    usernames.check_contacts(changed)
    flags = {
        f"{contact.value}_verified": "false"
        for contact in usernames.CONTACTS
        if contact.value in changed
    }
    return replace(
        user,
        attributes=attributes.stored({**user.attributes, **changed, **flags}),
        status=UserStatus.CONFIRMED,
        modified_at=now,
    )
