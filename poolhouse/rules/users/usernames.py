"""What a user may be called, and by which of a pool's names a user is found.

Two exclusive models (ev:users-6.1): with AliasAttributes the username is the caller's own string
and verified attributes name the user besides; with UsernameAttributes the email or phone number is
the name, and the username is the `sub`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User, UserName
from poolhouse.errors.users import (
    InvalidEmail,
    InvalidPhone,
    UsernameDiffers,
    UsernameLooksLikeAlias,
    UsernameMustBeEither,
    UsernameMustBeEmail,
    UsernameMustBePhone,
)

_LIKE_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]++(?:\.[^\s@.]++)++")
_SPECIALS = frozenset('"(),:;<>[]\\\u3002')
"""RFC 5322, section 3.2.3: what stands in comments, quoted local parts, groups and literals. The
last is a full stop that IDNA maps (RFC 5895).
"""
# UNVERIFIED: how many digits does the service ask for? E.164 allows fifteen.
_PHONE = re.compile(r"\+[0-9]{1,15}")
_FIRST_DAY = 86_400_000
"""First day of a pool, in milliseconds."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_email(text: str) -> bool:
    """Return whether a new email address can be this one.

    Comments and quoted local parts are further spellings of a mailbox that has another address
    already (RFC 5322, sections 3.2.2 and 3.4.1), as are invisible characters, and domains that name
    servers map to another spelling (RFC 5895). So they are refused, or one mailbox would be many
    users.
    """
    # UNVERIFIED: does AWS refuse these forms?
    return (
        is_like_email(text)
        and _SPECIALS.isdisjoint(text)
        and (text.isascii() or _is_spelled_plainly(text))
        and text.isprintable()
    )


def is_like_email(text: str) -> bool:
    """Return whether a name has the form of an email address, also one that isn't accepted now.

    Users that have had such an address from before are found by it, and it is no username.
    """
    return _LIKE_EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None


def case_folded(pool: Pool, name: str) -> str:
    """Return a name as the pool compares it: without case where the pool is not case-sensitive."""
    return name if pool.case_sensitive else name.lower()


class SubOrName(NamedTuple):
    """A `sub`, or a username of that form; the user with this sub comes first."""

    sub: str
    name: UserName


class EitherName(NamedTuple):
    """A username, or an alias of any form; the user with the username comes first."""

    name: UserName
    alias: UserName


def lookup_order(pool: Pool, username: str) -> Iterator[UserName | EitherName | SubOrName | str]:
    """Return where to look for what a request calls `Username`; first match wins.

    A str is a `sub`. Exact username (a federated user's too), then email, phone number, preferred
    username where the pool lets these name a user (ev:users-6.4). A `sub` comes before them all:
    no name that another user has chosen may lead past it.
    """
    sub, name = sub_in(username), _named(pool, NameKind.USERNAME, username)
    alias = None if _is_contact(pool, username) else as_preferred(pool, name)
    if sub is None:
        # In one read: a further one for unknown names would reveal them.
        yield name if alias is None else EitherName(name, alias)
    else:  # where the sub is the username, it is no name
        yield sub if pool.username_attributes else SubOrName(sub, name)
    for kind in (NameKind.EMAIL, NameKind.PHONE_NUMBER):
        looks_like = is_like_email if kind is NameKind.EMAIL else is_phone
        if looks_like(username) and kind in (pool.alias_attributes | pool.username_attributes):
            yield _named(pool, kind, username)
    if sub is not None and alias is not None:
        yield alias


def decoy_username(pool: Pool, user: User) -> str:
    """Return the username of the decoy user of an unknown name.

    Users who are found by an email or a phone number are called otherwise, mostly by their sub.
    """
    name = case_folded(pool, user.username)
    if _UUID.fullmatch(name):
        return name
    return user.sub if _is_contact(pool, name) or pool.username_attributes else name


def decoy_sub(pool: Pool, digest: bytes, now: datetime) -> str:
    """Return a sub that one of the pool's users could have: version 7, from the pool's lifetime.

    Each time the pool's age doubles, half of the names get another sub. If all were from the pool's
    first day for ever, their age would distinguish them from users. On that day they may be of a
    later hour.
    """
    born, present = (int(at.timestamp() * 1000) for at in (pool.created_at, now))
    life = 1 << max(present - born, _FIRST_DAY).bit_length() - 1
    number = (born + int.from_bytes(digest[:8], "big") % life) << 80
    number |= int.from_bytes(digest[8:18], "big") & ~(0xF << 76 | 0b11 << 62)
    return str(UUID(int=number | 7 << 76 | 0b10 << 62))


def names_of(pool: Pool, user: User) -> set[UserName]:
    """Return every name that the user holds, each unique in the pool."""
    return {*own_name(pool, user), *aliases_of(pool, user), *reserved_by(pool, user)}


def has_name(pool: Pool, user: User, name: UserName) -> bool:
    """Return whether this is one of the user's names, without building `names_of`."""
    if name.kind is NameKind.USERNAME:
        return name in own_name(pool, user) or name in reserved_by(pool, user)
    return name in aliases_of(pool, user)


