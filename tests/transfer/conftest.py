"""Stores and running servers on both engines."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.functions_server import FunctionsServer
from support.postgres_server import PostgresServer
from support.running_server import RunningServer, running
from transfer.generated_pools import exported, open_store

from poolhouse.app import App
from poolhouse.store.store import Store

MakeUrl = Callable[[str], Awaitable[str]]


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> MakeUrl:
    """The address of an empty store of an engine, another each time."""
    numbers = itertools.count(1)

    async def make(engine: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path}/store-{next(numbers)}.db"
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return await server.database()

    return make


@pytest.fixture(params=["sqlite", "postgres"])
async def stores(
    request: pytest.FixtureRequest, new_url: MakeUrl
) -> AsyncIterator[tuple[Store, Store]]:
    """Two empty stores of one engine."""
    one = await open_store(await new_url(request.param))
    other = await open_store(await new_url(request.param))
    yield one, other
    await one.close()
    await other.close()


@pytest.fixture(params=[("sqlite", "postgres"), ("postgres", "sqlite")])
def servers(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[RunningServer, RunningServer]]:
    """One with the pool, and an empty one on the other engine."""
    started = []
    with ExitStack() as stack:
        functions = stack.enter_context(FunctionsServer())
        for engine in request.param:
            store = None
            if engine == "postgres":
                postgres: PostgresServer = request.getfixturevalue("postgres_server")
                store = asyncio.run(postgres.empty_database())
            server = running(tmp_path / engine, store=store, triggers={"*": functions.url})
            started.append(stack.enter_context(server))
        yield started[0], started[1]


def export_of(server: RunningServer, pool_id: str) -> bytes:
    async def export(app: App) -> bytes:
        store = app.services.store
        await store.configuration.refresh()
        pool = await store.pools.find(pool_id)
        assert pool is not None
        return await exported(store, pool)

    return server.run(export)
