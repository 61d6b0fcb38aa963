"""Every listing goes page by page in a lasting order: no entry is lost or shown twice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from support.store_samples import NOW, POOL, a_client, a_message, a_pool, a_user

from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.codes import Action, AttemptCount
from poolhouse.entities.users import ListedUser, User, UserStatus
from poolhouse.rules.users.user_filter import UserFilter
from poolhouse.store import audit, clients, codes, pools, users
from poolhouse.store.interface import Page, Write
from poolhouse.store.store import Store
from poolhouse.store.timestamps import to_milliseconds

NUMBERS = range(10, 40)
FILTERS = {
    "all": None,
    "equal": UserFilter(attribute="name", prefix=False, value="Bob"),
    "prefix": UserFilter(attribute="email", prefix=True, value="bob"),
    "username": UserFilter(attribute="username", prefix=True, value="user"),
    "sub": UserFilter(attribute="sub", prefix=True, value="sub"),
    "state": UserFilter(attribute="status", prefix=False, value="Enabled"),
    "status": UserFilter(attribute="cognito:user_status", prefix=False, value="CONFIRMED"),
    "status prefix": UserFilter(attribute="cognito:user_status", prefix=True, value="confirm"),
}
"""Every way to list users; the sample users answer to each."""


class Listing:
    """How to list a kind of thing by pages, and how to add and remove one."""

    def __init__(self, store: Store, kind: str, wanted: UserFilter | None = None) -> None:
        self._store = store
        self._kind = kind
        self._wanted = wanted

    def add(self, number: int) -> Write:
        if self._kind == "pools":
            return pools.add(a_pool(f"pool-{number}"))
        if self._kind == "clients":
            return self._store.clients.add(a_client(f"client-{number}"))
        return users.add(_user(number))

    def remove(self, number: int) -> Write:
        if self._kind == "pools":
            return pools.delete(a_pool(f"pool-{number}"))[0]
        if self._kind == "clients":
            return clients.delete(a_client(f"client-{number}"))
        return users.delete(_user(number))[0]

    async def page(self, after: str | None, limit: int) -> Page[Any]:
        if self._kind == "pools":
            return await self._store.pools.page(after, limit)
        if self._kind == "clients":
            return await self._store.clients.page(POOL, after, limit)
        return await self._store.users.listed(POOL, self._wanted, after, limit)


def _user(number: int) -> User:
    # Three users share each address: the order has to go on behind the address.
    attributes = {"email": f"bob{number // 3}@example.com", "name": "Bob"}
    return a_user(
        f"sub-{number}",
        username=f"user-{99 - number}",
        status=UserStatus.CONFIRMED,
        attributes=attributes,
    )


@pytest.fixture(params=["pools", "clients", *FILTERS])
async def listing(store: Store, request: pytest.FixtureRequest) -> Listing:
    await store.commit(pools.add(a_pool()))
    await store.commit(users.add(a_user("sub-20", pool_id="elsewhere", username="user-20")))
    kind = request.param
    return Listing(store, kind, FILTERS.get(kind))


Visit = Callable[[int], Awaitable[None]]


async def walk(listing: Listing, limit: int, between: Visit | None = None) -> list[Any]:
    """Everything listed, page by page; `between` is told the number of the page that was read."""
    seen: list[Any] = []
    after, number = None, 0
    while True:
        page = await listing.page(after, limit)
        assert len(page.items) <= limit
        seen += page.items
        if page.next is None:
            return seen
        assert len(page.items) == limit
        after, number = page.next, number + 1
        if between is not None:
            await between(number)


async def test_pages_of_any_size_show_everything_once_in_the_same_order(
    store: Store, listing: Listing
) -> None:
    await store.commit(*(listing.add(number) for number in reversed(NUMBERS)))
    whole = await walk(listing, 1000)
    assert len(whole) >= len(NUMBERS)
    for limit in (1, 2, 3, 7, len(whole) - 1, len(whole)):
        assert await walk(listing, limit) == whole


async def test_listing_last_page_has_no_next(store: Store, listing: Listing) -> None:
    """A full last page has no next one: AWS's clients would ask for an empty page."""
    await store.commit(*(listing.add(number) for number in NUMBERS))
    whole = await walk(listing, 1000)
    assert (await listing.page(None, len(whole))).next is None
    assert (await listing.page(None, len(whole) - 1)).next is not None


async def test_pools_of_a_region_are_listed_alone_page_by_page(store: Store) -> None:
    """Names that begin alike, end with what follows a region, or stand around it in order."""
    regions = ("us-east-1", "us-east-11", "us-east-2", "us-gov-east-1", "eu-east-1")
    wanted = {
        region: [f"{region}_{name}" for name in ("0a", "A0", "Zz", "zz")] for region in regions
    }
    await store.commit(*(pools.add(a_pool(id)) for ids in wanted.values() for id in ids))
    for region, ids in wanted.items():
        for limit in (1, 3, 4, 5):
            seen: list[str] = []
            after = None
            while True:
                page = await store.pools.page(after, limit, region=region)
                seen += [pool.id for pool in page.items]
                if page.next is None:
                    break
                after = page.next
            assert seen == ids
    everything = await store.pools.page(None, 100)
    assert len(everything.items) == sum(map(len, wanted.values()))


