"""PostgreSQL alone: sessions, lent connections, statements that a server refuses."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from support.postgres_server import PostgresServer
from support.store_samples import NOTES, all_notes, change, drop, put

from poolhouse.store.engines.postgres.connections import Connections
from poolhouse.store.interface import Database, Unavailable, UniqueViolation, VersionConflict, Write
from poolhouse.store.store import open_database


@pytest.fixture
async def url(postgres_server: PostgresServer) -> str:
    return await postgres_server.database()


@pytest.fixture
async def postgres(url: str) -> AsyncIterator[Database]:
    database = await open_database(url)
    await database.apply(NOTES, 1000)
    yield database
    await database.close()


async def test_commits_are_durable_on_a_server_where_they_need_not_be(postgres: Database) -> None:
    """The tests' server has synchronous_commit off by default."""
    assert (await postgres.fetch("SHOW synchronous_commit"))[0][0] == "on"
    assert (await postgres.fetch("SHOW default_transaction_isolation"))[0][0] == "read committed"


async def test_postgres_stricter_synchronous_commit_is_kept(url: str) -> None:
    admin = await asyncpg.connect(url)
    name = await admin.fetchval("SELECT current_database()")
    await admin.execute(f"ALTER DATABASE {name} SET synchronous_commit = 'remote_apply'")
    await admin.close()
    database = await open_database(url)
    assert (await database.fetch("SHOW synchronous_commit"))[0][0] == "remote_apply"
    await database.close()


async def test_postgres_keys_are_ordered_by_code_point_in_any_locale(postgres: Database) -> None:
    rows = await postgres.fetch(
        "SELECT i.indexrelid::regclass::text, a.attname, c.collname FROM pg_index i"
        " JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'public'::regnamespace"
        " JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attcollation <> 0"
        " JOIN pg_collation c ON c.oid = a.attcollation"
    )
    assert len(rows) > 20
    assert [tuple(row) for row in rows if row[2] != "C"] == []


async def test_postgres_schema_uses_no_feature_missing_in_a_sharded_server(
    postgres: Database,
) -> None:
    """No trigger, no procedure, no sequence, no foreign key."""
    for catalogue in (
        "pg_trigger WHERE NOT tgisinternal",
        "pg_proc WHERE pronamespace = 'public'::regnamespace",
        "pg_sequence",
        "pg_constraint WHERE contype = 'f'",
    ):
        assert not list(await postgres.fetch(f"SELECT 1 FROM {catalogue}")), catalogue


async def test_postgres_commit_refused_as_one_statement_runs_as_a_transaction(
    postgres: Database,
) -> None:
    """A table with a rule stands for Citus here: PostgreSQL has the same words for both."""
    await postgres.apply(
        [
            "CREATE TABLE heard (id TEXT)",
            "CREATE RULE hear AS ON DELETE TO notes DO ALSO INSERT INTO heard VALUES (OLD.id)",
        ],
        1001,
    )
    await postgres.commit([put("a"), put("b"), put("c")])
    for version in (1, 2, 3):
        await postgres.commit([change("a", version), drop("b"), put(f"{version}")])
        for failing, expected in (
            (change("gone", 7), VersionConflict),
            (put("c"), UniqueViolation),
        ):
            for place in range(3):
                writes = [change("a", version + 1), drop("1")]
                writes.insert(place, failing)
                with pytest.raises(expected):
                    await postgres.commit(writes)
    assert await all_notes(postgres) == {"a": 4, "c": 1, "1": 1, "2": 1, "3": 1}


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["collision", "deadlock"])
async def test_postgres_commit_aborted_by_the_server_is_retried(
    postgres: Database, state: str
) -> None:
    """A trigger plays the server: it breaks off a number of commits, and counts across them."""
    await postgres.apply(
        [
            "CREATE SEQUENCE tries",
            "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
            " IF nextval('tries') % 4 <> 0 THEN"
            f" RAISE EXCEPTION 'broken off' USING ERRCODE = '{state}'; END IF;"
            " RETURN NEW; END$$",
            "CREATE TRIGGER break_off BEFORE UPDATE ON notes EXECUTE FUNCTION break_off()",
        ],
        1001,
    )
    await postgres.commit([put("a")])
    await postgres.commit([change("a", 1)])
    await postgres.commit([change("a", 2), put("b")])
    with pytest.raises(UniqueViolation):
        await postgres.commit([change("a", 3), put("b")])
    assert await all_notes(postgres) == {"a": 3, "b": 1}
    await postgres.fetch("ALTER SEQUENCE tries INCREMENT BY 4 RESTART WITH 1")
    with pytest.raises(Unavailable, match="broken off"):
        await postgres.commit([change("a", 3)])


