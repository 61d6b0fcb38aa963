"""Groups and memberships: what is kept, what comes in pages, what vanishes and is swept away."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.store_samples import NOW, POOL, a_pool, a_user

from poolhouse.entities.groups import Group
from poolhouse.entities.users import User
from poolhouse.store import groups, pools, users
from poolhouse.store.garbage_collection import SETTLED, GarbageCollector
from poolhouse.store.interface import Database, VersionConflict, Write
from poolhouse.store.store import Store


def a_group(key: str = "admins", **members: Any) -> Group:
    members = {"id": f"id of {key}", "pool_id": POOL, "name": key.title()} | members
    return Group(key=key, created_at=NOW, modified_at=NOW, **members)


ALICE, BOB = a_user("alice"), a_user("bob")
ADMINS = a_group(description="All of them", role_arn="arn:role", precedence=0)


@pytest.fixture(autouse=True)
async def a_pool_with_a_group(store: Store) -> None:
    await store.commit(pools.add(a_pool()))
    await store.commit(groups.add(ADMINS), users.add(ALICE), users.add(BOB))


async def members(store: Store, group: Group = ADMINS) -> list[str]:
    page = await store.groups.members(group, None, 100)
    return [user.sub for user in page.items]


async def ids_of_user(store: Store, user: User = ALICE) -> list[str]:
    return sorted(group.id for group in await store.groups.of_user(user))


async def rows(database: Database, table: str) -> int:
    return int((await database.fetch(f"SELECT count(*) FROM {table}"))[0][0])


def collector(
    store: Store, now: datetime = NOW + SETTLED + timedelta(seconds=1)
) -> GarbageCollector:
    return GarbageCollector(store, lambda: now)


async def test_group_is_found_by_pool_and_key(store: Store) -> None:
    assert await store.groups.find(POOL, "admins") == ADMINS
    assert await store.groups.find(POOL, "Admins") is None
    assert await store.groups.find("elsewhere", "admins") is None


async def test_group_with_an_existing_key_is_refused(store: Store) -> None:
    with pytest.raises(VersionConflict):
        await store.commit(groups.add(a_group(id="another")))
    assert await store.groups.find(POOL, "admins") == ADMINS


@pytest.mark.parametrize("pool_id", ["unknown", POOL])
async def test_group_of_a_deleted_pool_is_refused(store: Store, pool_id: str) -> None:
    await store.commit(*pools.delete(a_pool()))
    with pytest.raises(VersionConflict):
        await store.commit(groups.add(a_group("new", pool_id=pool_id)))


async def test_group_saved_over_another_version_conflicts(store: Store) -> None:
    changed = msgspec.structs.replace(ADMINS, description=None, precedence=5)
    await store.commit(groups.save(changed))
    found = await store.groups.find(POOL, "admins")
    assert found == msgspec.structs.replace(changed, version=2)
    with pytest.raises(VersionConflict):
        await store.commit(groups.save(changed))


async def test_group_change_does_not_apply_to_a_recreated_group(store: Store) -> None:
    await store.commit(*groups.delete(ADMINS, NOW))
    recreated = a_group(id="another")
    await store.commit(groups.add(recreated))
    for write in (groups.save(ADMINS), *groups.join(ALICE, ADMINS)[1:]):
        with pytest.raises(VersionConflict):
            await store.commit(write)
    with pytest.raises(VersionConflict):
        await store.commit(*groups.delete(ADMINS, NOW))
    assert await store.groups.find(POOL, "admins") == recreated


async def test_groups_are_counted_no_further_than_asked(store: Store) -> None:
    await store.commit(*(groups.add(a_group(f"g{n}")) for n in range(4)))
    assert await store.groups.count(POOL, most=10) == 5
    assert await store.groups.count(POOL, most=3) == 3
    assert await store.groups.count("elsewhere", most=3) == 0


async def test_groups_are_listed_by_the_code_points_of_their_keys(store: Store) -> None:
    keys = ["Z", "a", "ä", "あ", "\uffff", "\U00010000", "0"]
    await store.commit(*(groups.add(a_group(key)) for key in keys))
    expected = sorted([*keys, "admins"])
    for limit in (1, 3, 7, 8, 9):
        seen: list[str] = []
        after = None
        while True:
            page = await store.groups.page(POOL, after, limit)
            seen += [group.key for group in page.items]
            after = page.next
            if after is None:
                break
            assert len(page.items) == limit
        assert seen == expected


async def test_group_join_and_leave_change_the_membership(store: Store) -> None:
    await store.commit(*groups.join(ALICE, ADMINS))
    assert await store.groups.of_user(ALICE) == [ADMINS]
    assert await store.groups.of_user(BOB) == []
    assert await members(store) == ["alice"]
    for _ in range(2):
        await store.commit(groups.leave(ALICE, ADMINS))
        assert await store.groups.of_user(ALICE) == []
        assert await members(store) == []


async def test_members_come_in_pages_by_sub(store: Store) -> None:
    all_users = [a_user(f"sub-{n:02}") for n in range(10)]
    await store.commit(groups.add(a_group("others")))
    for user in all_users:
        await store.commit(users.add(user))
        await store.commit(*groups.join(user, ADMINS))
    await store.commit(*groups.join(ALICE, a_group("others")))
    for limit in (1, 3, 9, 10, 11):
        seen: list[str] = []
        after = None
        while True:
            page = await store.groups.members(ADMINS, after, limit)
            seen += [user.sub for user in page.items]
            after = page.next
            if after is None:
                break
            assert len(page.items) == limit
        assert seen == [user.sub for user in all_users]


async def test_group_members_deleted_do_not_end_a_listing(store: Store) -> None:
    """A sharded engine may show a membership of a user whom it shows no more."""
    carol = a_user("carol")
    await store.commit(users.add(carol))
    for user in (ALICE, BOB, carol):
        await store.commit(*groups.join(user, ADMINS))
    gone = Write("DELETE FROM users WHERE sub = $1", ("bob",))
    await store.commit(gone)
    first = await store.groups.members(ADMINS, "alice", 1)
    assert first.items == ()
    assert first.next is not None
    rest = await store.groups.members(ADMINS, first.next, 1)
    assert ([user.sub for user in rest.items], rest.next) == (["carol"], None)


async def test_group_join_of_unknown_user_is_refused(store: Store) -> None:
    with pytest.raises(VersionConflict):
        await store.commit(*groups.join(a_user("stranger"), ADMINS))
    assert await members(store) == []


async def test_group_join_conflicts_with_a_concurrent_user_deletion(
    store: Store, database: Database
) -> None:
    """Or the membership would outlive the user."""
    await store.commit(*groups.join(ALICE, ADMINS))
    with pytest.raises(VersionConflict):
        await store.commit(*users.delete(ALICE))
    found = await store.users.by_sub(POOL, "alice")
    assert found is not None
    await store.commit(*users.delete(found))
    assert await members(store) == []
    assert await rows(database, "memberships") == 0


async def test_group_join_of_many_groups_at_once_succeeds(store: Store) -> None:
    many = [a_group(f"group-{n}") for n in range(12)]
    await store.commit(*map(groups.add, many))
    await asyncio.gather(*(store.commit(*groups.join(ALICE, group)) for group in many))
    assert await ids_of_user(store) == sorted(group.id for group in many)


async def test_group_recreated_has_no_former_members(store: Store) -> None:
    await store.commit(*groups.join(ALICE, ADMINS))
    await store.commit(*groups.delete(ADMINS, NOW))
    recreated = a_group(id="another")
    await store.commit(groups.add(recreated))
    assert await store.groups.of_user(ALICE) == []
    assert await members(store, recreated) == []
    await store.commit(*groups.join(BOB, recreated))
    await collector(store).collect()
    assert await members(store, recreated) == ["bob"]


async def test_garbage_collection_drops_memberships_of_deleted_groups_once_settled(
    store: Store, database: Database
) -> None:
    others = a_group("others")
    await store.commit(groups.add(others))
    for user in (ALICE, BOB):
        await store.commit(*groups.join(user, ADMINS))
        await store.commit(*groups.join(user, others))
    await store.commit(*groups.delete(ADMINS, NOW))
    await collector(store, NOW).collect()
    assert await rows(database, "memberships") == 4
    await collector(store).collect()
    assert await rows(database, "memberships") == 2
    assert await rows(database, "deleted_groups") == 0
    assert await members(store, others) == ["alice", "bob"]


async def test_garbage_collection_drops_more_rows_than_one_commit(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolhouse.store.garbage_collection.ROWS_AT_ONCE", 2)
    for n in range(5):
        user = a_user(f"sub-{n}")
        await store.commit(users.add(user), groups.add(a_group(f"group-{n}")))
        await store.commit(*groups.join(user, ADMINS))
    await store.commit(*groups.delete(ADMINS, NOW))
    await collector(store).collect()
    assert await rows(database, "memberships") == 0
    await store.commit(*pools.delete(a_pool()))
    await collector(store).collect()
    assert await rows(database, "groups") == 0


async def test_pool_deleted_leaves_no_groups_or_memberships(
    store: Store, database: Database
) -> None:
    elsewhere = a_group(id="elsewhere", pool_id="elsewhere")
    await store.commit(pools.add(a_pool("elsewhere")))
    await store.commit(groups.add(elsewhere))
    await store.commit(*groups.join(ALICE, ADMINS))
    await store.commit(*pools.delete(a_pool()))
    await collector(store).collect()
    assert await rows(database, "memberships") == 0
    assert await store.groups.find(POOL, "admins") is None
    assert await store.groups.find("elsewhere", "admins") == elsewhere
