"""A user's attributes against the pool's schema and the app client's permissions (ev:users-5)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import OF_ATTRIBUTE, Contact
from poolhouse.entities.pools import Pool, SchemaAttribute
from poolhouse.entities.users import User
from poolhouse.errors.users import (
    AttributeNotMutable,
    AttributeNotWritable,
    AttributeNull,
    EmailNeeded,
    OutsideSchema,
    PhoneNeeded,
)
from poolhouse.rules.users.usernames import aliases_of
from poolhouse.wire.enums import AttributeDataType
from poolhouse.wire.structs import AttributeType

LONGEST = 2048
FLAGS = {contact.verified_attribute: contact for contact in Contact}
"""The contact that each flag calls verified."""
_NEVER_WRITABLE = frozenset({"sub", "identities", *FLAGS})
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def given(listed: Iterable[AttributeType] | None) -> dict[str, str]:
    """Return the attributes that a request gives, by name; the last of equal names counts.

    Raises AttributeNotMutable for `sub`, then AttributeNull for an attribute without a value: SDKs
    drop members that are undefined, and a missing value must not erase anything.
    """
    found = {attribute.Name: attribute.Value for attribute in listed or ()}
    refuse_sub(found)
    for attribute in listed or ():
        if attribute.Value is None:
            raise AttributeNull(attribute=attribute.Name)
    return {name: value for name, value in found.items() if value is not None}


def refuse_sub(names: Iterable[str]) -> None:
    """Raise AttributeNotMutable if `sub` is among the names that a request wants to write."""
    if "sub" in names:
        raise AttributeNotMutable(attribute="sub")


def validation_data(listed: Iterable[AttributeType] | None) -> dict[str, str] | None:
    """Return ValidationData as functions get it; None if there is none."""
    return {each.Name: each.Value or "" for each in listed or ()} or None


def listed(user: User, readable: Client | None = None) -> list[AttributeType]:
    """Return a user's attributes as in responses: `sub` first, then those the client may read."""
    every = [AttributeType(Name="sub", Value=user.sub)]
    every += [
        AttributeType(Name=name, Value=value)
        for name, value in user.attributes.items()
        if readable is None or may_read(readable, name)
    ]
    return every


def for_triggers(pool: Pool, user: User) -> dict[str, str]:
    """Return what functions see of a stored user (ev:triggers-3).

    An email or phone number that names the user is there a second time, as the alias: events of
    AWS show it for verified aliases, and for username attributes verified or not.
    """
    aliases = {
        f"cognito:{name.kind.value}_alias": user.attributes[name.kind.value]
        for name in aliases_of(pool, user)
        if name.kind in OF_ATTRIBUTE
    }
    return {
        "sub": user.sub,
        "cognito:user_status": user.status.value,
        **aliases,
        **user.attributes,
    }


def may_read(client: Client, name: str) -> bool:
    """Return whether an app client may read an attribute: without a list every one (ev:users-4.1).

    The API's text says that only standard attributes are readable then; the service shows all
    (aws-aspnet-cognito-identity-provider#89, terraform-provider-aws#28684).
    """
    readable = client.settings.ReadAttributes
    return not readable or name in readable


def check_writable(pool: Pool, client: Client, names: Iterable[str]) -> None:
    """Refuse attributes that this client may not write.

    With a list, the permission comes before the schema (amplify-flutter#1650). Without one every
    attribute is writable but the flags, `identities` and developers' ones; a name that the schema
    doesn't know is the schema's to refuse. Required attributes are always writable. Flags never
    are, whatever the schema or the list says: they are what codes and administrators prove.
    """
    writable = client.settings.WriteAttributes
    for name in names:
        entry = pool.schema.get(name)
        if name in _NEVER_WRITABLE or (entry is not None and entry.developer_only):
            raise AttributeNotWritable().because(f"no client may write {name}")
        is_required = entry is not None and entry.required
        if writable and name not in writable and not is_required:
            raise AttributeNotWritable().because(f"{name} isn't in the client's WriteAttributes")


