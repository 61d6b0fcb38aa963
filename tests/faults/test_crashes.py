"""Killed under load, again and again: what was acknowledged is there, and nothing is half there.

The rounds of a store are set by TEST_CRASHES.
"""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from support.postgres_server import PostgresServer
from support.run_size import size
from support.running_server import ROOT_KEY
from support.server_processes import ServerProcess, serving
from support.store_contents import Rows, tables
from support.store_invariants import faults, faults_of_codes
from support.user_load import ABSENT, CODE, Load
from support.wire_client import Wire, request, signed_headers

from poolhouse.bootstrap.store import open_store
from poolhouse.config.settings import Settings
from poolhouse.entities.messages import Message
from poolhouse.entities.pools import Pool

ROUNDS = int(os.environ.get("TEST_CRASHES", size(4, nightly=20)))
THREADS = 6
FOR_EVER = 1 << 62


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/poolhouse.db"
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    return asyncio.run(postgres.empty_database())


def test_server_killed_under_load_loses_no_acknowledged_change(
    store_url: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    settings = {"store": store_url, "code": CODE}
    with serving(data, **settings) as server:
        load = Load(*make_pool(server), seed=1)
    rng = random.Random(2)
    for _ in range(ROUNDS):
        with serving(data, **settings) as server:
            running = load.run([server.port], THREADS, rng.randrange(20, 120))
            running.wait()
            server.kill()
            running.join()
        check(load, Settings(data=data, store=store_url))
    assert ROUNDS < 5 or {ABSENT, "UNCONFIRMED", "CONFIRMED", "FORCE_CHANGE_PASSWORD"} == {
        state for user in load.users.values() for state in user.may_be
    }, "the load covered every state"


def make_pool(server: ServerProcess) -> tuple[str, str]:
    with Wire(server.port) as wire:
        pool = ask(wire, server, "CreateUserPool", PoolName="p", AutoVerifiedAttributes=["email"])
        pool_id: str = pool["UserPool"]["Id"]
        client = ask(wire, server, "CreateUserPoolClient", UserPoolId=pool_id, ClientName="c")
    return pool_id, client["UserPoolClient"]["ClientId"]


def ask(wire: Wire, server: ServerProcess, operation: str, **members: Any) -> Any:
    body = json.dumps(members).encode()
    answer = wire.ask(request(body, signed_headers(server.url, operation, body, ROOT_KEY)))
    assert answer.status == 200, answer.body
    return answer.json


def check(load: Load, settings: Settings) -> None:
    """Open the store as the next start does, and look at every row of it."""
    assert settings.store is not None
    contents, (pools, messages) = settled(settings, settings.store)
    assert faults(contents, pools, messages) == []
    assert faults_of_codes(contents) == []
    check_users(load, contents["users"])
    check_messages(load, messages)
    check_trail(load, contents["audit"])


def settled(settings: Settings, url: str) -> tuple[dict[str, Rows], Any]:
    """What the store holds, once it stands still: PostgreSQL finishes what it was at when the
    server that had asked for it was killed.
    """
    for _ in range(50):
        before, found = tables(url), asyncio.run(read(settings))
        if tables(url) == before:
            return before, found
    raise AssertionError("the store doesn't come to rest")


async def read(settings: Settings) -> tuple[list[Pool], list[Message]]:
    store, database, _ = await open_store(settings)
    try:
        pools = list((await store.pools.page(None, 60)).items)
        due = await store.messages.due(FOR_EVER, 1_000_000)
        return pools, [message for message, _ in due]
    finally:
        await database.close()


def check_users(load: Load, rows: Rows) -> None:
    """Each user is what the answers said; what was in doubt is settled from here on."""
    found = {row["username"]: row["status"] for row in rows}
    assert len(found) == len(rows), "a username is taken twice"
    for name, expected in load.users.items():
        state = found.pop(name, ABSENT)
        assert state in expected.may_be, f"{name} is {state}, not {expected.may_be}"
        expected.may_be, expected.in_doubt = {state}, False
    assert found == {}, "users that no sign-up created"


def check_messages(load: Load, messages: list[Message]) -> None:
    """Each was committed with what it speaks of; no user who is there lacks the first one."""
    sent = {message.username for message in messages}
    assert sent <= load.users.keys()
    there = {name for name, expected in load.users.items() if expected.may_be != {ABSENT}}
    assert there <= sent
    assert len({message.id for message in messages}) == len(messages)


def check_trail(load: Load, rows: Rows) -> None:
    """Every administrative change that was answered stands in the trail, once."""
    records = [json.loads(line) for row in rows for line in row["records"].split("\n")]
    committed = [record for record in records if record["outcome"] == "committed"]
    ids = [record["request_id"] for record in committed]
    assert len(set(ids)) == len(ids)
    assert load.confirmed_requests.keys() <= set(ids)
