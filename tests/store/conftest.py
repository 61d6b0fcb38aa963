"""Stores of both engines, a fresh one for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.postgres_server import PostgresServer
from support.store_samples import NOTES, a_sealer

from poolhouse.store.interface import Database
from poolhouse.store.migrate import migrate
from poolhouse.store.store import Store, open_database


@pytest.fixture(params=["sqlite", "postgres"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made that no test has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return await server.empty_database()


@pytest.fixture(params=["sqlite", "memory", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store at the newest version: in a file, in memory, on a server."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        database = await open_database(await server.database())
    else:
        path = f"/{tmp_path}/store.db" if request.param == "sqlite" else ""
        database = await open_database(f"sqlite://{path}")
        await migrate(database)
    yield database
    await database.close()


@pytest.fixture
async def notes(database: Database) -> Database:
    """A store with a table of the tests' own, for writes that no entity knows."""
    await database.apply(NOTES, 1000)
    return database


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, a_sealer())
