"""A strict server for clients that others wrote, and what tests of any of them need."""

import itertools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from support.client_servers import ServedPool, StartServer, server_command
from support.functions_server import FunctionsServer, arn
from support.running_server import ROOT_KEY, RunningServer, running

CODE = "123456"
"""What every code that the server sends is."""

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def functions() -> Iterator[FunctionsServer]:
    """Where every trigger of the server goes."""
    with FunctionsServer() as server:
        yield server


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, functions: FunctionsServer
) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("data")
    with running(directory, triggers={"*": functions.url}, code=CODE) as server:
        yield server


@pytest.fixture(scope="session")
def cognito(server: RunningServer) -> Any:
    """Boto3 as it comes: its own retries, time limits and parameter checks."""
    return boto3.client(
        "cognito-idp",
        endpoint_url=server.url,
        region_name=server.settings.home_region,
        aws_access_key_id=ROOT_KEY[0],
        aws_secret_access_key=ROOT_KEY[1],
    )


@pytest.fixture
def pool(cognito: Any) -> ServedPool:
    pool = cognito.create_user_pool(
        PoolName=f"pool {next(_numbers)}",
        AutoVerifiedAttributes=["email"],
        LambdaConfig={"PostConfirmation": arn("post-confirmation")},
    )["UserPool"]
    client = cognito.create_user_pool_client(UserPoolId=pool["Id"], ClientName="app")
    return ServedPool(pool["Id"], client["UserPoolClient"]["ClientId"])


@pytest.fixture
def confirmations(functions: FunctionsServer) -> Any:
    """What the post-confirmation functions of a pool were told, a (name, request) for each call."""

    def confirmations(pool_id: str) -> list[tuple[str, dict[str, Any]]]:
        return [
            (event["userName"], event["request"])
            for event in functions.of("PostConfirmation_ConfirmSignUp")
            if event["userPoolId"] == pool_id
        ]

    return confirmations


@pytest.fixture(scope="session")
def poolhouse() -> StartServer:
    """Starts `poolhouse dev` or `poolhouse serve`: the command's name, its data, more flags."""
    return server_command
