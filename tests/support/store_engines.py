"""The store engines of a test: decided here, for all tests that request `store_engine`.

Tests run on SQLite. Where the store is the subject (races, listings, uniqueness), a
test or its module is marked `both_stores`. Every operation runs on both in
`tests/operations/test_operations_on_both_stores.py`. The nightly run has every test on both.
"""

import asyncio
from typing import TYPE_CHECKING, Final, Literal, get_args

import pytest

if TYPE_CHECKING:
    from support.postgres_server import PostgresServer

Engine = Literal["sqlite", "postgres"]
ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)
FIXTURE: Final = "store_engine"


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a test that needs `store_engine` its engines, unless it names them itself."""
    if FIXTURE not in metafunc.fixturenames or _names_engines(metafunc.definition):
        return
    is_both = is_nightly(metafunc.config) or metafunc.definition.get_closest_marker("both_stores")
    engines = ENGINES if is_both else ENGINES[:1]
    metafunc.parametrize(FIXTURE, engines, indirect=True, scope="session")


def is_nightly(config: pytest.Config) -> bool:
    return bool(config.getoption("nightly"))


def _names_engines(item: pytest.Function) -> bool:
    return any(FIXTURE in mark.args[0] for mark in item.iter_markers("parametrize"))


def new_store(request: pytest.FixtureRequest, engine: Engine) -> str | None:
    """Return the URL of an empty database; None for SQLite, which is made in the data folder."""
    if engine == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return asyncio.run(server.empty_database())
