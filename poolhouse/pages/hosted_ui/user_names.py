"""The field for a user's name, by what the pool lets its users sign in with."""

from typing import NamedTuple

from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.pages.hosted_ui.texts import Texts


class NameField(NamedTuple):
    """How the field is shown. `inputmode` chooses a phone's keyboard."""

    label: str
    inputmode: str = "text"


def name_field(pool: Pool, texts: Texts) -> NameField:
    """Return the field for the name that users of the pool sign in with (ev:oauth-9).

    The type is `text` in any case: a browser would refuse to send what is no address, such as the
    `sub`, by which every user can sign in.
    """
    named_by = pool.username_attributes
    if named_by:
        return {
            (True, False): NameField(texts.email, "email"),
            (False, True): NameField(texts.phone_number, "tel"),
        }.get(_contacts(named_by), NameField(texts.email_or_phone))
    return {
        (True, True): NameField(texts.username_or_contact),
        (True, False): NameField(texts.username_or_email),
        (False, True): NameField(texts.username_or_phone),
    }.get(_contacts(pool.alias_attributes), NameField(texts.username))


def shown_name(pool: Pool, user: User) -> str:
    """Return the name by which users know themselves: one that they sign in with."""
    for name in pool.settings.UsernameAttributes or ():
        if value := user.attributes.get(name.value):
            return value
    return user.username


def _contacts(names: frozenset[str]) -> tuple[bool, bool]:
    return Contact.EMAIL in names, Contact.PHONE in names