async def test_listing_during_changes_returns_every_remaining_entry_once(
    store: Store, listing: Listing
) -> None:
    stay = [number for number in NUMBERS if number % 3]
    go = [number for number in NUMBERS if not number % 3]
    await store.commit(*(listing.add(number) for number in NUMBERS))
    staying = await walk(listing, 1000)
    await store.commit(*(listing.remove(number) for number in go))
    remaining = await walk(listing, 1000)
    staying = [each for each in staying if each in remaining]
    assert len(staying) >= len(stay)
    present = False

    async def come_and_go(_: int) -> None:
        nonlocal present
        change = listing.remove if present else listing.add
        # A deleted pool's id stays taken until it is swept away.
        await store.commit(*map(pools.purge, (f"pool-{number}" for number in go)))
        await store.commit(*map(change, go))
        present = not present

    seen = await walk(listing, 2, come_and_go)
    assert [each for each in seen if each in staying] == staying


async def test_listing_continues_after_the_last_seen_entry_is_removed(
    store: Store, listing: Listing
) -> None:
    await store.commit(*(listing.add(number) for number in NUMBERS))
    whole = await walk(listing, 1000)
    first = await listing.page(None, 5)
    last = first.items[-1]
    last_id = last.sub if isinstance(last, ListedUser) else last.id
    (number,) = (n for n in NUMBERS if listing.add(n).parameters[0] == last_id)
    await store.commit(listing.remove(number))
    rest = await listing.page(first.next, 1000)
    assert [*first.items, *rest.items] == whole


async def test_audit_records_come_in_the_order_of_their_ids(store: Store) -> None:
    """Line separators that only Unicode knows don't break a record in two."""
    records = [
        AuditRecord(
            at=NOW + timedelta(seconds=n),
            request_id=f"{n}",
            principal="arn",
            access_key_id="AKIA",
            action="ListUsers",
            resource="*",
            allowed=True,
            outcome="ok",
            user_agent="strange\u2028agent\x85\x1c\nof\vmine",
        )
        for n in range(10)
    ]
    await store.commit(
        *(audit.insert(f"{n}", records[n : n + 2]) for n in reversed(range(0, 10, 2)))
    )
    seen: list[AuditRecord] = []
    after = ""
    for limit in (1, 3, 100):
        page, after = await store.audit.after(after, limit)
        assert len(page) <= 2 * limit
        seen += page
    assert seen == records
    assert await store.audit.after(after, 10) == ([], after)


async def test_messages_are_due_in_the_order_of_their_times(store: Store) -> None:
    messages = [
        a_message(f"{n}", due_at=NOW + timedelta(seconds=seconds))
        for n, seconds in enumerate((30, 10, 20, -5, 10))
    ]
    assert await store.messages.next_due() is None
    await store.commit(*map(store.messages.put, messages))
    due = await store.messages.due(to_milliseconds(NOW + timedelta(seconds=20)), 10)
    assert [(message.id, version) for message, version in due] == [
        ("3", 1),
        ("1", 1),
        ("4", 1),
        ("2", 1),
    ]
    assert [m.id for m, _ in await store.messages.due(2**62, 2)] == ["3", "1"]
    assert await store.messages.next_due() == to_milliseconds(NOW - timedelta(seconds=5))


async def test_inbox_lists_the_newest_first(store: Store) -> None:
    await store.commit(
        *(
            store.messages.receive(a_message(f"{n}", username=f"user-{n % 2}", pool_id=pool))
            for n, pool in enumerate((POOL, POOL, POOL, "elsewhere"))
        )
    )

    async def ids(pool_id: str | None, username: str | None, limit: int = 10) -> list[str]:
        return [message.id for message in await store.messages.received(pool_id, username, limit)]

    assert await ids(None, None) == ["3", "2", "1", "0"]
    assert await ids(None, None, 1) == ["3"]
    assert await ids(POOL, None) == ["2", "1", "0"]
    assert await ids(POOL, "user-0") == ["2", "0"]
    assert await ids(None, "user-1") == ["3", "1"]


async def test_past_attempts_come_longest_past_first(store: Store) -> None:
    for n in (3, 1, 2):
        since = NOW + timedelta(seconds=n)
        action = Action.CONFIRM_SIGN_UP
        attempts = AttemptCount(sub=f"{n}", pool_id=POOL, action=action, since=since, count=1)
        await store.commit(codes.count(attempts))
    past = await store.codes.past_attempts(to_milliseconds(NOW + timedelta(seconds=3)), 10)
    assert [sub for sub, *_ in past] == ["1", "2"]
    await store.commit(*map(codes.delete_past_attempts, past))
    assert [sub for sub, *_ in await store.codes.past_attempts(2**62, 10)] == ["3"]
