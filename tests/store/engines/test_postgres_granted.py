"""A PostgreSQL that grants fewer connections than are set: callers wait for those there are."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from cli.programs import Server, poolhouse, root_key
from support.postgres_server import PostgresServer
from support.wire_client import Wire, request, signed_headers

from poolhouse.store.engines.postgres import connections
from poolhouse.store.engines.postgres.connections import Connections
from poolhouse.store.interface import Unavailable
from poolhouse.store.store import open_database

SLOW = "SELECT pg_sleep(0.01)"


async def test_reads_beyond_granted_connections_wait(postgres_server: PostgresServer) -> None:
    url = await postgres_server.limited(2)
    database = await open_database(url, connections=8)
    assert await database.granted_connections() == 2
    await asyncio.gather(*(database.fetch(SLOW) for _ in range(40)))
    await database.close()


async def test_process_leaves_other_processes_their_share(postgres_server: PostgresServer) -> None:
    """Or one that starts later, as a successor does, would find nothing left."""
    url = await postgres_server.limited(4)
    first = await open_database(url, connections=8, processes=2)
    await asyncio.gather(*(first.fetch(SLOW) for _ in range(20)))
    second = await open_database(url, connections=8, processes=2)
    await asyncio.gather(*(each.fetch(SLOW) for each in (first, second) for _ in range(20)))
    await first.close()
    await second.close()


async def test_postgres_first_connection_waits_for_a_free_slot(
    postgres_server: PostgresServer,
) -> None:
    url = await postgres_server.limited(1)
    other = await asyncpg.connect(url)
    refusals: list[Unavailable] = []

    async def refused(url: str) -> asyncpg.Connection:
        try:
            return await opens(url)
        except Unavailable as refusal:
            refusals.append(refusal)
            await other.close()
            raise

    opens, connections._open = connections._open, refused
    try:
        lent = Connections(url, 4)
        lent.give_back(await lent.take())
    finally:
        connections._open = opens
    assert len(refusals) >= 1
    await lent.close()


async def test_caller_without_connection_in_time_is_refused(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WAIT_SECONDS", 0.05)
    lent = Connections(await postgres_server.empty_database(), 1)
    only = await lent.take()
    waiting = [asyncio.ensure_future(lent.take()) for _ in range(3)]
    for each in waiting:
        with pytest.raises(Unavailable, match="no connection was free in time"):
            await each
    lent.give_back(only)
    assert await lent.take() is only
    lent.give_back(only)
    await lent.close()


def test_calls_to_workers_with_few_connections_are_all_answered(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    url = asyncio.run(postgres_server.limited(3))
    with Server(tmp_path, "serve", "--workers", "2", "--store", url) as server:
        key = root_key(tmp_path / ".poolhouse")
        body = json.dumps({"MaxResults": 1}).encode()
        headers = signed_headers(server.url, "ListUserPools", body, key, region="us-east-1")
        asked = request(body, headers)

        def statuses(_: int) -> set[int]:
            with Wire(server.port) as wire:
                return {wire.ask(asked).status for _ in range(10)}

        with ThreadPoolExecutor(12) as threads:
            assert set[int]().union(*threads.map(statuses, range(24))) == {200}
        server.stop()


@pytest.mark.parametrize(("workers", "verdict"), [(2, "not ok"), (1, "ok")])
def test_check_compares_wanted_and_granted_connections(
    tmp_path: Path, postgres_server: PostgresServer, workers: int, verdict: str
) -> None:
    url = asyncio.run(postgres_server.limited(8))
    done = poolhouse(tmp_path, "check", "--store", url, "--workers", workers)
    line = (
        f"the connections: {workers} times `postgres_connections` 8 is {8 * workers}"
        "; PostgreSQL grants 8"
    )
    assert f"{verdict:8}{line}" in done.stdout.splitlines()
    assert done.returncode == (verdict != "ok")
