"""The tables are created once, also by concurrent starts, and never by an older Poolhouse."""

import asyncio
from pathlib import Path

import pytest
from support.captured_logs import capture_logs
from support.store_processes import end, start

from poolhouse.store.interface import Database, Unavailable
from poolhouse.store.migrate import NewerStore, migrate, migrations
from poolhouse.store.store import data_key, open_database

NEWEST = len(migrations())


async def test_migrate_empty_store_reaches_the_newest_version(empty_url: str) -> None:
    database = await open_database(empty_url)
    assert await database.version() == 0
    for _ in range(2):
        await migrate(database)
        assert await database.version() == NEWEST
    await database.close()


async def test_workers_that_start_at_once_make_the_tables_once(empty_url: str) -> None:
    databases = [await open_database(empty_url, connections=2) for _ in range(6)]
    await asyncio.gather(*map(migrate, databases))
    for database in databases:
        assert await database.version() == NEWEST
        rows = await database.fetch("SELECT version FROM schema_version")
        assert [row[0] for row in rows] == list(range(1, NEWEST + 1))
        await database.close()


async def test_processes_that_start_at_once_make_the_tables_once(empty_url: str) -> None:
    processes = [start("migrate", empty_url) for _ in range(3)]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.read() == f"{NEWEST}\n".encode()
            assert process.wait() == 0
    finally:
        for process in processes:
            end(process)


async def test_migrate_applies_each_step_once(database: Database) -> None:
    step = ["CREATE TABLE counts (n BIGINT NOT NULL)", "INSERT INTO counts VALUES (1)"]
    await database.apply(step, NEWEST + 1)
    await database.apply(step, NEWEST + 1)
    await asyncio.gather(*(database.apply(step[1:], NEWEST + 2) for _ in range(5)))
    assert [row[0] for row in await database.fetch("SELECT n FROM counts")] == [1, 1]


async def test_migrate_failing_step_leaves_nothing(database: Database) -> None:
    step = ["CREATE TABLE counts (n BIGINT NOT NULL)", "CREATE NONSENSE"]
    for _ in range(2):
        with pytest.raises(Exception, match="NONSENSE"):
            await database.apply(step, NEWEST + 1)
        assert await database.version() == NEWEST
        with pytest.raises(Unavailable):
            await database.fetch("SELECT n FROM counts")
    await database.apply(step[:1], NEWEST + 1)
    assert not list(await database.fetch("SELECT n FROM counts"))


async def test_migrate_newer_store_is_refused(database: Database) -> None:
    await database.apply([], NEWEST + 1)
    with pytest.raises(NewerStore) as caught:
        await migrate(database)
    assert str(caught.value) == (
        f"The store is at version {NEWEST + 1}, but this Poolhouse knows versions up to {NEWEST}."
        " Start a newer Poolhouse, or restore a backup."
    )


async def test_data_key_created_concurrently_is_the_same(database: Database) -> None:
    made = iter(range(100))
    keys = await asyncio.gather(
        *(data_key(database, lambda: b"key %d" % next(made)) for _ in range(10))
    )
    assert len(set(keys)) == 1
    assert await data_key(database, lambda: b"another") == keys[0]


async def test_migration_of_existing_store_is_logged(tmp_path: Path) -> None:
    """An older Poolhouse can't open it any more: operators want to know when that began."""
    database = await open_database(f"sqlite:///{tmp_path / 'older.db'}")
    for version, script in enumerate(migrations()[:-1], 1):
        await database.apply(script, version)
    with capture_logs() as logs:
        await migrate(database)
        await migrate(database)
    assert [(line["event"], line["was"], line["version"]) for line in logs] == [
        ("the store was migrated", NEWEST - 1, NEWEST)
    ]
    await database.close()
