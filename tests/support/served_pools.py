"""A strict server per store engine, and pools, clients and functions on it for each test."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from support.functions_server import FunctionsServer
from support.postgres_server import PostgresServer
from support.running_server import RunningServer, running

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def functions() -> Iterator[FunctionsServer]:
    """Where every trigger of the server under test goes."""
    with FunctionsServer() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    functions: FunctionsServer,
) -> Iterator[RunningServer]:
    store = None
    if request.param == "postgres":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        store = asyncio.run(postgres.empty_database())
    with running(
        tmp_path_factory.mktemp(f"data-{request.param}"),
        store=store,
        triggers={"*": functions.url},
        trigger_seconds=2.0,
    ) as server:
        yield server


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


@pytest.fixture
def new_pool(cognito: Any, functions: FunctionsServer) -> Iterator[Any]:
    """Makes pools; the functions server forgets between tests."""
    functions.forget()

    def make(**settings: Any) -> PoolForTest:
        return PoolForTest(cognito, **settings)

    yield make
    functions.forget()


@pytest.fixture
def pool(new_pool: Any) -> PoolForTest:
    """A pool as CreateUserPool makes it when nothing is asked for."""
    made: PoolForTest = new_pool()
    return made