def sub_in(text: str) -> str | None:
    """Return the `sub` that a text spells, as the store has it; None if it hasn't that form."""
    return text.lower() if _UUID.fullmatch(text) else None


def own_name(pool: Pool, user: User) -> list[UserName]:
    """Return the username, where it is a name of its own: the `sub` needs none."""
    if user.username == user.sub:
        return []
    return [_named(pool, NameKind.USERNAME, user.username)]


def aliases_of(pool: Pool, user: User) -> list[UserName]:
    """Return the names that come from attributes.

    An alias counts once verified, a username attribute always. So does preferred_username, unless
    it looks like another alias: no code has verified that it is the user's.
    """
    # UNVERIFIED: does AWS refuse such a preferred_username?
    names = []
    for kind in NameKind:
        value = user.attributes.get(kind.value)
        if not value or kind is NameKind.USERNAME:
            continue
        if kind is NameKind.PREFERRED_USERNAME and _is_contact(pool, value):
            continue
        verified = (
            kind is NameKind.PREFERRED_USERNAME
            or user.attributes.get(f"{kind.value}_verified", "").lower() == "true"
        )
        if kind in pool.username_attributes or (kind in pool.alias_attributes and verified):
            names.append(_named(pool, kind, value))
    return names


def reserved_by(pool: Pool, user: User) -> list[UserName]:
    """Return the username that no other user may have: the user's preferred_username, as an alias.

    Requests find both by the same text. A user that had it for a username would be found instead of
    the alias's holder. The other aliases have a form that no username has.
    """
    value = user.attributes.get(NameKind.PREFERRED_USERNAME)
    if not value or NameKind.PREFERRED_USERNAME not in pool.alias_attributes:
        return []
    if _is_contact(pool, value):
        return []
    name = _named(pool, NameKind.USERNAME, value)
    return [] if name in own_name(pool, user) else [name]


def as_preferred(pool: Pool, name: UserName) -> UserName | None:
    """Return the alias that a username would be mistaken for; None if the pool has none such."""
    if NameKind.PREFERRED_USERNAME not in pool.alias_attributes:
        return None
    return UserName(pool.id, NameKind.PREFERRED_USERNAME, name.value)


def foreign_subs(pool: Pool, user: User) -> list[str]:
    """Return what the user is called that has the form of another user's `sub`."""
    called = (sub_in(name.value) for name in (*own_name(pool, user), *reserved_by(pool, user)))
    return [sub for sub in called if sub is not None and sub != user.sub]


def without_alias(user: User, contact: Contact, now: datetime) -> User:
    """Return the user after another user has taken this alias: the attribute stays, unverified."""
    attributes = {**user.attributes, contact.verified_attribute: "false"}
    return msgspec.structs.replace(user, attributes=attributes, modified_at=now)


def check_new(pool: Pool, username: str) -> NameKind:
    """Refuse a username that the pool's model doesn't allow; say what kind of name it is."""
    if pool.username_attributes:
        return _username_attribute(pool, username)
    if NameKind.EMAIL in pool.alias_attributes and is_like_email(username):
        raise UsernameLooksLikeAlias(kind="email")
    if NameKind.PHONE_NUMBER in pool.alias_attributes and is_phone(username):
        raise UsernameLooksLikeAlias(kind="phone number")
    return NameKind.USERNAME


def with_username(kind: NameKind, username: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes, with the username among them where it is an email or phone number."""
    if kind is NameKind.USERNAME:
        return dict(attributes)
    if attributes.get(kind.value, username) != username:
        raise UsernameDiffers(attribute=kind.value)
    return {**attributes, kind.value: username}


def check_contacts(attributes: Mapping[str, str]) -> None:
    """Refuse an email or phone number that can't be one."""
    email, phone = attributes.get(NameKind.EMAIL), attributes.get(NameKind.PHONE_NUMBER)
    if email and not is_email(email):
        raise InvalidEmail
    if phone is not None and not is_phone(phone):
        raise InvalidPhone


def _is_contact(pool: Pool, text: str) -> bool:
    """Return whether a text has the form of an email or phone number by which users are found."""
    kinds = pool.alias_attributes | pool.username_attributes
    return (NameKind.EMAIL in kinds and is_like_email(text)) or (
        NameKind.PHONE_NUMBER in kinds and is_phone(text)
    )


def _username_attribute(pool: Pool, username: str) -> NameKind:
    email, phone = (kind in pool.username_attributes for kind in Contact)
    if email and is_email(username):
        return NameKind.EMAIL
    if phone and is_phone(username):
        return NameKind.PHONE_NUMBER
    if email and phone:
        raise UsernameMustBeEither
    raise UsernameMustBeEmail if email else UsernameMustBePhone


def _named(pool: Pool, kind: NameKind, value: str) -> UserName:
    return UserName(pool.id, kind, case_folded(pool, value))


def _is_spelled_plainly(email: str) -> bool:
    """Return whether an address beyond ASCII is written in the form that mail servers compare."""
    domain = email.rpartition("@")[2]
    return unicodedata.is_normalized("NFC", email) and unicodedata.is_normalized("NFKC", domain)
