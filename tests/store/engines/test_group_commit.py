"""Commits that share a transaction on PostgreSQL: what binds them, and what doesn't."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from support.postgres_server import PostgresServer
from support.store_samples import NOTES, all_notes, change, drop, put

from poolhouse.store.interface import Database, Unavailable, UniqueViolation, VersionConflict, Write
from poolhouse.store.store import open_database


@pytest.fixture
async def url(postgres_server: PostgresServer) -> str:
    return await postgres_server.database()


@pytest.fixture
def groups() -> list[int]:
    """How many commits each transaction was made of."""
    return []


@pytest.fixture
async def postgres(url: str, groups: list[int]) -> AsyncIterator[Database]:
    database = await open_database(url, groups.append)
    await database.apply(NOTES, 1000)
    yield database
    await database.close()


@pytest.fixture
async def other_connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Who holds locks that commits wait for."""
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


async def waits_for_a_lock(other_connection: asyncpg.Connection) -> None:
    while not await other_connection.fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):
        pass


async def test_group_commit_joins_commits_that_come_meanwhile(
    postgres: Database, other_connection: asyncpg.Connection, groups: list[int]
) -> None:
    await postgres.commit([put("a"), put("b"), put("c")])
    async with other_connection.transaction():
        await other_connection.execute("SELECT 1 FROM notes WHERE id = 'a' FOR UPDATE")
        first = asyncio.ensure_future(postgres.commit([change("a", 1)]))
        await waits_for_a_lock(other_connection)
        others = [asyncio.ensure_future(postgres.commit([change(id, 1)])) for id in "bc"]
        # Those of another shape don't wait.
        await postgres.commit([put("d")])
        assert not any(each.done() for each in (first, *others))
    await asyncio.gather(first, *others)
    assert groups == [1, 1, 1, 2]


async def test_group_commit_waiting_for_a_row_does_not_block_the_others(
    postgres: Database, other_connection: asyncpg.Connection
) -> None:
    """The transaction is broken off after a second; then each waits for its own row only."""
    await postgres.commit([put("a"), put("b"), put("c")])
    async with other_connection.transaction():
        await other_connection.execute("SELECT 1 FROM notes WHERE id = 'b' FOR UPDATE")
        a, b, c = (asyncio.ensure_future(postgres.commit([change(id, 1)])) for id in "abc")
        await asyncio.gather(a, c)
        assert not b.done()
    await b
    assert await all_notes(postgres) == {"a": 2, "b": 2, "c": 2}


async def test_group_commit_cancelled_member_does_not_cancel_the_others(
    postgres: Database, other_connection: asyncpg.Connection
) -> None:
    async with other_connection.transaction():
        await other_connection.execute("LOCK TABLE notes")
        commits = [asyncio.ensure_future(postgres.commit([put(f"{n}")])) for n in range(5)]
        await waits_for_a_lock(other_connection)
        commits[0].cancel()
        commits[3].cancel()
    ends = await asyncio.gather(*commits, return_exceptions=True)
    assert [type(end) for end in ends] == [
        asyncio.CancelledError if n in {0, 3} else type(None) for n in range(5)
    ]
    assert {"1", "2", "4"} <= set(await all_notes(postgres))


async def test_commits_of_one_write_fail_without_a_second_try(
    postgres: Database, groups: list[int]
) -> None:
    """They have nothing to undo, so those beside them stay."""
    await postgres.commit([put("a")])
    failing = put("a")
    ends = await asyncio.gather(
        *(postgres.commit([each]) for each in (put("b"), failing, put("c"))),
        return_exceptions=True,
    )
    assert ends == [None, failing.otherwise, None]
    assert groups == [1, 3]
    assert set(await all_notes(postgres)) == {"a", "b", "c"}


@pytest.mark.parametrize("beside", [[], [drop("x")]], ids=["alone", "beside another"])
async def test_group_commit_with_conflicting_writes_commits_one(
    postgres: Database, beside: list[Write]
) -> None:
    """Each sees what those before it did, as if they had come one after the other."""
    await postgres.commit([put("a")])
    for wanted, refused in ((put("b"), UniqueViolation), (change("a", 1), VersionConflict)):
        ends = await asyncio.gather(
            *(postgres.commit([wanted, *beside]) for _ in range(4)), return_exceptions=True
        )
        assert ends.count(None) == 1
        assert [type(end) for end in ends].count(refused) == 3
    assert await all_notes(postgres) == {"a": 2, "b": 1}


async def test_group_commit_of_two_workers_in_opposite_lock_order_succeeds(
    postgres: Database, url: str
) -> None:
    def count(id: str) -> Write:
        return Write(
            "UPDATE notes SET version = version + 1 WHERE id = $1", (id,), VersionConflict()
        )

    other = await open_database(url)
    await postgres.commit([put("a"), put("b")])
    for _ in range(5):
        await asyncio.gather(
            *(postgres.commit([count(id)]) for id in "abab"),
            *(other.commit([count(id)]) for id in "baba"),
        )
    assert await all_notes(postgres) == {"a": 21, "b": 21}
    await other.close()


async def test_group_commit_server_failure_is_raised_in_every_member(
    postgres: Database, other_connection: asyncpg.Connection
) -> None:
    async with other_connection.transaction():
        await other_connection.execute("LOCK TABLE notes")
        commits = [asyncio.ensure_future(postgres.commit([put(f"{n}")])) for n in range(5)]
        await waits_for_a_lock(other_connection)
        await other_connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'poolhouse' AND datname = current_database()"
        )
        ends = await asyncio.gather(*commits, return_exceptions=True)
    assert [type(end) for end in ends] == [Unavailable] * 5
    assert len({id(end) for end in ends}) == 5
    assert await all_notes(postgres) == {}


async def test_postgres_identical_reads_waiting_for_a_connection_are_shared(
    url: str, other_connection: asyncpg.Connection
) -> None:
    """As every request does for the number that tells whether the configuration has changed."""
    ask = "SELECT nextval('asked')"
    database = await open_database(url, connections=1)
    await database.apply([*NOTES, "CREATE SEQUENCE asked"], 1000)

    async def asked(times: int) -> list[Any]:
        answers = await asyncio.gather(*(database.fetch_shared(ask) for _ in range(times)))
        return [rows[0][0] for rows in answers]

    async with other_connection.transaction():
        await other_connection.execute("LOCK TABLE notes")
        busy = asyncio.ensure_future(all_notes(database))
        await waits_for_a_lock(other_connection)
        some = asyncio.ensure_future(asked(5))
        gives_up = asyncio.ensure_future(asked(1))
        await asyncio.sleep(0)
        gives_up.cancel()
    await busy
    assert await some == [1] * 5
    assert await asked(1) == [2]
    await database.close()
    with pytest.raises(Unavailable):
        await database.fetch(ask)
