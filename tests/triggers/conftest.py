"""Real child processes and real HTTP servers for the triggers' tests."""

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from textwrap import dedent

import httpx
import pytest
import uvloop
from support.programs import program
from support.trigger_world import ARN, NOW, Fifo, Server

from poolhouse.clock import Clock
from poolhouse.triggers.events import Event, Invocation, event
from poolhouse.triggers.factory import TransportDependencies, transport
from poolhouse.triggers.transports.contract import Transport


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    listening = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    served.url = f"http://127.0.0.1:{port}"
    async with listening:
        yield served


@pytest.fixture
async def means(tmp_path: Path) -> AsyncIterator[TransportDependencies]:
    numbers = itertools.count(1)
    async with httpx.AsyncClient(trust_env=False) as client:
        yield TransportDependencies(
            client=lambda: client,
            now=lambda: NOW,
            wall_clock=Clock().now,
            new_request_id=lambda: f"request-{next(numbers)}",
            folder=tmp_path,
            python=sys.executable,
            node=program("node"),
        )


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(text))
        return file

    return write


@pytest.fixture
async def handler(
    means: TransportDependencies, write: Callable[[str, str], Path]
) -> AsyncIterator[Callable[..., Transport]]:
    """Write a file and get the transport of its function `handler`; closed after the test."""
    started: list[Transport] = []

    def handler(name: str, text: str, means: TransportDependencies = means) -> Transport:
        write(name, text)
        started.append(transport(ARN, f"{name}:handler", means))
        return started[-1]

    yield handler
    for each in started:
        await each.close()


@pytest.fixture
async def fifo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fifo]:
    path = tmp_path_factory.mktemp("fifo") / "pipe"
    os.mkfifo(path)
    reader = asyncio.StreamReader()
    opened = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", 0)
    pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), opened
    )
    yield Fifo(path, reader)
    pipe.close()


@pytest.fixture
def an_event() -> Event:
    invocation = Invocation(pool_id="eu-west-1_Example01", username="ann")
    return event("PreSignUp_SignUp", invocation, {"userAttributes": {}}, {"autoConfirmUser": False})


@pytest.fixture(autouse=True)
def secrets_in_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POOLHOUSE_MASTER_KEY", "a secret of the server")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret of the server")


ON_BOTH_LOOPS = {
    "test_custom_runtimes",
    "test_hostile_handlers",
    "test_local_children",
    "test_runtime_api",
}


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Child processes are run on both kinds of event loop: each starts and watches its own way."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if item.path.stem in ON_BOTH_LOOPS:
        loops["uvloop"] = uvloop.new_event_loop
    return loops
