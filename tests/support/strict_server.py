"""The servers that the tests of the pipeline speak to, as fixtures."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.running_server import RunningServer, running
from support.served_pools import (
    PoolForTest,
    cognito,
    functions,
    new_pool,
    pool,
    server,
    server_on_postgres,
    server_on_sqlite,
)
from support.wire_client import Wire

__all__ = [
    "LARGEST_BODY",
    "PoolForTest",
    "cognito",
    "dev",
    "functions",
    "new_pool",
    "pool",
    "root",
    "server",
    "server_on_postgres",
    "server_on_sqlite",
    "strict",
    "wire",
]

LARGEST_BODY = 65_536


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A strict server on SQLite, for what doesn't depend on the store."""
    with running(tmp_path_factory.mktemp("strict"), largest_body=LARGEST_BODY) as server:
        yield server


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server in dev mode."""
    with running(tmp_path_factory.mktemp("dev"), dev=True, memory=True) as server:
        yield server


@pytest.fixture
def wire(strict: RunningServer) -> Iterator[Wire]:
    """A connection to the strict server."""
    with Wire(strict.port) as wire:
        yield wire


@pytest.fixture(scope="session")
def root(strict: RunningServer) -> Any:
    """The boto3 client of the strict server's root administrator."""
    return strict.client()