async def test_postgres_long_commit_is_atomic(postgres: Database) -> None:
    many = [put(f"{n}") for n in range(100)]
    with pytest.raises(VersionConflict):
        await postgres.commit([*many, change("gone", 1)])
    assert await all_notes(postgres) == {}
    await postgres.commit(many)
    assert len(await all_notes(postgres)) == 100


async def test_text_that_only_postgres_cannot_keep_is_refused(postgres: Database) -> None:
    with pytest.raises(ValueError, match="a parameter of this kind"):
        await postgres.commit([put("a\0b")])
    too_long_for_an_index = "".join(map(chr, range(0x4E00, 0x4E00 + 2000)))
    with pytest.raises(ValueError, match="a parameter of this kind"):
        await postgres.commit([put(too_long_for_an_index * 2)])
    assert await all_notes(postgres) == {}


async def test_postgres_cancelled_read_returns_its_connection(url: str) -> None:
    database = await open_database(url, connections=1)
    await database.apply(NOTES, 1000)
    admin = await asyncpg.connect(url)
    async with admin.transaction():
        await admin.execute("LOCK TABLE notes")
        waiting = asyncio.ensure_future(all_notes(database))
        while not await admin.fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):
            pass
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert [tuple(row) for row in await database.fetch("SELECT 1")] == [(1,)]
    await admin.close()
    await database.commit([put("a")])
    assert await all_notes(database) == {"a": 1}
    await database.close()


async def test_postgres_unreachable_server_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable):
        await open_database(url.replace("host=", "host=/nowhere"))
    with pytest.raises(Unavailable, match="does not exist"):
        await open_database(url.replace("@/test", "@/nothing"))


async def test_postgres_write_after_a_lock_sees_the_newest_row(postgres: Database) -> None:
    """READ COMMITTED: the condition is judged by the newest row, not by the one that was read."""
    await postgres.commit([put("a")])
    change_twice = Write(
        "UPDATE notes SET version = version + 1 WHERE id = $1 AND version < $2",
        ("a", 4),
        VersionConflict(),
    )
    results = await asyncio.gather(
        *(postgres.commit([change_twice, put(f"{n}")]) for n in range(8)), return_exceptions=True
    )
    assert sorted(map(type, results), key=str) == [type(None)] * 3 + [VersionConflict] * 5
    assert (await all_notes(postgres))["a"] == 4


async def test_postgres_connections_are_lent_in_order_of_waiting(url: str) -> None:
    lent = Connections(url, 1)
    only = await lent.take()
    waiting = [asyncio.ensure_future(lent.take()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    lent.give_back(only)
    # The second was handed the connection and gives up before it could know.
    waiting[1].cancel()
    await asyncio.wait(waiting[:2])
    assert await waiting[2] is only
    lent.give_back(only)
    await lent.close()
    with pytest.raises(Unavailable):
        await lent.take()


async def test_postgres_lost_connection_frees_its_slot(url: str) -> None:
    lent = Connections(url, 1)
    first = await lent.take()
    waiting = asyncio.ensure_future(lent.take())
    gives_up = asyncio.ensure_future(lent.take())
    await asyncio.sleep(0)
    gives_up.cancel()
    first.terminate()
    lent.give_back(first)
    second = await waiting
    assert second is not first
    lent.give_back(second)
    assert await lent.take() is second
    second.terminate()
    lent.give_back(second)
    await lent.close()


async def test_closing_waits_for_what_was_lent(url: str) -> None:
    lent = Connections(url, 2)
    first, second = await lent.take(), await lent.take()
    waiting = asyncio.ensure_future(lent.take())
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(lent.close())
    lent.give_back(first)
    third = await waiting
    assert not closing.done()
    lent.give_back(second)
    lent.give_back(third)
    await closing
    assert first.is_closed()
    assert second.is_closed()


@pytest.mark.parametrize("rest", ["host:notaport/x", "host/x?sslmode=bogus", "[::1/x"])
async def test_postgres_malformed_url_is_refused_without_its_password(rest: str) -> None:
    with pytest.raises(Unavailable) as refused:
        await open_database(f"postgresql://somebody:secret@{rest}")
    assert "secret" not in str(refused.value)
