"""Processes that start on one empty directory at once, and processes that share a store."""

import asyncio
import json
from pathlib import Path

import pytest
from support.postgres_server import PostgresServer
from support.running_server import REGION, ROOT_KEY
from support.server_processes import ServerProcess, serving
from support.store_contents import tables
from support.store_invariants import faults
from support.user_load import CODE, Load
from support.wire_client import Wire, request, signed_headers

from poolhouse.bootstrap.first_start import CLIENT_ID
from poolhouse.bootstrap.store import open_store
from poolhouse.config.settings import Settings
from poolhouse.entities.pools import Pool

AT_ONCE = 3


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/poolhouse.db"
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    return asyncio.run(postgres.empty_database())


def ask(server: ServerProcess, operation: str, **members: object) -> dict[str, object]:
    body = json.dumps(members).encode()
    with Wire(server.port) as wire:
        headers = signed_headers(server.url, operation, body, ROOT_KEY)
        answer = wire.ask(request(body, headers))
    assert answer.status == 200, answer.body
    found: dict[str, object] = answer.json
    return found


@pytest.mark.parametrize("dev", [False, True])
def test_processes_may_start_on_an_empty_store_at_once(
    store_url: str, tmp_path: Path, dev: bool
) -> None:
    """One master key, one data key, one administrator: what each writes the others can read."""
    servers = [ServerProcess(tmp_path / "data", store=store_url, dev=dev) for _ in range(AT_ONCE)]
    try:
        for server in servers:
            server.until_ready()
        for number, server in enumerate(servers):
            ask(server, "CreateUserPool", PoolName=f"pool {number}")
        listed = [ask(server, "ListUserPools", MaxResults=60)["UserPools"] for server in servers]
        assert listed[0] == listed[1] == listed[2]
        assert isinstance(listed[0], list)
        assert len(listed[0]) == AT_ONCE + dev
        if dev:
            members = {"UserPoolId": f"{REGION}_Poolhouse", "ClientId": CLIENT_ID}
            for server in servers:
                ask(server, "DescribeUserPoolClient", **members)
        assert {server.stop() for server in servers} == {0}
    finally:
        for server in servers:
            server.kill()


def test_processes_that_share_a_store_all_make_progress(store_url: str, tmp_path: Path) -> None:
    """No call fails, and none of the processes starves."""
    settings = {"store": store_url, "code": CODE}
    data = tmp_path / "data"
    with serving(data, **settings) as one, serving(data, **settings) as other:
        made = ask(one, "CreateUserPool", PoolName="p", AutoVerifiedAttributes=["email"])
        pool_id = made["UserPool"]["Id"]  # type: ignore[index]
        client = ask(other, "CreateUserPoolClient", UserPoolId=pool_id, ClientName="c")
        load = Load(pool_id, client["UserPoolClient"]["ClientId"], seed=3)  # type: ignore[index]
        running = load.run([one.port, other.port], threads=8, answers=600)
        running.wait()
        running.stop()
        share = min(running.answered_by_port.values()) / sum(running.answered_by_port.values())
        assert share > 0.1, running.answered_by_port
        assert one.stop() == other.stop() == 0
        assert "Traceback" not in one.log() + other.log()
    pools = asyncio.run(pools_of(Settings(data=data, store=store_url)))
    assert faults(tables(store_url), pools, []) == []


async def pools_of(settings: Settings) -> list[Pool]:
    store, database, _ = await open_store(settings)
    try:
        return list((await store.pools.page(None, 60)).items)
    finally:
        await database.close()
