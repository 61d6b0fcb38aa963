"""Where a message is delivered: the contact, its medium, and the details that clients are shown."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from poolhouse.entities.contacts import BY_PREFERENCE, Contact
from poolhouse.entities.pools import Pool
from poolhouse.rules.users.delivery_masking import mask_email, mask_phone
from poolhouse.wire.structs import (
    CodeDeliveryDetailsType,
)

_EMAIL_LIKE: Final = re.compile(r"[^@\s]+@[^@\s]+")


_PHONE_LIKE: Final = re.compile(r"\+[0-9]+")


def code_target(pool: Pool, attributes: Mapping[str, str]) -> Contact | None:
    """Return where the sign-up code goes: the phone number before the email, and never to both.

    None if nothing is to be proved: not supplied, not auto-verified by the pool, or already
    verified, as by PreSignUp (ev:users-8.1).
    """
    for contact in BY_PREFERENCE:
        supplied = attributes.get(contact) and attributes.get(contact.verified_attribute) != "true"
        if supplied and contact in pool.auto_verified:
            return contact
    return None


def delivery_details(attribute: Contact, destination: str) -> CodeDeliveryDetailsType:
    """Return what the caller learns of a code that was sent to the user's email or phone number."""
    mask = mask_email if attribute is Contact.EMAIL else mask_phone
    return CodeDeliveryDetailsType(
        Destination=mask(destination),
        DeliveryMedium=attribute.medium,
        AttributeName=attribute.value,
    )


def decoy_contact(
    pool: Pool,
    username: str,
    secret_digest: bytes,
    possible: Sequence[Contact] = BY_PREFERENCE,
) -> tuple[Contact, str]:
    """Return the contact, and its invented value, of a user who isn't there (ev:users-14).

    A name that could itself be the contact is taken for it. For any other name the value is made of
    `secret_digest`, a keyed hash (6 bytes or more) of the pool and the name. Asking again gives the
    same value, and without the key its mask can't be told from a real one. `possible` are the
    contacts that real users may be written to, in order.

    UNVERIFIED: the form of the invented contact of a bare username?
    """
    # Folded as the pool compares names: a real user is the same user however the case is typed.
    name = username if pool.case_sensitive else username.lower()
    contacts = [contact for contact in possible if contact in pool.auto_verified]
    if not contacts:  # it isn't the pool that verifies them; then emails are likelier
        contacts = [contact for contact in BY_PREFERENCE[::-1] if contact in possible]
    looks_like = _form_of(name)
    if looks_like in contacts:
        return looks_like, name
    return contacts[0], _invented(contacts[0], secret_digest)


def _form_of(name: str) -> Contact | None:
    if _PHONE_LIKE.fullmatch(name):
        return Contact.PHONE
    return Contact.EMAIL if _EMAIL_LIKE.fullmatch(name) else None


def _invented(contact: Contact, digest: bytes) -> str:
    """Return an address of which only what its mask shows is invented: the rest would be stars."""
    if contact is Contact.EMAIL:
        mailbox, domain = (chr(ord("a") + byte % 26) for byte in digest[:2])
        return f"{mailbox}@{domain}"
    return f"+1{int.from_bytes(digest[2:6], 'big') % 10**10:010}"
