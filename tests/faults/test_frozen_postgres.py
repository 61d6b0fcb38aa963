"""A PostgreSQL that stands still: its connections are open, and nothing on them is answered."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.programs import Server, root_key
from support.postgres_server import PostgresServer
from support.postgres_server import running_server as running_postgres
from support.store_contents import eventually
from support.wire_client import Answer, Wire, request, signed_headers

HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of this test's own, to be frozen."""
    with running_postgres() as server:
        yield server


def unless(status: int, answer: Answer) -> Answer | None:
    return answer if answer.status != status else None


def flags(postgres: PostgresServer, workers: int) -> tuple[object, ...]:
    store = asyncio.run(postgres.empty_database())
    return ("--store", store, "--workers", workers, "--stop-seconds", "2")


@pytest.mark.parametrize("workers", [1, 2])
def test_stop_while_postgres_is_frozen_ends(
    tmp_path: Path, postgres: PostgresServer, workers: int
) -> None:
    """The status and the log say that something could not be stored; nothing says "start"."""
    with Server(tmp_path, "serve", *flags(postgres, workers)) as server:
        key = root_key(tmp_path / ".poolhouse")
        body = b'{"MaxResults":1}'
        headers = signed_headers(server.url, "ListUserPools", body, key, region="us-east-1")
        with Wire(server.port) as wire, Wire(server.port) as idle:
            assert idle.ask(HEALTH, "GET").status == 200
            with postgres.frozen():
                wire.send(request(body, headers))
                server.send(signal.SIGTERM)
                assert server.wait() == 1
        printed = server.printed.to_the_end()
    assert "can't start" not in printed
    assert "stopped before everything was stored" in printed


def test_health_while_postgres_is_frozen_is_503_until_it_goes_on(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """The loop turns all the while: a restart of the server would not help."""
    with Server(tmp_path, "serve", *flags(postgres, 1)) as server, Wire(server.port) as wire:
        assert wire.ask(HEALTH, "GET").status == 200
        with postgres.frozen():
            answer = eventually(lambda: unless(200, wire.ask(HEALTH, "GET")))
            assert (answer.status, answer.json) == (503, {"status": "store too slow"})
            live = HEALTH.replace(b"/health", b"/health/live")
            assert wire.ask(live, "GET").status == 200
        eventually(lambda: unless(503, wire.ask(HEALTH, "GET")))
        server.stop()
