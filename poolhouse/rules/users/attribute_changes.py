"""Changing a user's attributes, and proving new contacts (ev:users-5.3, ev:users-11)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from poolhouse.entities.clients import Client
from poolhouse.entities.codes import Code, Purpose
from poolhouse.entities.contacts import OF_ATTRIBUTE, Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.users import (
    AttributeImmutable,
    ChangeOutsideSchema,
    NameCannotBeDeleted,
    NoEmailToVerify,
    NoPhoneToVerify,
    NotVerifiable,
    RequiredAttributeDeleted,
)
from poolhouse.rules.auth import factor_changes
from poolhouse.rules.users import attributes, usernames


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that gets a code. `user` has it among the attributes, whether it is stored or not.

    `pending`: it takes effect only when the code has proved it.
    """

    contact: Contact
    user: User
    pending: bool


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a change: the user, contacts to verify, and contacts whose codes are void."""

    user: User
    proofs: tuple[Proof, ...] = ()
    void: tuple[Purpose, ...] = ()


def by_user(
    pool: Pool, client: Client, user: User, given: Mapping[str, str], now: datetime
) -> Change:
    """Return a user's own change of what the app client may write, within the schema."""
    attributes.check_writable(pool, client, given)
    change = _changed(pool, user, given, now)
    recorded = factor_changes.record_difference(user, change.user, now)
    return msgspec.structs.replace(change, user=recorded)


def by_admin(pool: Pool, user: User, given: Mapping[str, str], now: datetime) -> Change:
    """Apply an administrator's changes: of any mutable attribute, and of verified flags."""
    return _changed(pool, user, given, now)


def deleted_by_user(
    pool: Pool, client: Client, user: User, names: Iterable[str], now: datetime
) -> Change:
    """Return a user's own deletion of what the app client may write."""
    # UNVERIFIED: what of a name outside the schema? Here it is refused as in an update; an
    # attribute that the user merely lacks is deleted already.
    return by_user(pool, client, user, _deletions(names), now)


def deleted_by_admin(pool: Pool, user: User, names: Iterable[str], now: datetime) -> Change:
    """Apply an administrator's deletions, of any mutable attribute."""
    return by_admin(pool, user, _deletions(names), now)


def to_verify(user: User, name: str, outstanding: Code | None) -> Proof:
    """Return the value that a requested code verifies: the pending one, else the current one.

    A verified value may be verified again (floci#1898).
    """
    contact = verifiable(name)
    # UNVERIFIED: does asking again concern the value that waits? Nothing else could send it again.
    if outstanding is not None and outstanding.pending is not None:
        return _proof(user, contact, outstanding.pending, pending=True)
    if not user.attributes.get(contact):
        raise NoEmailToVerify if contact is Contact.EMAIL else NoPhoneToVerify
    return Proof(contact=contact, user=user, pending=False)


def verifiable(name: str) -> Contact:
    """Return the contact of an attribute. Refuse those that no code verifies."""
    for contact in Contact:
        if name == contact:
            return contact
    raise NotVerifiable


def verified(user: User, code: Code, now: datetime) -> User:
    """Return the user after the code was used: with the pending value, which is verified."""
    flag = OF_ATTRIBUTE[code.attribute].verified_attribute
    promoted = {} if code.pending is None else {code.attribute: code.pending}
    after = msgspec.structs.replace(
        user,
        attributes={
            **user.attributes,
            **promoted,
            flag: "true",
        },
        modified_at=now,
    )
    return factor_changes.record_difference(user, after, now)


