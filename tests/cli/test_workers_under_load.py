"""Workers that share a store while users are made: one is killed, then all are asked to end."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from cli.programs import Server, cognito, root_key
from support.postgres_server import PostgresServer
from support.wire_client import Wire

HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
THREADS = 6


@pytest.fixture(params=["sqlite", "postgres"])
def flags(request: pytest.FixtureRequest) -> tuple[str, ...]:
    if request.param == "sqlite":
        return ("--workers", "2")
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    url = asyncio.run(postgres.empty_database())
    return ("--workers", "2", "--store", url)


def workers(server: Server) -> list[int]:
    """The process ids, in the order in which they were started."""
    return [line["pid"] for line in server.log() if line["message"] == "worker started"]


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


class Load:
    """Threads that make users, each one call after another, and note whose call was answered."""

    def __init__(self, server: Server, key: tuple[str, str], pool_id: str) -> None:
        self._server = server
        self._key = key
        self._pool_id = pool_id
        self._ending = threading.Event()
        self._changed = threading.Condition()
        self.made: set[str] = set()
        self.refused: list[str] = []

    def run(self, thread: int) -> None:
        client = cognito(self._server.url, self._key)
        for number in range(10_000):
            if self._ending.is_set():
                return
            name = f"user-{thread}-{number}"
            try:
                client.admin_create_user(
                    UserPoolId=self._pool_id, Username=name, MessageAction="SUPPRESS"
                )
            except ClientError as error:
                self.refused.append(str(error))
                return
            except BotoCoreError:
                continue  # the connection broke: the result is unknown, and nothing was promised
            with self._changed:
                self.made.add(name)
                self._changed.notify_all()

    def until_made(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.made) >= number, 60)

    def end(self) -> None:
        self._ending.set()


def users(client: Any, pool_id: str) -> Iterator[str]:
    for page in client.get_paginator("list_users").paginate(UserPoolId=pool_id):
        yield from (user["Username"] for user in page["Users"])


def test_workers_all_serve_requests(tmp_path: Path, flags: tuple[str, ...]) -> None:
    with Server(tmp_path, "serve", *flags) as server:
        before = {pid: descriptors(pid) for pid in workers(server)}
        wires = [Wire(server.port) for _ in range(32)]
        for wire in wires:
            assert wire.ask(HEALTH, "GET").status == 200
        after = {pid: descriptors(pid) for pid in workers(server)}
        assert all(after[pid] > before[pid] for pid in before), (before, after)
        for wire in wires:
            wire.close()
        server.stop()


def test_workers_killed_under_load_lose_no_acknowledged_user(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    with Server(tmp_path, "serve", *flags) as server, ThreadPoolExecutor(THREADS) as pool:
        key = root_key(tmp_path / ".poolhouse")
        client = cognito(server.url, key)
        pool_id = client.create_user_pool(PoolName="p")["UserPool"]["Id"]
        load = Load(server, key, pool_id)
        threads = [pool.submit(load.run, number) for number in range(THREADS)]
        try:
            load.until_made(30)
            killed, left = workers(server)
            os.kill(killed, signal.SIGKILL)
            server.printed.until(rf'"pid":(?!{killed}\b|{left}\b)')
            load.until_made(len(load.made) + 30)
            server.send(signal.SIGTERM)
            assert server.wait() == 0
        finally:
            load.end()
        for thread in threads:
            thread.result()
    assert load.refused == []
    with Server(tmp_path, "serve", *flags) as server:
        assert load.made <= set(users(cognito(server.url, key), pool_id))
        server.stop()
