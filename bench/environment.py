"""An environment: a server on a store with its users, and the floors of that store."""

import contextlib
import http.client
import os
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from bench import baselines, fixtures, processes
from bench.memory_lock import resident
from bench.postgres import data_directory, vacuum
from bench.scenarios import Population
from bench.signed_requests import Key
from tests.support.postgres_server import PostgresServer

_MEMBERS: Final = 2_000
_GROUPS: Final = re.compile(r"^poolhouse_commit_group_(sum|count) (\S+)$", re.MULTILINE)


class Setup(msgspec.Struct, frozen=True):
    """The store, how many users it holds, and how many processes serve it."""

    store: str
    users: int
    workers: int

    def __str__(self) -> str:
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        return f"{self.store}, {self.users:,} users, {workers}"


class Environment:
    """A place with everything in it, under measurement."""

    def __init__(
        self,
        store_url: str,
        server: processes.Server,
        population: Population,
        store_floors: Mapping[str, float],
        commits: baselines.SqliteFloors | None,
    ) -> None:
        self.store_url = store_url
        self.server = server
        self.population = population
        self._floors = store_floors
        self._commits = commits

    def floor(self, part: str, group: float) -> float:
        """Return a part of the store, in seconds; `group` is how many commits share one."""
        if part in self._floors:
            return self._floors[part]
        assert self._commits is not None
        return self._commits.commit(part, max(1, round(group)))

    async def unconfirm(self) -> None:
        await fixtures.unconfirm(self.store_url, self.population.pool_id)

    def commits(self) -> tuple[float, float]:
        """Return how many commits there have been, and how many writes to the disk, up to now."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.operator_port, timeout=30)
        connection.request("GET", "/metrics")
        found = dict(_GROUPS.findall(connection.getresponse().read().decode()))
        connection.close()
        return float(found.get("sum", 0)), float(found.get("count", 0))


@contextlib.asynccontextmanager
async def open_house(place: Setup, postgres: PostgresServer | None) -> AsyncIterator[Environment]:
    """Make the store, start the server, let the users move in; clear it all away afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, contextlib.ExitStack() as stack:
        data = Path(folder)
        # The server refuses a store that others can read.
        stack.callback(os.umask, os.umask(0o077))
        if place.store == "sqlite":
            url = f"sqlite:///{data / 'poolhouse.db'}"
        else:
            assert postgres is not None
            url = await postgres.empty_database()
        key = await fixtures.add_administrator(data, url)
        server = stack.enter_context(processes.poolhouse(data, url, place.workers))
        population = await _populate(data, url, server.port, key, place.users)
        files = data
        if place.store == "postgres":
            await vacuum(url)
            files = await data_directory(url)
        if not stack.enter_context(resident(files)) and place.users >= fixtures.MANY:
            raise RuntimeError(f"{files} can't be kept in memory: raise the limit of locked memory")
        if place.store == "sqlite":
            subs = fixtures.sample_subs(url, population.pool_id, 20_000)
            commits = baselines.SqliteFloors(data / "poolhouse.db", population, subs)
            stack.callback(commits.close)
            yield Environment(url, server, population, commits.reads(), commits)
        else:
            yield Environment(
                url, server, population, await baselines.of_postgres(url, population), None
            )


async def _populate(data: Path, url: str, port: int, key: Key, users: int) -> Population:
    pool_id, client_id = fixtures.add_pool(port, key)
    population = Population(pool_id, client_id, key, users, min(users, _MEMBERS))
    await fixtures.add_users(data, url, population)
    return population