def _changed(pool: Pool, user: User, given: Mapping[str, str], now: datetime) -> Change:
    """Check all attributes, then change them; a changed contact may have to be verified.

    An empty value deletes. A value that the user has already changes nothing, not even the flag
    (amazon-cognito-identity-js#350).
    """
    _check(pool, user, given)
    after, proofs, void = _plain(user, given), [], []
    for contact in Contact:
        value, flag = given.get(contact), contact.verified_attribute
        vouched = given.get(flag, "").lower()
        if not value:
            if value is not None:
                if vouched != "true":  # or that is refused below
                    after.pop(flag, None)
                void.append(contact.purpose)
        elif value == user.attributes.get(contact):
            pass
        elif contact in pool.verified_before_update and vouched != "true":
            _keep(user, after, contact.value, flag)
            proofs.append(_proof(user, contact, value, pending=True))
        else:
            after[flag] = vouched or "false"
            void.append(contact.purpose)
            if vouched != "true" and contact in pool.auto_verified:
                # UNVERIFIED: does a change by an administrator send a code too? Peers differ.
                proofs.append(_proof(user, contact, value, pending=False))
    attributes.check_flags(after)
    changed = msgspec.structs.replace(user, attributes=after, modified_at=now)
    issued = {proof.contact.purpose for proof in proofs}
    return Change(
        user=changed,
        proofs=tuple(proofs),
        void=tuple(purpose for purpose in void if purpose not in issued),
    )


def _plain(user: User, given: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes with every given value in place; flags are written in lower case."""
    written = {
        name: value.lower() if name in attributes.FLAGS else value for name, value in given.items()
    }
    return attributes.stored({**user.attributes, **written})


def _keep(user: User, after: dict[str, str], *names: str) -> None:
    """Put the user's own values back."""
    for name in names:
        if name in user.attributes:
            after[name] = user.attributes[name]
        else:
            after.pop(name, None)


def _proof(user: User, contact: Contact, value: str, *, pending: bool) -> Proof:
    """Return the verification of a contact, and the user as its message shows them.

    That user has the new contact, which isn't verified.
    """
    # UNVERIFIED: do functions see the new value while it waits? A sender of the pool's own must.
    attributes_then = {
        **user.attributes,
        contact.value: value,
        contact.verified_attribute: "false",
    }
    return Proof(
        contact=contact,
        user=msgspec.structs.replace(user, attributes=attributes_then),
        pending=pending,
    )


def _deletions(names: Iterable[str]) -> dict[str, str]:
    """Return the change that deletes these attributes: an empty value for each."""
    deleted = dict.fromkeys(names, "")
    attributes.refuse_sub(deleted)
    return deleted


def _check(pool: Pool, user: User, given: Mapping[str, str]) -> None:
    """Refuse the whole request for one attribute that can't be so; an empty value is no value."""
    filled = {name: value for name, value in given.items() if value}
    looked_at = {name: value for name, value in given.items() if value or name not in pool.schema}
    lines = [f"user.{name}: {fault}\n" for name, fault in attributes.faults(pool, looked_at)]
    if lines:
        raise ChangeOutsideSchema(lines="".join(lines))
    for name in given:
        if not pool.schema[name].mutable:
            raise AttributeImmutable(attribute=name)
    required = [name for name in given if name not in filled and pool.schema[name].required]
    if required:
        # aws-sdk-ios#4251. UNVERIFIED: the line feed, here as in the sentences beside it?
        lines = [f"user.{name}: Required attribute cannot be deleted.\n" for name in required]
        raise RequiredAttributeDeleted(lines="".join(lines))
    # A value that stays is not looked at: rules for addresses have become stricter.
    usernames.check_contacts({n: v for n, v in filled.items() if user.attributes.get(n) != v})
    _check_still_named(pool, user, given)


def _check_still_named(pool: Pool, user: User, given: Mapping[str, str]) -> None:
    """Check that a user of a UsernameAttributes pool still has a contact to sign in with.

    UNVERIFIED: of a user who has both, may the one be deleted that they signed up with?
    """
    after = {**user.attributes, **given}
    gone = [name for name in given if name in pool.username_attributes and not after[name]]
    if gone and not any(after.get(name) for name in pool.username_attributes):
        raise NameCannotBeDeleted(attribute=gone[0])
