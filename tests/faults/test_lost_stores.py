"""A store that is full or gone: AWS's error meanwhile, and recovery without a restart."""

import asyncio
import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.postgres_server import PostgresServer
from support.postgres_server import running_server as running_postgres
from support.running_server import ROOT_KEY, RunningServer, running
from support.served_pools import PoolForTest
from support.server_processes import ServerProcess, serving
from support.store_contents import eventually
from support.store_samples import an_audit_record
from support.wire_client import Answer, Wire, call, request, signed_headers

from poolhouse.app import App

INTERNAL = (500, "InternalErrorException", "Internal server error")
UNLIMITED = resource.RLIM_INFINITY


def ask(server: ServerProcess | RunningServer, operation: str, **members: object) -> Answer:
    body = json.dumps(members).encode()
    with Wire(server.port) as wire:
        if "ClientId" in members:
            return wire.ask(call(operation, body))
        return wire.ask(request(body, signed_headers(server.url, operation, body, ROOT_KEY)))


def sign_up(server: ServerProcess | RunningServer, client_id: str, username: str) -> Answer:
    members = {"Username": username, "Password": "Correct-Horse-9!"}
    return ask(server, "SignUp", ClientId=client_id, **members)


def status(server: ServerProcess, path: str) -> int:
    with Wire(server.port) as wire:
        return wire.ask(request(b"", line=f"GET {path} HTTP/1.1"), "GET").status


# --- A full disk ----------------------------------------------------------------------------


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[ServerProcess]:
    with serving(tmp_path / "data") as server:
        yield server


def test_full_disk_fails_only_writes_until_there_is_room(filled: ServerProcess) -> None:
    """The limit on the size of files makes every write fail that would need more room."""
    server = filled
    pool = ask(server, "CreateUserPool", PoolName="p").json["UserPool"]["Id"]
    made = ask(server, "CreateUserPoolClient", UserPoolId=pool, ClientName="c").json
    client = made["UserPoolClient"]["ClientId"]
    assert sign_up(server, client, "before").status == 200
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4_096, UNLIMITED))
    try:
        for name in ("first", "second", "third"):
            assert sign_up(server, client, name).error == INTERNAL
        assert [status(server, f"/health/{kind}") for kind in ("ready", "live")] == [503, 200]
        found = ask(server, "AdminGetUser", UserPoolId=pool, Username="before")
        assert found.status == 200, "reads need no room"
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
    eventually(lambda: status(server, "/health/ready") == 200 or None)
    for name in ("first", "after"):
        assert sign_up(server, client, name).status == 200
    names = ask(server, "ListUsers", UserPoolId=pool).json["Users"]
    assert sorted(user["Username"] for user in names) == ["after", "before", "first"]
    assert server.stop() == 0


# --- A vanished database --------------------------------------------------------------------


def test_sqlite_file_moved_away_is_not_written_until_it_returns(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        pool = PoolForTest(server.client())
        assert sign_up(server, pool.client_id, "before").status == 200
        (tmp_path / "poolhouse.db").rename(tmp_path / "elsewhere.db")
        assert sign_up(server, pool.client_id, "meanwhile").error == INTERNAL
        (tmp_path / "elsewhere.db").rename(tmp_path / "poolhouse.db")
        assert sign_up(server, pool.client_id, "meanwhile").status == 200


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of this test's own, to be stopped."""
    with running_postgres() as server:
        yield server


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgres_restarted_is_reconnected(
    tmp_path: Path, postgres: PostgresServer, mode: str
) -> None:
    store = asyncio.run(postgres.empty_database())
    with running(tmp_path, store=store) as server:
        pool = PoolForTest(server.client())
        assert sign_up(server, pool.client_id, "before").status == 200
        postgres.stop(mode)
        try:
            assert sign_up(server, pool.client_id, "meanwhile").error == INTERNAL
            found = ask(server, "AdminGetUser", UserPoolId=pool.id, Username="before")
            assert found.error == INTERNAL
        finally:
            postgres.start()
        assert sign_up(server, pool.client_id, "meanwhile").status == 200
        found = ask(server, "AdminGetUser", UserPoolId=pool.id, Username="before")
        assert found.status == 200


def test_records_that_the_store_did_not_take_are_stored_when_it_is_back(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """The audit trail of reads and denials: late, but complete and once."""
    ids = [f"request {n}" for n in range(1_200)]

    async def note(app: App) -> None:
        for id in ids:
            app._trail.note(an_audit_record(id))

    async def read(app: App) -> list[str]:
        records, _ = await app.services.store.audit.after("", 10_000)
        return [each.request_id for each in records]

    store = asyncio.run(postgres.empty_database())
    with running(tmp_path, store=store) as server:
        postgres.stop("immediate")
        try:
            server.run(note)
            server.run(lambda app: app._trail.flush())
        finally:
            postgres.start()
        assert eventually(lambda: found if (found := server.run(read)) else None)[0] == ids[0]
        server.run(lambda app: app._trail.flush())
        assert server.run(read) == ids


def test_requests_while_the_store_is_away_leave_few_lines(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """One when it begins, one in ten seconds, whatever the number of requests."""
    store = asyncio.run(postgres.empty_database())
    with serving(tmp_path / "data", store=store) as server:
        postgres.stop("immediate")
        try:
            for number in range(30):
                answer = ask(server, "AdminGetUser", UserPoolId="eu-central-1_a", Username="a")
                assert answer.error == INTERNAL, number
            lines = [line for line in server.log().splitlines() if "store unavailable" in line]
        finally:
            postgres.start()
    assert 1 <= len(lines) <= 4, lines
