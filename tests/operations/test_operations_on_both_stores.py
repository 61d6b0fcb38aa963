"""Every operation succeeds on each store: most other tests run on SQLite alone."""

from collections.abc import Iterator

import pytest
from auth.played_operations import play_every_operation
from support.every_operation import CODE
from support.functions_server import FunctionsServer
from support.running_server import RunningServer, running
from support.store_engines import Engine, new_store

from poolhouse.operations.registry import TABLE

pytestmark = pytest.mark.both_stores


@pytest.fixture
def new_server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    functions: FunctionsServer,
    store_engine: Engine,
) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("every-operation")
    store = new_store(request, store_engine)
    with running(folder, store=store, triggers={"*": functions.url}, code=CODE) as server:
        yield server


def test_operation_with_valid_request_succeeds(
    new_server: RunningServer, functions: FunctionsServer
) -> None:
    play_every_operation(new_server, functions)
    functions.forget()
    assert new_server.succeeded == TABLE.keys()
