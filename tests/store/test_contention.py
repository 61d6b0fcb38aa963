"""Many writers of one row: one succeeds, the others get a conflict, and none waits for ever."""

import asyncio
from collections.abc import Awaitable, Iterable

from support.store_samples import POOL, a_user, all_notes, change, drop, put

from poolhouse.entities.users import NameKind, UserName, UserStatus
from poolhouse.store import users
from poolhouse.store.interface import Database, UniqueViolation, VersionConflict, Write
from poolhouse.store.store import Store


async def outcomes(commits: Iterable[Awaitable[None]]) -> list[type[BaseException] | None]:
    """What came of commits that were all begun before the first was done: None is success."""
    results = await asyncio.gather(*commits, return_exceptions=True)
    return [None if result is None else type(result) for result in results]


async def test_concurrent_changes_of_one_version_commit_once(notes: Database) -> None:
    await notes.commit([put("a")])
    for version in range(1, 6):
        found = await outcomes(notes.commit([change("a", version)]) for _ in range(20))
        assert sorted(found, key=str) == [VersionConflict] * 19 + [None]
    assert await all_notes(notes) == {"a": 6}


async def test_concurrent_commits_of_several_rows_commit_once(notes: Database) -> None:
    await notes.commit([put("a"), put("b")])
    found = await outcomes(
        notes.commit([change("a", 1), put(f"winner {n}"), change("b", 1)]) for n in range(20)
    )
    assert found.count(None) == 1
    winner = f"winner {found.index(None)}"
    assert await all_notes(notes) == {"a": 2, "b": 2, winner: 1}


async def test_concurrent_claims_of_a_name_commit_once(store: Store) -> None:
    name = UserName(POOL, NameKind.EMAIL, "bob@example.com")
    found = await outcomes(
        store.commit(users.claim(name, f"sub-{n}"), users.add(a_user(f"sub-{n}")))
        for n in range(20)
    )
    assert sorted(found, key=str) == [UniqueViolation] * 19 + [None]
    assert await store.users.holder(name) == f"sub-{found.index(None)}"
    page = await store.users.page(POOL, None, 60)
    assert [user.sub for user in page.items] == [f"sub-{found.index(None)}"]


async def test_concurrent_saves_of_one_version_commit_once(store: Store) -> None:
    was = a_user()
    await store.commit(users.add(was))
    confirmed = a_user(status=UserStatus.CONFIRMED)
    found = await outcomes(store.commit(users.save(confirmed, was)) for _ in range(10))
    assert found.count(None) == 1
    kept = await store.users.by_sub(POOL, was.sub)
    assert kept == a_user(status=UserStatus.CONFIRMED, version=2)


async def test_commits_that_lock_rows_in_opposite_order_all_get_through(notes: Database) -> None:
    def count(id: str) -> Write:
        return Write(
            "UPDATE notes SET version = version + 1 WHERE id = $1", (id,), VersionConflict()
        )

    await notes.commit([put("a"), put("b")])
    there, back = [count("a"), count("b")], [count("b"), count("a")]
    # Each time that one of ten is broken off another gets through: ten tries are enough for all.
    for _ in range(5):
        found = await outcomes(notes.commit(order) for _ in range(5) for order in (there, back))
        assert found == [None] * 10
    assert await all_notes(notes) == {"a": 51, "b": 51}


async def test_concurrent_delete_and_change_conflict(notes: Database) -> None:
    await notes.commit([put("a")])
    found = await outcomes([notes.commit([drop("a")]), notes.commit([change("a", 1)])])
    assert found in ([None, VersionConflict], [None, None])
    assert await all_notes(notes) == {}
