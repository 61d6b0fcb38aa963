"""EstimatedNumberOfUsers: true for small pools, near for large ones, and never a scan."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from support.store_samples import NOW, POOL, a_sealer, a_user

from poolhouse.store import user_counts, users
from poolhouse.store.interface import Database, Inserts, Row, VersionConflict
from poolhouse.store.store import Store
from poolhouse.store.user_counts import UserCounts

OTHER = f"{POOL}0"
"""A pool whose users stand next in the index."""


class Counting:
    """A database that counts its reads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reads = 0

    async def fetch(self, statement: str, *parameters: Any) -> Sequence[Row]:
        self.reads += 1
        return await self._database.fetch(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


async def add_users(database: Database, first: int, last: int, pool_id: str = POOL) -> None:
    writes = [
        users.add(a_user(f"sub-{n:07}", pool_id=pool_id, username=f"user-{n}"))
        for n in range(first, last)
    ]
    rows = [write.parameters for write in writes]
    await Store(database, a_sealer()).commit(Inserts(writes[0].statement, rows, VersionConflict()))


async def delete_users(database: Database, first: int, last: int) -> None:
    for n in range(first, last):
        user = a_user(f"sub-{n:07}", username=f"user-{n}")
        await database.commit(users.delete(user))


@pytest.fixture
def steps_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_counts, "STEP", 10)
    monkeypatch.setattr(user_counts, "MOST_STEPS", 4)


async def test_estimate_above_a_thousand_users_is_exact(database: Database) -> None:
    """It stopped at 1,000."""
    await add_users(database, 0, 1_234)
    await add_users(database, 0, 5, OTHER)
    counts = UserCounts(database)
    assert await counts.estimate(POOL, NOW) == 1_234
    assert await counts.estimate(OTHER, NOW) == 5
    await delete_users(database, 0, 4)
    assert await counts.estimate(POOL, NOW) == 1_230
    assert await counts.estimate("elsewhere", NOW) == 0


@pytest.mark.usefixtures("steps_of_ten")
async def test_estimate_of_a_large_pool_goes_on_where_it_ended(database: Database) -> None:
    """A request counts the users who came since the one before, and no others."""
    await add_users(database, 0, 35)
    counting = Counting(database)
    counts = UserCounts(counting)
    assert await counts.estimate(POOL, NOW) == 35
    assert counting.reads == 4
    await add_users(database, 35, 38)
    assert await counts.estimate(POOL, NOW) == 38
    assert counting.reads == 5


@pytest.mark.usefixtures("steps_of_ten")
async def test_estimate_of_a_large_pool_misses_deleted_users_within_the_hour(
    database: Database,
) -> None:
    await add_users(database, 0, 35)
    counts = UserCounts(database)
    assert await counts.estimate(POOL, NOW) == 35
    await delete_users(database, 0, 3)
    assert await counts.estimate(POOL, NOW + timedelta(minutes=59)) == 35
    assert await counts.estimate(POOL, NOW + timedelta(minutes=60)) == 32


@pytest.mark.usefixtures("steps_of_ten")
async def test_estimate_of_a_huge_pool_is_bounded_and_grows_from_request_to_request(
    database: Database,
) -> None:
    """No request takes more than its steps; the last complete count is told while one goes on."""
    await add_users(database, 0, 75)
    counting = Counting(database)
    counts = UserCounts(counting)
    counted = []
    for _ in range(3):
        before = counting.reads
        counted.append(await counts.estimate(POOL, NOW))
        assert counting.reads - before <= 4
    assert counted == [40, 75, 75]
    later = NOW + timedelta(hours=2)
    await delete_users(database, 0, 5)
    assert [await counts.estimate(POOL, later) for _ in range(2)] == [75, 70]


@pytest.mark.usefixtures("steps_of_ten")
async def test_estimate_after_the_clock_was_set_back_counts_again(database: Database) -> None:
    await add_users(database, 0, 35)
    counts = UserCounts(database)
    await counts.estimate(POOL, NOW)
    await delete_users(database, 0, 1)
    assert await counts.estimate(POOL, NOW - timedelta(days=1)) == 34
