"""Tens of thousands of hostile requests: each gets a response, none breaks anything.

The number is set by TEST_FUZZ, the seed by TEST_SEED.
"""

import asyncio
import itertools
import json
import os
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.hostile_requests import HostileRequests, Place
from support.postgres_server import PostgresServer
from support.run_size import size
from support.running_server import ROOT_KEY
from support.server_processes import ServerProcess, serving
from support.store_contents import tables
from support.store_invariants import faults
from support.wire_client import Wire, signed_headers
from support.wire_client import request as http_request

from poolhouse.bootstrap.store import open_store
from poolhouse.config.settings import Settings
from poolhouse.entities.pools import Pool

REQUESTS = int(os.environ.get("TEST_FUZZ", size(4_000, nightly=20_000)))
CONNECTIONS = 6
SEED = int(os.environ.get("TEST_SEED", "1"))


class Connection:
    """A raw connection, opened again whenever the server says that it closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._rest = b""

    def ask(self, data: bytes) -> tuple[int, bytes, bytes]:
        """The answer's status, head and body. No answer at all is a failure."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), 30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._rest = b""
        self._socket.sendall(data)
        while b"\r\n\r\n" not in self._rest:
            self._receive(data)
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lower = head.lower()
        length = int(lower.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
        while len(self._rest) < length:
            self._receive(data)
        body, self._rest = self._rest[:length], self._rest[length:]
        if b"\r\nconnection: close" in lower:
            self.close()
        return int(head[9:12]), head, body

    def _receive(self, data: bytes) -> None:
        assert self._socket is not None
        received = self._socket.recv(65_536)
        assert received, f"no answer to {data!r}"
        self._rest += received

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@pytest.mark.parametrize(("engine", "count"), [("sqlite", REQUESTS), ("postgres", REQUESTS // 10)])
def test_hostile_requests_are_answered_and_break_nothing(
    engine: str, count: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    data = tmp_path / "data"
    store = f"sqlite:///{data}/poolhouse.db"
    if engine == "postgres":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        store = asyncio.run(postgres.empty_database())
    with serving(data, store=store, code="123456", largest_body=32_768) as server:
        place = make_pool(server)
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            each = count // CONNECTIONS + 1
            parts = [threads.submit(send, place, server, n, each) for n in range(CONNECTIONS)]
            statuses = sum((part.result() for part in parts), Counter())
        assert server.stop() == 0
        log = server.log()
    assert "unexpected error" not in log, log[-5_000:]
    assert "Traceback" not in log, log[-5_000:]
    assert statuses.total() >= count
    assert statuses[200] > count // 20, "some mutations leave a request good"
    assert statuses[400] > count // 4
    pools = asyncio.run(pools_of(Settings(data=data, store=store)))
    assert faults(tables(store), pools, []) == []


def send(place: Place, server: ServerProcess, number: int, count: int) -> Counter[int]:
    """One connection's part of the requests; how often each status came back."""
    statuses: Counter[int] = Counter()
    requests = HostileRequests(place, SEED * CONNECTIONS + number)
    connection = Connection(place.port)
    for sent in itertools.islice(requests, count):
        status, head, body = connection.ask(sent)
        statuses[status] += 1
        assert status < 500, f"{sent!r}\n{server.log()[-4_000:]}"
        check(sent, status, head, body)
    connection.close()
    return statuses


def check(sent: bytes, status: int, head: bytes, body: bytes) -> None:
    """A clear answer: below 500, in AWS's envelope or in plain text, on one line per header."""
    assert status == 200 or 400 <= status < 500, (sent, head, body)
    assert b"Traceback" not in body
    if status >= 400 and b"application/x-amz-json-1.1" in head:
        error = json.loads(body)
        assert error.keys() <= {"__type", "message", "reasonCode"}, (sent, body)
        assert f"x-amzn-errortype: {error['__type']}:".encode() in head
    for line in head.split(b"\r\n")[1:]:
        name, colon, _ = line.partition(b": ")
        assert colon, (sent, head)
        assert name.islower(), (sent, head)


def make_pool(server: ServerProcess) -> Place:
    def ask(operation: str, **members: Any) -> Any:
        body = json.dumps(members).encode()
        with Wire(server.port) as wire:
            headers = signed_headers(server.url, operation, body, ROOT_KEY)
            return wire.ask(http_request(body, headers)).json

    pool = ask("CreateUserPool", PoolName="p", AutoVerifiedAttributes=["email"])
    pool_id = pool["UserPool"]["Id"]
    client = ask("CreateUserPoolClient", UserPoolId=pool_id, ClientName="c")
    return Place(server.port, pool_id, client["UserPoolClient"]["ClientId"])


async def pools_of(settings: Settings) -> list[Pool]:
    store, database, _ = await open_store(settings)
    try:
        found: list[Pool] = []
        position: str | None = None
        while True:
            page = await store.pools.page(position, 60)
            found += page.items
            if page.next is None:
                return found
            position = page.next
    finally:
        await database.close()
