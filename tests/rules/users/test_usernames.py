"""Usernames and aliases: their form, and users found by them (ev:users-6)."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import NameKind, User, UserName, UserStatus
from poolhouse.errors.users import (
    InvalidEmail,
    InvalidPhone,
    UsernameDiffers,
    UsernameLooksLikeAlias,
    UsernameMustBeEither,
    UsernameMustBeEmail,
    UsernameMustBePhone,
)
from poolhouse.rules.users import usernames
from poolhouse.rules.users.usernames import EitherName, SubOrName
from poolhouse.wire.enums import AliasAttributeType, UsernameAttributeType
from poolhouse.wire.structs import UsernameConfigurationType, UserPoolType

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SUB = "4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5"
ID = "eu-west-1_Barn"
USERNAME, EMAIL, PHONE, PREFERRED = NameKind


def pool(*, aliases: str = "", names: str = "", case_sensitive: bool = True) -> Pool:
    settings = UserPoolType(
        AliasAttributes=[AliasAttributeType(each) for each in aliases.split()],
        UsernameAttributes=[UsernameAttributeType(each) for each in names.split()],
        UsernameConfiguration=UsernameConfigurationType(CaseSensitive=case_sensitive),
    )
    return Pool(id=ID, settings=settings, attributes=(), created_at=NOW, modified_at=NOW)


def user(username: str = "zoe", attributes: Mapping[str, str] | None = None) -> User:
    return User(
        sub=SUB,
        pool_id=ID,
        username=username,
        status=UserStatus.CONFIRMED,
        attributes=dict(attributes or {}),
        created_at=NOW,
        modified_at=NOW,
    )


def name(kind: NameKind, value: str) -> UserName:
    return UserName(ID, kind, value)


@pytest.mark.parametrize(
    "text",
    ["a@b.c", "zoe+tag@mail.barn.example", "ü@ö.ä", "o'neil@barn.example", "x" * 64 + "@b.example"],
)
def test_username_email_has_mailbox_and_domain(text: str) -> None:
    assert usernames.is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "a@", "@b.c", "a@b", "a@b.", "a@.b", "a@b..c", "a b@c.d", "a@b c.d", "a"),
        *("a@b@c.d", "a@b.c\n", "x" * 65 + "@b.example"),
    ],
)
def test_username_of_other_texts_is_no_email(text: str) -> None:
    assert not usernames.is_email(text)


FURTHER_SPELLINGS = [
    *('"a"@corp.com', '"a b"@corp.com', "a(b)@corp.com", "(b)a@corp.com", "a@corp.com(b)"),
    *("a@(b)corp.com", "<a@corp.com>", "a,b@corp.com", "a:b@corp.com;", "a;b@corp.com"),
    *("a\\b@corp.com", "a@[192.0.2.1]", "[a]@corp.com"),
    # Invisible: controls, a soft hyphen, a zero-width space.
    *("a\x00@corp.com", "a\x7f@corp.com", "a@co\u00adrp.com", "a\u200b@corp.com"),
    # Full-width letters and the ideographic full stop, which IDNA maps; letters with their accents
    # apart.
    *("a@ｃorp.com", "a@x。corp.com", "a@x．corp.com", "zoe\u0308@corp.com", "a@u\u0308.com"),
]
"""Of mailboxes that have a plain address too (RFC 5322 §3.2.2, §3.4.1; RFC 5895)."""


@pytest.mark.parametrize("text", FURTHER_SPELLINGS)
def test_is_email_with_further_spelling_of_a_mailbox_returns_false(text: str) -> None:
    assert not usernames.is_email(text)


@pytest.mark.parametrize("text", [each for each in FURTHER_SPELLINGS if " " not in each])
def test_check_new_with_further_spelling_of_a_mailbox_is_refused(text: str) -> None:
    """Neither a username in a pool whose emails are aliases, nor a new name in one of emails."""
    with pytest.raises(UsernameLooksLikeAlias):
        usernames.check_new(pool(aliases="email"), text)
    with pytest.raises(UsernameMustBeEmail):
        usernames.check_new(pool(names="email"), text)


def test_lookups_of_address_accepted_before_still_lead_to_it() -> None:
    """Users whose address wouldn't be accepted now keep it."""
    for of in (pool(aliases="email"), pool(names="email")):
        assert name(EMAIL, '"a"@corp.com') in usernames.lookup_order(of, '"a"@corp.com')


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+1", True),
        ("+491701234567", True),
        ("+123456789012345", True),
        ("+1234567890123456", False),
        ("491701234567", False),
        ("+", False),
        ("+49 170", False),
        ("+49-170", False),
        ("+４９１７０", False),
        ("+1\n", False),
        ("", False),
    ],
)
def test_username_phone_is_plus_and_at_most_fifteen_digits(text: str, phone: bool) -> None:
    assert usernames.is_phone(text) is phone


