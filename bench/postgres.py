"""A PostgreSQL server to measure with: the one of the tests, as safe as in production."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from tests.support import postgres_server

_AS_IN_PRODUCTION = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "deadlock_timeout": "1s",
}


@contextlib.contextmanager
def running() -> Iterator[postgres_server.PostgresServer]:
    """Yield a server with durable commits, which the tests switch off."""
    as_tested = dict(postgres_server.SETTINGS)
    postgres_server.SETTINGS.update(_AS_IN_PRODUCTION)
    try:
        with postgres_server.running_server() as server:
            yield server
    finally:
        postgres_server.SETTINGS.clear()
        postgres_server.SETTINGS.update(as_tested)


async def vacuum(url: str) -> None:
    """Vacuum now, as autovacuum would a minute later in the midst of a measurement."""
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def data_directory(url: str) -> Path:
    """Return where the server keeps a database, with everything in its files that was written."""
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT")
    folder: str = await connection.fetchval("SHOW data_directory")
    number: str = await connection.fetchval(
        "SELECT oid::text FROM pg_database WHERE datname = current_database()"
    )
    await connection.close()
    return Path(folder) / "base" / number
