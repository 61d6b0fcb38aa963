"""Acknowledged commits are kept, however the process or the server ends."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.postgres_server import PostgresServer, running_server
from support.store_processes import end, writers
from support.store_samples import NOTES, all_notes, change, put

from poolhouse.store.interface import Database, Unavailable, VersionConflict
from poolhouse.store.store import open_database


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that no other test uses, to be stopped and started."""
    with running_server() as server:
        yield server


async def test_committed_rows_exist_after_reopening_the_store(empty_url: str) -> None:
    database = await open_database(empty_url)
    await database.apply(NOTES, 1)
    await database.commit([put("a"), put("b")])
    await database.commit([change("a", 1)])
    with pytest.raises(VersionConflict):
        await database.commit([put("c"), change("b", 7)])
    await database.close()
    again = await open_database(empty_url)
    assert await all_notes(again) == {"a": 2, "b": 1}
    await again.close()


async def test_killing_a_process_under_load_loses_nothing_it_acknowledged(empty_url: str) -> None:
    database = await open_database(empty_url)
    await database.apply(NOTES, 1)
    for round in ("first", "second"):
        with writers(empty_url, round) as (said, (process,)):
            acknowledged = {said.readline() for _ in range(300)}
            end(process)
            acknowledged |= set(said)
        names = {line.decode().strip() for line in acknowledged if line.endswith(b"\n")}
        kept = set(await all_notes(database))
        assert names <= kept
        # Of every commit both writes are there, or none.
        assert {name for name in kept if not name.endswith("too")} == {
            name.removesuffix(", too") for name in kept if name.endswith("too")
        }
    await database.commit([put("afterwards")])
    await database.close()


async def test_postgres_crash_under_load_loses_no_acknowledged_commit(
    own_server: PostgresServer,
) -> None:
    database = await open_database(await own_server.empty_database())
    await database.apply(NOTES, 1)
    acknowledged: list[str] = []
    enough = asyncio.Event()

    async def write_on(name: str) -> None:
        for n in itertools.count():
            await database.commit([put(f"{name} {n}")])
            acknowledged.append(f"{name} {n}")
            if len(acknowledged) == 300:
                enough.set()

    writing = [asyncio.ensure_future(write_on(name)) for name in "abcdefgh"]
    await enough.wait()
    await asyncio.to_thread(own_server.stop, "immediate")
    ends = await asyncio.gather(*writing, return_exceptions=True)
    assert {type(end) for end in ends} == {Unavailable}
    await asyncio.to_thread(own_server.start)
    assert set(acknowledged) <= set(await all_notes(database))
    await database.close()


async def test_postgres_stopped_is_unavailable_until_it_restarts(
    own_server: PostgresServer,
) -> None:
    url = await own_server.empty_database()
    database = await open_database(url)
    await database.apply(NOTES, 1)
    await asyncio.gather(*(database.commit([put(f"{n}")]) for n in range(10)))
    await asyncio.to_thread(own_server.stop)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await database.fetch("SELECT 1")
        with pytest.raises(Unavailable):
            await database.commit([put("a")])
        with pytest.raises(Unavailable):
            await database.commit([put("a"), put("b")])
        with pytest.raises(Unavailable):
            await open_database(url)
    await asyncio.to_thread(own_server.start)
    await asyncio.gather(*(database.commit([put(f"again {n}")]) for n in range(10)))
    assert len(await all_notes(database)) == 20
    await database.close()


async def sqlite(path: Path) -> Database:
    database = await open_database(f"sqlite:///{path}")
    await database.apply(NOTES, 1)
    return database


async def test_sqlite_missing_file_is_unavailable_until_it_returns(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "store.db", tmp_path / "elsewhere.db"
    database = await sqlite(path)
    await database.commit([put("before")])
    path.rename(elsewhere)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await database.commit([put("meanwhile")])
    elsewhere.rename(path)
    await database.commit([put("after")])
    assert set(await all_notes(database)) == {"before", "after"}
    await database.close()


async def test_sqlite_file_replaced_by_another_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    database = await sqlite(path)
    path.rename(tmp_path / "elsewhere.db")
    path.write_bytes(b"")
    with pytest.raises(Unavailable, match="another file has taken the place"):
        await database.commit([put("a")])
    assert path.read_bytes() == b""
    await database.close()


async def test_sqlite_full_disk_is_unavailable_until_there_is_room(tmp_path: Path) -> None:
    """SQLite's own limit of pages stands for the disk: it reports the same error."""
    database = await sqlite(tmp_path / "store.db")
    await database.commit([put("before")])
    pragma = database._write.pragma  # type: ignore[attr-defined]
    unlimited = pragma("max_page_count")
    pragma("max_page_count", pragma("page_count") + 4)
    large = "x" * 100_000
    for _ in range(2):
        ends = await asyncio.gather(
            *(database.commit([put(f"{n}"), put(f"large {n}", body=large)]) for n in range(3)),
            return_exceptions=True,
        )
        assert {type(end) for end in ends} == {Unavailable}
        assert set(await all_notes(database)) == {"before"}
    pragma("max_page_count", unlimited)
    await database.commit([put("after", body=large)])
    assert set(await all_notes(database)) == {"before", "after"}
    await database.close()
