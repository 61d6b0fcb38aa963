"""The first sign-in with an administrator's password: another one, and what the profile lacks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import AlreadyProvided, AttributesMissing
from poolhouse.errors.users import AttributeNotMutable
from poolhouse.rules.users import attributes, usernames

PREFIX: Final = "userAttributes."
"""Before an attribute's name, in the challenge's parameters and in its responses."""


def missing(pool: Pool, user: User) -> list[str]:
    """Return the required attributes that the user doesn't have yet."""
    return [
        entry.name
        for entry in pool.attributes
        if attributes.is_asked_for(entry) and not user.attributes.get(entry.name)
    ]


def given(responses: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes among the responses, by their names."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in responses.items()
        if name.startswith(PREFIX)
    }


def completed(
    pool: Pool, client: Client, user: User, added: Mapping[str, str], now: datetime
) -> User:
    """Return the user with their own password: CONFIRMED, with all required attributes.

    A new contact isn't verified. The app client must have write access to other new attributes.
    """
    _check_may_be_given(pool, user, added)
    changed = {n: value for n, value in added.items() if user.attributes.get(n) != value}
    absent = [name for name in missing(pool, user) if not changed.get(name)]
    if absent:
        raise AttributesMissing(attribute=absent[0])
    attributes.check_writable(pool, client, changed)
    attributes.check_schema(pool, changed, complete=False)
    usernames.check_contacts(changed)
    flags = {contact.verified_attribute: "false" for contact in Contact if contact.value in changed}
    return replace(
        user,
        attributes=attributes.stored({**user.attributes, **changed, **flags}),
        status=UserStatus.CONFIRMED,
        modified_at=now,
    )


def _check_may_be_given(pool: Pool, user: User, added: Mapping[str, str]) -> None:
    """Refuse attributes that can't be given with the new password, even with the value they have.

    The sentence for flags is aws-sdk-ios#2203's, that for contacts aws-saas-factory-bootcamp#67's.
    Other required attributes can't be changed either, by the API's text, but may be sent back as
    they are, as amazon-cognito-identity-js tells its users to do.
    """
    lacking = missing(pool, user)
    for name in added:
        # UNVERIFIED: may a required attribute that is immutable be given here if it is missing?
        # Refusing it would keep the user out for good.
        entry = pool.schema.get(name)
        is_fixed = entry is not None and not entry.mutable and name not in lacking
        if is_fixed or name in attributes.FLAGS:
            raise AttributeNotMutable(attribute=name)
    for name, value in added.items():
        entry, has = pool.schema.get(name), user.attributes.get(name)
        changes_required = entry is not None and entry.required and value != has
        if has and (name in tuple(Contact) or changes_required):
            raise AlreadyProvided(attribute=name)