def is_writable(pool: Pool, client: Client, name: str) -> bool:
    """Return whether this client may write an attribute of the schema."""
    try:
        check_writable(pool, client, (name,))
    except AttributeNotWritable:
        return False
    return True


def is_asked_for(entry: SchemaAttribute) -> bool:
    """Return whether users must supply this attribute: it is required, and theirs to write."""
    # UNVERIFIED: what of a pool that requires a flag? Here the service supplies it, as always.
    return entry.required and entry.name not in _NEVER_WRITABLE


def check_schema(pool: Pool, attributes: Mapping[str, str], *, complete: bool) -> None:
    """Refuse attributes outside the schema, all in one sentence.

    `complete`: every required attribute must be among them, as at sign-up. An administrator may
    leave them out: the user supplies them at the first sign-in.
    """
    lines = [f"{name}: {fault}\n" for name, fault in faults(pool, attributes)]
    if complete:
        lines += [
            f"{entry.name}: The attribute is required\n"
            for entry in pool.attributes
            if is_asked_for(entry) and not attributes.get(entry.name)
        ]
    if lines:
        raise OutsideSchema(lines="".join(lines))


def faults(pool: Pool, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with which of the attributes: unknown to the schema, or against it."""
    for name, value in attributes.items():
        for fault in _faults_of(pool.schema.get(name), value):
            yield name, fault


def check_flags(attributes: Mapping[str, str]) -> None:
    """Check that only contacts that exist are marked as verified."""
    for flag, contact in FLAGS.items():
        if attributes.get(flag, "").lower() == "true" and not attributes.get(contact):
            raise EmailNeeded if contact is Contact.EMAIL else PhoneNeeded


def stored(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return what a new user keeps of the attributes: those with a value.

    UNVERIFIED: does the service store empty ones? An update to an empty value deletes.
    """
    return {name: value for name, value in attributes.items() if value}


def contacts(user: User) -> dict[str, str]:
    """Return the user's email and phone number, whether verified or not."""
    return {each.attribute: user.attributes[each] for each in Contact if each in user.attributes}


def contacts_for_codes(pool: Pool) -> set[Contact]:
    """Return the contacts that users of the pool may sign in with by one-time codes."""
    return {contact for contact in Contact if contact.factor in pool.first_factors}


def with_flags(attributes: Mapping[str, str], verified: Iterable[str] = ()) -> dict[str, str]:
    """Return the attributes with a flag for each contact: "true" if it is among the verified."""
    flags = {
        flag: "true" if contact in verified else "false"
        for flag, contact in FLAGS.items()
        if contact in attributes
    }
    return {**attributes, **flags}


def _faults_of(entry: SchemaAttribute | None, value: str) -> Iterator[str]:
    """Yield what is wrong with a value. UNVERIFIED: the sentences about numbers and booleans."""
    if entry is None:
        yield "Attribute does not exist in the schema."  # amplify-js#5532
    elif entry.type is AttributeDataType.BOOLEAN:
        if value.lower() not in {"true", "false"}:
            yield "Value must be true or false."
    elif entry.type is AttributeDataType.NUMBER:
        yield from _number_faults(entry, value)
    elif entry.type is AttributeDataType.STRING:
        longest = LONGEST if entry.max_length is None else entry.max_length
        if len(value) < (entry.min_length or 0):
            # amplify-flutter#2034: no full stop
            yield f"String must be no shorter than {entry.min_length} characters"
        elif len(value) > longest:
            yield f"String must be no longer than {longest} characters"  # amplify-swift#1088
    elif len(value) > LONGEST:
        yield f"String must be no longer than {LONGEST} characters"  # UNVERIFIED: of dates


def _number_faults(entry: SchemaAttribute, value: str) -> Iterator[str]:
    # Not whatever Decimal can read: that takes underscores, other digits and "Infinity" too.
    if len(value) > LONGEST or not _NUMBER.fullmatch(value):
        yield "Value must be a number."
    elif entry.min_value is not None and Decimal(value) < Decimal(entry.min_value):
        yield f"Value must be at least {entry.min_value}."
    elif entry.max_value is not None and Decimal(value) > Decimal(entry.max_value):
        yield f"Value must be at most {entry.max_value}."
