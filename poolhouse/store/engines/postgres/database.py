"""PostgreSQL, for more than one machine: one round trip a read, and one for commits of a kind.

Nothing is used that a sharded PostgreSQL lacks: no trigger, procedure, sequence or advisory lock.
READ COMMITTED is enough, as the conditions of the writes carry the safety.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self, TypeVar

import asyncpg
import structlog

from poolhouse.store.engines.postgres.connections import Connections, granted_by
from poolhouse.store.engines.postgres.group_commit import LOST, Commits, persist
from poolhouse.store.interface import VERSIONS, Inserts, Row, Unavailable, Write

T = TypeVar("T")

MIGRATION_SECONDS = 24 * 3600
"""Longest time of a migration's step, or of waiting for the worker that runs it."""

_FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_UNFIT = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)
"""Parameters of another type, text with U+0000, a key too long for an index."""

_MADE_MEANWHILE = (
    asyncpg.UniqueViolationError,
    asyncpg.DuplicateTableError,
    asyncpg.DuplicateObjectError,
)
"""IF NOT EXISTS doesn't help those who look at the same moment: one fails, in one of these ways."""


_log = structlog.get_logger()


class Postgres:
    """A `Database` on a PostgreSQL server."""

    def __init__(
        self, connections: Connections, observe: Callable[[int], None] | None = None
    ) -> None:
        """Prepare the database. `observe` gets the number of commits of every transaction."""
        self._connections = connections
        self._commits = Commits(self._lend, observe)
        self._shared: dict[str, asyncio.Task[Sequence[Row]]] = {}

    @classmethod
    async def connect(
        cls,
        url: str,
        observe: Callable[[int], None] | None = None,
        *,
        connections: int,
        processes: int | None = None,
    ) -> Self:
        """Open the first of up to `connections` connections.

        Each of `processes` takes at most its share of what the server grants, so that the first
        ones leave some for the others. Raises `Unavailable`, and ValueError for an invalid URL.
        """
        lent = Connections(url, connections)
        first = await lent.take()
        granted = None if processes is None else await granted_by(first)
        lent.give_back(first)
        if granted is not None and processes and granted < connections * processes:
            share = max(1, granted // processes)
            lent.limit(share)
            _log.warning(
                "PostgreSQL grants fewer connections than the workers want",
                granted=granted,
                wanted=connections * processes,
                each_worker=share,
            )
        return cls(lent, observe)

    async def granted_connections(self) -> int | None:
        return await self._lend(granted_by)

    async def fetch(self, statement: str, *parameters: Any) -> Sequence[Row]:
        async def read(connection: asyncpg.Connection) -> Sequence[Row]:
            rows: Sequence[Row] = await persist(lambda: connection.fetch(statement, *parameters))
            return rows

        return await self._lend(read)

    async def fetch_shared(self, statement: str) -> Sequence[Row]:
        if not self._connections.all_lent:
            return await self.fetch(statement)
        reading = self._shared.get(statement)
        if reading is None:
            reading = asyncio.get_running_loop().create_task(self._read_for_all(statement))
            self._shared[statement] = reading
        # Who gives up leaves the others what they wait for.
        return await asyncio.shield(reading)

    async def commit(self, writes: Sequence[Write | Inserts]) -> None:
        if writes:
            await self._commits.commit(writes)

    async def reach(self) -> None:
        await self.fetch("SELECT 1")

    async def version(self) -> int:
        found = await self.fetch("SELECT to_regclass('schema_version')")
        if found[0][0] is None:
            return 0
        return int((await self.fetch("SELECT max(version) FROM schema_version"))[0][0] or 0)

    async def apply(self, script: Sequence[str], version: int) -> bool:
        return await self._lend(lambda connection: _apply(connection, script, version))

    async def close(self) -> None:
        await self._commits.close()
        await self._connections.close()

    async def _read_for_all(self, statement: str) -> Sequence[Row]:
        """Read what all want to know who asked while every connection was lent."""

        async def read(connection: asyncpg.Connection) -> Sequence[Row]:
            # Who asks from now on wants to know what is true then.
            del self._shared[statement]
            rows: Sequence[Row] = await persist(lambda: connection.fetch(statement))
            return rows

        try:
            return await self._lend(read)
        finally:
            if self._shared.get(statement) is asyncio.current_task():
                del self._shared[statement]

    async def _lend(self, use: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """Run `use` with a connection, and turn the engine's errors into the store's.

        Their details are removed, which may quote keys and values.
        """
        connection = await self._connections.take()
        try:
            return await use(connection)
        except _FAILURES as error:
            if isinstance(error, LOST):
                connection.terminate()
            raise _failure(error) from None
        finally:
            self._connections.give_back(connection)


async def _apply(connection: asyncpg.Connection, script: Sequence[str], version: int) -> bool:
    """Run a migration in one transaction, which begins with the row that says so.

    The second process waits for that row until the first is done, and finds nothing left to do.
    """
    with contextlib.suppress(*_MADE_MEANWHILE):
        await connection.execute(VERSIONS)
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = 0")
        status = await connection.execute(
            "INSERT INTO schema_version (version) VALUES ($1) ON CONFLICT DO NOTHING",
            version,
            timeout=MIGRATION_SECONDS,
        )
        is_new: bool = status.endswith(" 1")
        if is_new:
            for statement in script:
                await connection.execute(statement, timeout=MIGRATION_SECONDS)
    return is_new


def _failure(error: Exception) -> Exception:
    """Return the store's word for an error of the engine; never with a parameter's value in it."""
    if isinstance(error, _UNFIT):
        return ValueError("the store can't hold a parameter of this kind")
    detail = error.args[0] if error.args else ""
    return Unavailable(f"{type(error).__name__}: {detail}")
