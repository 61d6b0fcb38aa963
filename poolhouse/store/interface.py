"""The contract of every store: reads return entities, writes are values, one commit.

A `Write` is a statement, its parameters and what it means when the statement touches no row. The
statement is in the SQL that SQLite and PostgreSQL share; parameters are numbered `$1`, `$2`, … in
the order of their first appearance, so that both engines bind them by position.

An `Inserts` is one such write for many rows, for bulk writers.

A commit applies all of its writes or none, durably. No write of a commit may build on another of
it, nor may two write one row: PostgreSQL runs them as one statement, whose parts don't see each
other.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import msgspec

from poolhouse.crypto.contexts import Context

Row = Sequence[Any]
T = TypeVar("T")

VERSIONS = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)"
"""The table of the migrations that were applied; `apply` makes it."""


class Conflict(Exception):
    """A write's condition didn't hold, so nothing of its commit was applied."""


class VersionConflict(Conflict):
    """The row changed or vanished since it was read: read again, decide again."""


class UniqueViolation(Conflict):
    """The key belongs to another row. `kind` names what was claimed, e.g. "username"."""

    def __init__(self, kind: str, value: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value


class Unavailable(Exception):
    """The store can't be reached or can't write now; the same call may succeed later."""


class Write(msgspec.Struct, frozen=True):
    """One change. `otherwise` is raised when the statement touches no row; None: that is fine.

    `configures` marks a change of what is kept decoded (`configuration.py`).
    """

    statement: str
    parameters: tuple[Any, ...]
    otherwise: Conflict | None = None
    configures: bool = False


class InsertColumns(NamedTuple):
    """The columns of an INSERT in the order of its parameters.

    A module's own write and the bulk writer's are both made of them.
    """

    into: str
    """`devices (sub, pool_id, …)`"""
    values: str
    """`$1, $2, …`"""

    @classmethod
    def of(cls, table: str, *names: str) -> Self:
        numbers = ", ".join(f"${place}" for place, _ in enumerate(names, 1))
        return cls(f"{table} ({', '.join(names)})", numbers)


class Inserts(msgspec.Struct, frozen=True):
    """Many rows for one table. `otherwise` is raised when any of them isn't inserted.

    `statement` inserts one row, `INSERT INTO … VALUES ($1, $2, …)` and what follows; each of `rows`
    holds its parameters.
    """

    statement: str
    rows: Sequence[tuple[Any, ...]]
    otherwise: Conflict


def singly(writes: Iterable[Write | Inserts]) -> Iterator[Write]:
    """Yield the same, with a write for each row."""
    for write in writes:
        if isinstance(write, Inserts):
            yield from (Write(write.statement, row, write.otherwise) for row in write.rows)
        else:
            yield write


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some entities in order; `next` is the position after the last, or None at the end."""

    items: tuple[T, ...]
    next: str | None = None


class Sealer(Protocol):
    """The keys as the store uses them: secrets are sealed and bound to their row."""

    def seal(self, plain: bytes, context: Context, *parameters: str) -> bytes: ...
    def unseal(self, sealed: bytes, context: Context, *parameters: str) -> bytes: ...


class Database(Protocol):
    """An engine. One object per worker process; used from its event loop only."""

    async def fetch(self, statement: str, *parameters: Any) -> Sequence[Row]:
        """Run a read and return all of its rows.

        Raises `Unavailable`, and ValueError for a parameter that the engine can't take.
        """

    async def fetch_shared(self, statement: str) -> Sequence[Row]:
        """Return the same, of callers who ask at the same time: one read serves as many as it can.

        Each gets an answer as new as the beginning of the event loop's turn in which it asks.
        """

    async def commit(self, writes: Sequence[Write | Inserts]) -> None:
        """Apply all writes or none; return once they would survive a power cut.

        Raises the `otherwise` of the first write that touched no row, `Unavailable`, or ValueError
        for a parameter that the engine can't keep.
        """

    async def reach(self) -> None:
        """Return if reads and writes have somewhere to go; raises `Unavailable` if not."""

    async def granted_connections(self) -> int | None:
        """Return how many connections all processes can have; None: unknown or unlimited."""

    async def apply(self, script: Sequence[str], version: int) -> bool:
        """Run one migration and record its version, atomically.

        Returns False if it was applied before.
        """

    async def version(self) -> int:
        """Return the number of the newest migration applied, 0 for an empty store."""

    async def close(self) -> None:
        """Finish what was accepted, then let go of the files or connections."""
