"""Where stores may be made, on both engines."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from postgres_server import PostgresServer
from transfer.generated_pools import open_store

from poolhouse.store.opening import Store

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