@pytest.mark.parametrize(
    ("of", "username", "wanted"),
    [
        (pool(), "zoe", [name(USERNAME, "zoe")]),
        (pool(), "zoe@barn.example", [name(USERNAME, "zoe@barn.example")]),
        (pool(), SUB, [SubOrName(SUB, name(USERNAME, SUB))]),
        (pool(), SUB.upper(), [SubOrName(SUB, name(USERNAME, SUB.upper()))]),
        (pool(), "Google_123", [name(USERNAME, "Google_123")]),
        (pool(case_sensitive=False), "ZOE", [name(USERNAME, "zoe")]),
        (
            pool(aliases="email phone_number"),
            "zoe@barn.example",
            [name(USERNAME, "zoe@barn.example"), name(EMAIL, "zoe@barn.example")],
        ),
        (
            pool(aliases="email phone_number"),
            "+491701234567",
            [name(USERNAME, "+491701234567"), name(PHONE, "+491701234567")],
        ),
        (pool(aliases="email"), "+491701234567", [name(USERNAME, "+491701234567")]),
        (
            pool(aliases="preferred_username"),
            "zoe",
            [EitherName(name(USERNAME, "zoe"), name(PREFERRED, "zoe"))],
        ),
        (
            pool(aliases="preferred_username"),
            SUB,
            [SubOrName(SUB, name(USERNAME, SUB)), name(PREFERRED, SUB)],
        ),
        (
            pool(aliases="email preferred_username"),
            "zoe@barn.example",
            [name(USERNAME, "zoe@barn.example"), name(EMAIL, "zoe@barn.example")],
        ),
        (pool(names="email"), SUB, [SUB]),
        (
            pool(names="email"),
            "zoe@barn.example",
            [name(USERNAME, "zoe@barn.example"), name(EMAIL, "zoe@barn.example")],
        ),
        (
            pool(names="email", case_sensitive=False),
            "Zoe@Barn.example",
            [name(USERNAME, "zoe@barn.example"), name(EMAIL, "zoe@barn.example")],
        ),
    ],
)
def test_names_are_looked_up_in_the_services_order(
    of: Pool, username: str, wanted: list[UserName | EitherName | SubOrName | str]
) -> None:
    """ev:users-6.4; but a sub comes first, whatever others are called."""
    assert list(usernames.lookup_order(of, username)) == wanted


def test_lookups_of_a_bare_name_take_one_read_whether_or_not_it_is_a_users() -> None:
    """A second read for names that are no username would tell by its time who doesn't exist."""
    of = pool(aliases="email phone_number preferred_username")
    assert len(list(usernames.lookup_order(of, "zoe"))) == 1


VERIFIED = {
    "email": "Zoe@Barn.example",
    "email_verified": "true",
    "phone_number": "+491701234567",
    "phone_number_verified": "True",
    "preferred_username": "Zo",
}
UNVERIFIED = {**VERIFIED, "email_verified": "false", "phone_number_verified": ""}


@pytest.mark.parametrize(
    ("of", "attributes", "kinds"),
    [
        (pool(), VERIFIED, set()),
        (pool(aliases="email"), VERIFIED, {EMAIL}),
        (
            pool(aliases="email phone_number preferred_username"),
            VERIFIED,
            {EMAIL, PHONE, PREFERRED},
        ),
        (pool(aliases="email phone_number preferred_username"), UNVERIFIED, {PREFERRED}),
        (pool(aliases="email"), {"email": "a@b.c"}, set()),
        (pool(aliases="email"), {"email": "", "email_verified": "true"}, set()),
        (pool(names="email"), UNVERIFIED, {EMAIL}),
        (pool(names="email phone_number"), UNVERIFIED, {EMAIL, PHONE}),
    ],
)
def test_aliases_count_verified_and_username_attributes_always(
    of: Pool, attributes: dict[str, str], kinds: set[NameKind]
) -> None:
    """ev:users-6.1."""
    assert {each.kind for each in usernames.aliases_of(of, user(attributes=attributes))} == kinds


def test_username_sub_is_not_reserved_as_a_name() -> None:
    assert usernames.names_of(pool(), user("Zoe")) == {name(USERNAME, "Zoe")}
    assert usernames.names_of(pool(case_sensitive=False), user("Zoe")) == {name(USERNAME, "zoe")}
    assert usernames.names_of(pool(names="email"), user(SUB)) == set()


