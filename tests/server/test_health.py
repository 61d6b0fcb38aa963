"""`GET /health`: what a load balancer asks. Verdicts hold for a second."""

import asyncio
from pathlib import Path

import pytest
from support.postgres_server import PostgresServer
from support.postgres_server import running_server as running_postgres
from support.running_server import RunningServer, running
from support.store_contents import eventually
from support.wire_client import Answer, Wire, call, request


def health(server: RunningServer, method: str = "GET", path: str = "/health") -> Answer:
    with Wire(server.port) as wire:
        return wire.ask(request(b"", line=f"{method} {path} HTTP/1.1"), method)


def until_health(server: RunningServer, status: int) -> None:
    eventually(lambda: health(server).status == status or None)


def test_health_with_a_working_store_is_ok(server: RunningServer) -> None:
    answer = health(server)
    assert (answer.status, answer.json) == (200, {"status": "ok"})


def test_health_head_request_is_ok(strict: RunningServer) -> None:
    answer = health(strict, "HEAD")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("query", ["?", "?a=b&c", "?%zz"])
def test_health_query_is_ignored(wire: Wire, query: str) -> None:
    assert wire.ask(request(b"", line=f"GET /health{query} HTTP/1.1"), "GET").status == 200


def test_health_without_postgres_is_unavailable_until_it_returns(tmp_path: Path) -> None:
    """And calls get AWS's error meanwhile, which SDKs try again."""
    with running_postgres() as postgres:
        store = asyncio.run(postgres.empty_database())
        with running(tmp_path, store=store) as server:
            assert health(server).status == 200
            while_stopped(postgres, server)
            until_health(server, 200)


def while_stopped(postgres: PostgresServer, server: RunningServer) -> None:
    postgres.stop("immediate")
    try:
        until_health(server, 503)
        assert health(server).json == {"status": "store unavailable"}
        with Wire(server.port) as wire:
            body = b'{"ClientId":"a","Username":"b","Password":"Correct-Horse-9!"}'
            assert wire.ask(call("SignUp", body)).error == (
                500,
                "InternalErrorException",
                "Internal server error",
            )
    finally:
        postgres.start()


def test_health_without_the_sqlite_file_is_unavailable_until_it_returns(tmp_path: Path) -> None:
    """SQLite would continue to read and write a file that no other process can find."""
    with running(tmp_path) as server:
        assert health(server).status == 200
        file = tmp_path / "poolhouse.db"
        file.rename(tmp_path / "away.db")
        until_health(server, 503)
        (tmp_path / "away.db").rename(file)
        until_health(server, 200)
