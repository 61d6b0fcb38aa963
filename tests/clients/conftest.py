"""A strict server for clients that others wrote, and what tests of any of them need."""

import contextlib
import itertools
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from support.functions_server import FunctionsServer, arn
from support.running_server import ROOT_KEY, RunningServer, running

CODE = "123456"
"""What every code that the server sends is."""

START_SECONDS = 60
"""After which a server that isn't ready has failed."""

_numbers = itertools.count(1)


class ServedPool(NamedTuple):
    """A pool with a post-confirmation function, and a public app client."""

    id: str
    client_id: str


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


class Command:
    """A server as its user starts it, and ready; its output is short enough to wait in the pipe."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self._process = process
        self.url = url

    def stop(self) -> str:
        """End it in good order, and return what it printed since it was ready."""
        self._process.terminate()
        rest, _ = self._process.communicate(timeout=START_SECONDS)
        assert self._process.returncode == 0, rest
        return rest


@contextlib.contextmanager
def _command(name: str, data: Path, *flags: str) -> Iterator[Command]:
    """`poolhouse NAME` on a free port, killed on leaving if it hasn't been stopped by then."""
    program = Path(sys.executable).with_name("poolhouse")
    assert program.exists(), "the command isn't installed: make test installs it"
    with subprocess.Popen(
        [program, name, "--port", "0", "--data", data, *flags],
        cwd=data.parent,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        too_late = threading.Timer(START_SECONDS, process.kill)
        too_late.start()
        try:
            url = _endpoint(process)
            too_late.cancel()
            yield Command(process, url)
        finally:
            too_late.cancel()
            process.kill()


def _endpoint(process: "subprocess.Popen[str]") -> str:
    """The address that the banner of `dev` or the log of `serve` tells when it is ready."""
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError("".join(printed))


@pytest.fixture(scope="session")
def poolhouse() -> Callable[..., contextlib.AbstractContextManager[Command]]:
    """Starts `poolhouse dev` or `poolhouse serve`: the command's name, its data, more flags."""
    return _command
