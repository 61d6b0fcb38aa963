"""A server on a store that a crowd was loaded into by `poolhouse import`."""

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import msgspec

from bench import exports, fixtures, processes
from bench.dataset import Dataset
from bench.memory_lock import resident
from bench.postgres import data_directory, vacuum
from bench.signed_requests import ACCOUNT, REGION, Key
from poolhouse.crypto.contexts import Context
from poolhouse.crypto.sealer import Sealer
from poolhouse.rules.aws import pagination_tokens
from tests.support.postgres_server import PostgresServer


class LoadedDataset(msgspec.Struct, frozen=True):
    """A crowd with its server."""

    crowd: Dataset
    store_url: str
    server: processes.Server
    key: Key
    sealer: Sealer
    load: tuple[float, float]
    """The load of the dataset: users a second, and the import's own CPU in microseconds a user."""
    backends: tuple[int, ...]

    @property
    def port(self) -> int:
        return self.server.port

    def cpu_seconds(self) -> float:
        """Return the CPU seconds used so far by the server, and by PostgreSQL on its behalf."""
        return self.server.cpu_seconds() + processes.cpu_seconds(self.backends)

    def page_token(self, parameters: str, position: str) -> str:
        """Return a token as the server issues it, for a page deep inside: no need to walk there."""
        seal = partial(self.sealer.seal, context=Context.PAGINATION_TOKEN)
        expires_at = int(datetime.now(UTC).timestamp()) + 3600
        return pagination_tokens.issue(seal, position.encode(), parameters, expires_at)

    async def with_backends(self) -> "LoadedDataset":
        """Return the same, with the processes that PostgreSQL has for the server by now."""
        if self.store_url.startswith("sqlite:"):
            return self
        connection = await asyncpg.connect(self.store_url)
        rows = await connection.fetch(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'poolhouse'"
        )
        await connection.close()
        return msgspec.structs.replace(self, backends=tuple(row[0] for row in rows))


@contextlib.asynccontextmanager
async def open_dataset(
    crowd: Dataset, postgres: PostgresServer | None
) -> AsyncIterator[LoadedDataset]:
    """Load a crowd into a new store and start a server on it; clear all away afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, contextlib.ExitStack() as stack:
        data = Path(folder)
        stack.callback(os.umask, os.umask(0o077))
        if postgres is None:
            url = f"sqlite:///{data / 'poolhouse.db'}"
        else:
            url = await postgres.empty_database()
        key = await fixtures.add_administrator(data, url)
        sealer = await fixtures.sealer(data, url)
        came_in = _load(crowd, data, url)
        if postgres is not None:
            await vacuum(url)
        files = data if postgres is None else await data_directory(url)
        if not stack.enter_context(resident(files)):
            raise RuntimeError(f"{files} can't be kept in memory: raise the limit of locked memory")
        server = stack.enter_context(processes.poolhouse(data, url, workers=1))
        yield LoadedDataset(crowd, url, server, key, sealer, came_in, ())


def _load(crowd: Dataset, data: Path, url: str) -> tuple[float, float]:
    """Run `poolhouse import`, the whole command; its rate and its CPU."""
    file, passphrase = data / "crowd.jsonl", data / "passphrase"
    exports.write(crowd, file)
    passphrase.write_text(exports.PASSPHRASE)
    command = [
        *(sys.executable, "-m", "poolhouse", "import", str(file), f"--data={data}"),
        *(f"--store={url}", f"--region={REGION}", f"--account-id={ACCOUNT}"),
        f"--passphrase-file={passphrase}",
    ]
    began, used = time.perf_counter(), _cpu_of_children()
    subprocess.run(command, check=True, capture_output=True)
    seconds, cpu = time.perf_counter() - began, _cpu_of_children() - used
    file.unlink()
    return crowd.size / seconds, cpu / crowd.size * 1e6


def _cpu_of_children() -> float:
    """Return the CPU seconds of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
