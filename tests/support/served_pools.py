"""A strict server per store engine, and pools, clients and functions on it for each test."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.functions_server import FunctionsServer
from support.running_server import RunningServer, running
from support.store_engines import Engine

if TYPE_CHECKING:
    from support.postgres_server import PostgresServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def functions() -> Iterator[FunctionsServer]:
    """Where every trigger of the server under test goes."""
    with FunctionsServer() as server:
        yield server


@pytest.fixture(scope="session")
def server_on_sqlite(
    tmp_path_factory: pytest.TempPathFactory, functions: FunctionsServer
) -> Iterator[RunningServer]:
    with _server(tmp_path_factory.mktemp("data-sqlite"), functions, None) as server:
        yield server


@pytest.fixture(scope="session")
def server_on_postgres(
    tmp_path_factory: pytest.TempPathFactory,
    functions: FunctionsServer,
    postgres_server: "PostgresServer",
) -> Iterator[RunningServer]:
    store = asyncio.run(postgres_server.empty_database())
    with _server(tmp_path_factory.mktemp("data-postgres"), functions, store) as server:
        yield server


def _server(
    data: Path, functions: FunctionsServer, store: str | None
) -> AbstractContextManager[RunningServer]:
    return running(data, store=store, triggers={"*": functions.url}, trigger_seconds=30.0)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, store_engine: Engine) -> RunningServer:
    """The server on the engine under test. Each engine's is started once a process."""
    server: RunningServer = request.getfixturevalue(f"server_on_{store_engine}")
    return server


@pytest.fixture(scope="session")
def cognito(server: RunningServer) -> Any:
    """The root administrator's boto3 client."""
    return server.client()


class PoolForTest:
    """A pool with an app client, and the words that tests say most often about them."""

    def __init__(self, cognito: Any, client: dict[str, Any] | None = None, **settings: Any) -> None:
        self.cognito = cognito
        made = cognito.create_user_pool(PoolName=f"pool {next(_numbers)}", **settings)
        self.id: str = made["UserPool"]["Id"]
        self.client: dict[str, Any] = cognito.create_user_pool_client(
            UserPoolId=self.id, ClientName="app", **client or {}
        )["UserPoolClient"]
        self.client_id: str = self.client["ClientId"]

    def sign_up(self, username: str = "alice", **more: Any) -> dict[str, Any]:
        attributes = more.pop("attributes", {})
        answer: dict[str, Any] = self.cognito.sign_up(
            ClientId=self.client_id,
            Username=username,
            Password=more.pop("password", "Correct-Horse-9!"),
            UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
            **more,
        )
        return answer

    def admin_confirm(self, username: str = "alice", **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.cognito.admin_confirm_sign_up(
            UserPoolId=self.id, Username=username, **more
        )
        return answer

    def user(self, username: str = "alice") -> dict[str, Any]:
        """AdminGetUser, with the attributes as a map under "attributes"."""
        answer: dict[str, Any] = self.cognito.admin_get_user(UserPoolId=self.id, Username=username)
        answer["attributes"] = {a["Name"]: a["Value"] for a in answer["UserAttributes"]}
        return answer


NewPool = Callable[..., PoolForTest]
"""What the fixture `new_pool` gives: create a pool with these settings of it and of its client."""


@pytest.fixture
def new_pool(cognito: Any, functions: FunctionsServer) -> Iterator[NewPool]:
    """Makes pools; the functions server forgets between tests."""
    functions.forget()

    def make(**settings: Any) -> PoolForTest:
        return PoolForTest(cognito, **settings)

    yield make
    functions.forget()


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    """A pool as CreateUserPool makes it when nothing is asked for."""
    return new_pool()
