"""Everything that a store holds, read past all of the code that is under test."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

import apsw
import asyncpg

Rows = list[dict[str, Any]]
T = TypeVar("T")


def tables(url: str) -> dict[str, Rows]:
    """Every row of every table, of one moment."""
    if url.startswith("sqlite:///"):
        return _of_sqlite(url.removeprefix("sqlite:///"))
    return asyncio.run(_of_postgres(url))


def _of_sqlite(path: str) -> dict[str, Rows]:
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(10_000)
    connection.execute("BEGIN")
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [str(row[0]) for row in tables.fetchall()]
        return {name: _rows(connection, name) for name in names}
    finally:
        connection.close()


def _rows(connection: apsw.Connection, table: str) -> Rows:
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    rows = connection.execute(f'SELECT * FROM "{table}"')
    return [dict(zip(columns, row, strict=True)) for row in rows]


async def _of_postgres(url: str) -> dict[str, Rows]:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            names = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            return {
                name: [dict(row) for row in await connection.fetch(f'SELECT * FROM "{name}"')]
                for (name,) in names
            }
    finally:
        await connection.close()


def text_of(contents: dict[str, Rows]) -> str:
    """All of it as one text, in which a marker can be looked for; bytes as they are and as hex."""
    values = (value for rows in contents.values() for row in rows for value in row.values())
    return "\n".join(
        f"{value.decode('latin-1')} {value.hex()}" if isinstance(value, bytes) else str(value)
        for value in values
    )


def eventually(look: Callable[[], T | None], seconds: float = 20.0) -> T:
    """What `look` finds, as soon as it finds something; fails after so long."""
    until = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)  # what is awaited happens in another thread or process
    return found
