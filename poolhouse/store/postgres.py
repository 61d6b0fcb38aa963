"""PostgreSQL, for more than one machine: one round trip a read, and one a commit.

Several writes are sent as one statement, each in a `WITH` of its own. If a condition fails, the
last part of the statement fails on purpose, which undoes them all, and names the condition in the
error. A server that refuses such statements (Citus does, over tables that it distributes
differently) gets a short transaction instead.

Nothing is used that a sharded PostgreSQL lacks: no trigger, procedure, sequence or advisory lock.
READ COMMITTED is enough, as the conditions of the writes carry the safety.
"""

import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, Self, TypeVar

import asyncpg

from poolhouse.store.contract import VERSIONS, Conflict, Inserts, Row, Unavailable, Write
from poolhouse.store.postgres_connections import Connections
from poolhouse.store.postgres_transactions import Transactions, write

T = TypeVar("T")

COLLISIONS = 10
"""How often a commit is tried again that the server broke off to resolve a deadlock."""

JOINED_AT_MOST = 32
"""Writes in one statement. Longer commits (sweeping up) aren't worth a plan of their own each."""

MIGRATION_SECONDS = 24 * 3600
"""How long a step of a migration may take, or wait for the worker that is at it."""

_BROKEN_OFF = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_UNFIT = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)
"""Parameters of another type, text with U+0000, a key too long for an index."""

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What asyncpg makes of a farewell that the server sent while nothing was asked.
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    # What was the primary is a standby now; a new connection may lead to the new primary.
    asyncpg.ReadOnlySQLTransactionError,
    OSError,
    TimeoutError,
)


_MADE_MEANWHILE = (
    asyncpg.UniqueViolationError,
    asyncpg.DuplicateTableError,
    asyncpg.DuplicateObjectError,
)
"""IF NOT EXISTS doesn't help those who look at the same moment: one fails, in one of these ways."""


