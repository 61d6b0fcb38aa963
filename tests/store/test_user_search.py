"""ListUsers' filters against a model in Python: the same users, in the order of code points."""

import pytest
from support.store_samples import POOL, a_user

from poolhouse.entities.users import ListedUser, User, UserStatus
from poolhouse.rules.users.listing import listed
from poolhouse.rules.users.user_filter import UserFilter, fold
from poolhouse.store import users
from poolhouse.store.store import Store
from poolhouse.store.user_search import SEARCHED

VALUES = [
    "a",
    "A",
    "ab",
    "aB",
    "a\u0301",  # an acute accent to be put over the a before it
    "\u00e1",  # the two as one character
    "b",
    "ß",
    "ss",
    "ς",
    "Σίσυφος",
    "ΐ",  # three characters when folded
    "İstanbul",
    "%",
    "_b",
    "a'b\"c\\d",
    "a%",
    " a",
    "\ud7ff",
    "\ud7ff\U0010ffff",  # behind it come the surrogates, which are not characters
    "\ue000",
    "\uffff",
    "\U00010000",  # behind \uffff by code point, before it in UTF-16
    "𝒳",
    "𝒳\U0010ffff",
    "𝒴",
    "\U0010ffff",
    "\U0010ffff\U0010ffffz",
    "x" * 2048,
    "x" * 2047 + "y",
    "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(2048)),
    "".join(chr(0x10000 + n * 7919 % 60000) for n in range(2048)),
]
FILTERED = 250
"""Characters of a value in a filter: AWS takes filters of up to 256 (ev:users-12)."""


async def search(store: Store, wanted: UserFilter, limit: int = 7) -> list[ListedUser]:
    found: list[ListedUser] = []
    after = None
    while True:
        page = await store.users.listed(POOL, wanted, after, limit)
        found += page.items
        if page.next is None:
            return found
        after = page.next


def prefixes() -> list[str]:
    return sorted({value[:n] for value in VALUES for n in (0, 1, 2, 3, FILTERED)})


@pytest.mark.parametrize("attribute", SEARCHED)
async def test_user_search_finds_attributes_by_value_and_prefix(
    store: Store, attribute: str
) -> None:
    kept = [
        a_user(f"sub-{n:03}", attributes={attribute: value}) for n, value in enumerate(VALUES * 2)
    ]
    await store.commit(users.add(a_user("without")))
    await store.commit(users.add(a_user("empty", attributes={attribute: ""})))
    for user in kept:
        await store.commit(users.add(user))

    def indexed(user: User) -> str:
        return fold(attribute, user.attributes[attribute])

    for value in {value[:FILTERED] for value in VALUES}:
        equal = [listed(user) for user in kept if indexed(user) == fold(attribute, value)]
        wanted = UserFilter(attribute=attribute, prefix=False, value=value)
        assert await search(store, wanted) == equal, value
    for value in prefixes():
        beginning = sorted(
            (user for user in kept if indexed(user).startswith(fold(attribute, value))),
            key=lambda user: (indexed(user).encode()[:2048], user.sub),
        )
        wanted = UserFilter(attribute=attribute, prefix=True, value=value)
        assert await search(store, wanted) == [*map(listed, beginning)], value


@pytest.mark.parametrize("attribute", ["username", "sub"])
async def test_usernames_and_subs_are_searched_with_their_case(
    store: Store, attribute: str
) -> None:
    names = [value for value in VALUES if len(value) <= 128]
    kept = [
        a_user(**({"username": name, "sub": f"{n}"} | {attribute: name}))
        for n, name in enumerate(names)
    ]
    for user in kept:
        await store.commit(users.add(user))

    def name(user: User | ListedUser) -> str:
        return str(getattr(user, attribute))

    for value in names:
        wanted = UserFilter(attribute=attribute, prefix=False, value=value)
        assert [name(user) for user in await search(store, wanted)] == [value]
    for value in prefixes():
        wanted = UserFilter(attribute=attribute, prefix=True, value=value)
        expected = sorted(name(user) for user in kept if name(user).startswith(value))
        assert [name(user) for user in await search(store, wanted)] == expected, value


async def test_users_are_searched_by_status_and_state(store: Store) -> None:
    kept = [
        a_user(f"{status.value} {enabled}", status=status, enabled=enabled)
        for status in UserStatus
        for enabled in (True, False)
    ]
    for user in kept:
        await store.commit(users.add(user))
    enabled = {user.sub for user in kept if user.enabled}
    disabled = {user.sub for user in kept if not user.enabled}
    cases = [
        ("status", False, "Enabled", enabled),
        ("status", False, "Disabled", disabled),
        ("status", False, "Ena", set()),
        ("status", True, "Ena", enabled),
        ("status", True, "Dis", disabled),
        ("status", True, "", enabled | disabled),
        ("status", True, "X", set()),
    ]
    for value in ("CONFIRMED", "confirmed", "UNCONFIRMED", "CONFIRM", "", "NONE"):
        equal = {user.sub for user in kept if user.status.value == value.upper()}
        beginning = {user.sub for user in kept if user.status.value.startswith(value.upper())}
        cases.append(("cognito:user_status", False, value, equal))
        cases.append(("cognito:user_status", True, value, beginning))
    for attribute, prefix, value, expected in cases:
        wanted = UserFilter(attribute=attribute, prefix=prefix, value=value)
        found = await search(store, wanted, limit=3)
        assert {user.sub for user in found} == expected, wanted
        assert len(found) == len(expected)


async def test_user_search_follows_changes_of_a_user(store: Store) -> None:
    was = a_user(attributes={"email": "Bob@example.com", "name": "Bob"})
    await store.commit(users.add(was))
    changed = a_user(attributes={"email": "rob@example.com"}, enabled=False)
    await store.commit(users.save(changed, was))

    async def found(attribute: str, value: str) -> bool:
        return bool(await search(store, UserFilter(attribute=attribute, prefix=False, value=value)))

    assert not await found("email", "bob@example.com")
    assert not await found("name", "Bob")
    assert not await found("status", "Enabled")
    assert await found("email", "ROB@example.com")
    assert await found("status", "Disabled")


async def test_user_count_stops_at_its_limit(store: Store) -> None:
    for n in range(7):
        await store.commit(users.add(a_user(f"{n}")))
    assert [await store.users.count(POOL, most) for most in (0, 3, 7, 100)] == [0, 3, 7, 7]
    assert await store.users.count("elsewhere", 100) == 0