@given(
    of=st.sampled_from(
        [
            pool(aliases="email phone_number preferred_username"),
            pool(aliases="email phone_number preferred_username", case_sensitive=False),
            pool(names="email phone_number"),
            pool(names="email phone_number", case_sensitive=False),
        ]
    ),
    username=st.one_of(st.just(SUB), st.just(SUB.upper()), st.text(min_size=1)),
    preferred=st.one_of(st.just(SUB), st.text()),
)
def test_user_is_found_by_each_of_their_names(of: Pool, username: str, preferred: str) -> None:
    """Whatever is claimed is looked up, too; otherwise a name would be held for ever in vain."""
    attributes = {**VERIFIED, "preferred_username": preferred}
    found_by = {
        USERNAME: username,
        EMAIL: attributes["email"],
        PHONE: attributes["phone_number"],
        PREFERRED: preferred,
    }
    named_user = user(SUB if of.username_attributes else username, attributes)
    reserved = usernames.reserved_by(of, named_user)
    for held in usernames.names_of(of, named_user):
        text = preferred if held in reserved else found_by[held.kind]
        looked_up = set[object]()
        for each in usernames.lookup_order(of, text):
            # A name is a tuple too.
            looked_up |= {*each} if isinstance(each, SubOrName | EitherName) else {each}
        assert held in looked_up
        assert usernames.has_name(of, named_user, held)


@pytest.mark.parametrize(
    ("of", "username", "kind"),
    [
        (pool(), "zoe@barn.example", USERNAME),
        (pool(aliases="phone_number"), "zoe@barn.example", USERNAME),
        (pool(aliases="email"), "zoe", USERNAME),
        (pool(names="email"), "zoe@barn.example", EMAIL),
        (pool(names="phone_number"), "+491701234567", PHONE),
        (pool(names="email phone_number"), "zoe@barn.example", EMAIL),
        (pool(names="email phone_number"), "+491701234567", PHONE),
    ],
)
def test_new_username_has_the_kind_of_the_pool(of: Pool, username: str, kind: NameKind) -> None:
    assert usernames.check_new(of, username) is kind


@pytest.mark.parametrize(
    ("of", "username", "refusal"),
    [
        (pool(aliases="email"), "zoe@barn.example", UsernameLooksLikeAlias),
        (pool(aliases="phone_number"), "+491701234567", UsernameLooksLikeAlias),
        (pool(names="email"), "zoe", UsernameMustBeEmail),
        (pool(names="phone_number"), "zoe@barn.example", UsernameMustBePhone),
        (pool(names="email phone_number"), "zoe", UsernameMustBeEither),
    ],
)
def test_new_username_outside_the_model_is_refused(
    of: Pool, username: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        usernames.check_new(of, username)


def test_username_email_becomes_an_attribute() -> None:
    with_username = usernames.with_username
    assert with_username(USERNAME, "zoe", {"name": "Zoe"}) == {"name": "Zoe"}
    assert with_username(EMAIL, "a@b.c", {"name": "Zoe"}) == {"name": "Zoe", "email": "a@b.c"}
    assert with_username(EMAIL, "a@b.c", {"email": "a@b.c"}) == {"email": "a@b.c"}
    with pytest.raises(UsernameDiffers):
        with_username(EMAIL, "a@b.c", {"email": "d@e.f"})


@pytest.mark.parametrize(
    ("attributes", "refusal"),
    [
        ({"email": "zoe"}, InvalidEmail),
        ({"phone_number": "0170"}, InvalidPhone),
        ({"phone_number": ""}, InvalidPhone),
    ],
)
def test_contacts_that_cannot_be_one_are_refused(
    attributes: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        usernames.check_contacts(attributes)


def test_alias_taken_by_another_user_leaves_contact_unverified() -> None:
    later = datetime(2026, 2, 2, tzinfo=UTC)
    loser = usernames.without_alias(user(attributes=VERIFIED), Contact.EMAIL, later)
    assert loser.attributes == {**VERIFIED, "email_verified": "false"}
    assert loser.modified_at == later


@given(st.text())
def test_username_lookup_of_any_text_succeeds(text: str) -> None:
    for of in (pool(), pool(names="email"), pool(aliases="email preferred_username")):
        assert list(usernames.lookup_order(of, text))


def test_user_name_longer_than_an_index_key_is_hashed() -> None:
    """PostgreSQL's B-trees take keys of some 2,600 bytes; an alias may have 2,048 characters."""
    long = UserName("eu-central-1_ABCdef123", NameKind.PREFERRED_USERNAME, "\U0001f600" * 2048)
    other = UserName(long.pool_id, long.kind, long.value[:-1])
    assert len(long.key.encode()) < 200
    assert long.key != other.key


def test_decoy_sub_has_a_time_within_the_pools_life() -> None:
    """Of any moment of it, the same for a long time."""
    digests = [bytes([n] * 32) for n in range(256)]
    for days in (0, 1, 300):
        now = NOW + timedelta(days=days)
        subs = [uuid.UUID(usernames.decoy_sub(pool(), digest, now)) for digest in digests]
        assert {(sub.version, sub.variant) for sub in subs} == {(7, uuid.RFC_4122)}
        ages = [(sub.int >> 80) / 1000 - NOW.timestamp() for sub in subs]
        assert 0 <= min(ages) <= max(ages) <= max(days, 1) * 86_400
        assert max(ages) >= days * 86_400 / 4
    later = now + timedelta(days=1)
    assert subs == [uuid.UUID(usernames.decoy_sub(pool(), each, later)) for each in digests]