class Postgres:
    """A `Database` on a PostgreSQL server."""

    def __init__(
        self, connections: Connections, observe: Callable[[int], None] | None = None
    ) -> None:
        """`observe` hears 1 at every commit: the server gathers commits, not this engine."""
        self._connections = connections
        self._observe = observe
        self._refused: set[str] = set()
        self._transactions = Transactions()

    @classmethod
    async def connect(
        cls, url: str, observe: Callable[[int], None] | None = None, *, connections: int
    ) -> Self:
        """Open the first of up to that many connections. Raises `Unavailable`, or ValueError for
        a URL that means nothing.
        """
        lent = Connections(url, connections)
        lent.give_back(await lent.take())
        return cls(lent, observe)

    async def fetch(self, statement: str, *parameters: Any) -> Sequence[Row]:
        rows: Sequence[Row] = await self._lend(lambda c: c.fetch(statement, *parameters))
        return rows

    async def commit(self, writes: Sequence[Write | Inserts]) -> None:
        if writes:
            await self._lend(lambda connection: self._try_to_commit(connection, writes))
        if self._observe is not None:
            self._observe(1)

    async def reach(self) -> None:
        await self.fetch("SELECT 1")

    async def version(self) -> int:
        found = await self.fetch("SELECT to_regclass('schema_version')")
        if found[0][0] is None:
            return 0
        return int((await self.fetch("SELECT max(version) FROM schema_version"))[0][0] or 0)

    async def apply(self, script: Sequence[str], version: int) -> None:
        await self._lend(lambda connection: _apply(connection, script, version))

    async def close(self) -> None:
        await self._connections.close()

    async def _lend(self, use: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """Let `use` have a connection, and turn the engine's errors into the store's.

        They are cut off from what the server said in detail, which may quote keys and values.
        """
        connection = await self._connections.take()
        try:
            return await use(connection)
        except _FAILURES as error:
            if isinstance(error, _LOST):
                connection.terminate()
            raise _failure(error) from None
        finally:
            self._connections.give_back(connection)

    async def _try_to_commit(
        self, connection: asyncpg.Connection, writes: Sequence[Write | Inserts]
    ) -> None:
        for _ in range(COLLISIONS):
            # The server undid all of it: to begin again is safe.
            with contextlib.suppress(*_BROKEN_OFF):
                return await self._commit_once(connection, writes)
        return await self._commit_once(connection, writes)

    async def _commit_once(
        self, connection: asyncpg.Connection, writes: Sequence[Write | Inserts]
    ) -> None:
        few = [one for one in writes if isinstance(one, Write)]
        if len(few) < len(writes) or len(writes) > JOINED_AT_MOST:
            return await self._transactions.commit(connection, writes)
        if len(few) == 1:
            return await write(connection, few[0])
        return await self._commit_joined(connection, few)

    async def _commit_joined(self, connection: asyncpg.Connection, writes: Sequence[Write]) -> None:
        joined = _join(
            tuple(one.statement for one in writes),
            tuple(one.otherwise is not None for one in writes),
        )
        if joined in self._refused:
            return await self._transactions.commit(connection, writes)
        try:
            await connection.execute(joined, *(p for one in writes for p in one.parameters))
        except asyncpg.InvalidTextRepresentationError as error:
            unmet = _unmet(error, writes)
            if unmet is None:
                raise
            raise unmet from None
        except asyncpg.FeatureNotSupportedError:
            self._refused.add(joined)
            await self._transactions.commit(connection, writes)
        return None


@lru_cache(maxsize=512)
def _join(statements: tuple[str, ...], conditional: tuple[bool, ...]) -> str:
    """One statement that does what all of them do, or fails as soon as a condition fails.

    A failed condition is a text that names it cast to a number: an error that every dialect reports
    with the text. The parts run in order, because the CASE asks for their rows in order.
    """
    parts, checks, parameters = [], [], 0
    for position, statement in enumerate(statements):
        parts.append(f"w{position} AS ({_shift(statement, parameters)} RETURNING 1)")
        parameters += len(set(re.findall(r"\$\d+", statement)))
        if conditional[position]:
            rows = f"(SELECT count(*) FROM w{position})"  # noqa: S608 - a name of our own
            checks.append(f"WHEN {rows} = 0 THEN 'unmet_{position}'")
    found = f"CASE {' '.join(checks)} ELSE '0' END" if checks else "'0'"
    return f"WITH {', '.join(parts)} SELECT CAST({found} AS INTEGER)"


def _shift(statement: str, by: int) -> str:
    """Number the parameters from `by` + 1 on."""
    return re.sub(r"\$(\d+)", lambda match: f"${int(match[1]) + by}", statement)


def _unmet(error: asyncpg.PostgresError, writes: Sequence[Write]) -> Conflict | None:
    named = re.search(r"unmet_(\d+)", error.args[0])
    return writes[int(named[1])].otherwise if named else None


async def _apply(connection: asyncpg.Connection, script: Sequence[str], version: int) -> None:
    """Run a migration in one transaction, which begins with the row that says so.

    Whoever comes second waits at that row until the first is done, and finds nothing left to do.
    """
    with contextlib.suppress(*_MADE_MEANWHILE):
        await connection.execute(VERSIONS)
    async with connection.transaction():
        status = await connection.execute(
            "INSERT INTO schema_version (version) VALUES ($1) ON CONFLICT DO NOTHING",
            version,
            timeout=MIGRATION_SECONDS,
        )
        if status.endswith(" 1"):
            for statement in script:
                await connection.execute(statement, timeout=MIGRATION_SECONDS)


def _failure(error: Exception) -> Exception:
    """The store's word for an error of the engine; never with a parameter's value in it."""
    if isinstance(error, _UNFIT):
        return ValueError("the store can't keep a parameter of this kind")
    said = error.args[0] if error.args else ""
    return Unavailable(f"{type(error).__name__}: {said}")
