"""Commits as one statement, for PostgreSQL: each write stands in a `WITH` of its own.

If a condition fails, the last part of the statement fails on purpose, which undoes them all, and
names the condition in the error. A server that refuses such statements (Citus does, over tables
that it distributes differently) gets a short transaction instead (`transactions.py`).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import asyncpg
import msgspec

from poolhouse.store.interface import Conflict, Inserts, Row, Write

JOINED_AT_MOST: Final = 32
"""Writes in one statement. Longer commits (garbage collection) aren't worth a plan each."""


class Joined(msgspec.Struct, frozen=True):
    """A commit, and the statement that makes it: all sign-ups have the same, for example."""

    statement: str
    writes: Sequence[Write]

    @property
    def parameters(self) -> list[Any]:
        return [each for write in self.writes for each in write.parameters]

    def unmet(self, row: Row) -> Conflict | None:
        """Return which condition failed, by the statement's row, as for a write that runs alone."""
        return None if row[0] else self.writes[0].otherwise

    def unmet_by(self, error: asyncpg.PostgresError) -> Conflict | None:
        """Return which condition failed, if the error is about one."""
        named = re.search(r"unmet_(\d+)", error.args[0])
        return self.writes[int(named[1])].otherwise if named else None


def join(writes: Sequence[Write | Inserts]) -> Joined | None:
    """Return the writes as one statement; None if they are too many, or rows by the thousand."""
    if len(writes) > JOINED_AT_MOST:
        return None
    few = [one for one in writes if isinstance(one, Write)]
    if len(few) < len(writes):
        return None
    return Joined(_joined(tuple((one.statement, one.otherwise is not None) for one in few)), few)


async def commit_one(connection: asyncpg.Connection, one: Joined) -> None:
    """Apply a commit, or raise what its first condition that fails says."""
    try:
        [row] = await connection.fetch(one.statement, *one.parameters)
        unmet = one.unmet(row)
    except asyncpg.InvalidTextRepresentationError as error:
        unmet = one.unmet_by(error)
        if unmet is None:
            raise
    if unmet is not None:
        raise unmet


async def commit_together(
    connection: asyncpg.Connection, several: Sequence[Joined]
) -> Sequence[Conflict | None]:
    """Apply commits of the same statement in one transaction, in one round trip.

    Each sees what those before it did. Returns what became of each; raises what the engine does,
    before every other condition that fails too: then nothing is applied.
    """
    rows = await connection.fetchmany(several[0].statement, [one.parameters for one in several])
    return [one.unmet(row) for one, row in zip(several, rows, strict=True)]


@lru_cache(maxsize=512)
def _joined(writes: tuple[tuple[str, bool], ...]) -> str:
    """Return one statement that does what all of them do, or fails as soon as a condition fails.

    With each stands whether it has a condition. A failed one is a text that names it cast to a
    number: an error that every dialect reports with the text. The parts run in order, because the
    CASE asks for their rows in order.

    A write that is alone doesn't fail: it has nothing to undo, and its row is how many it touched.
    """
    parts, checks, parameters = [], [], 0
    for position, (statement, conditional) in enumerate(writes):
        parts.append(f"w{position} AS ({_shift(statement, parameters)} RETURNING 1)")
        parameters += len(set(re.findall(r"\$\d+", statement)))
        if conditional:
            rows = f"(SELECT count(*) FROM w{position})"  # noqa: S608 - a name of our own
            checks.append(f"WHEN {rows} = 0 THEN 'unmet_{position}'")
    if len(parts) == 1:
        return f"WITH {parts[0]} SELECT count(*) FROM w0"  # noqa: S608 - likewise
    found = f"CASE {' '.join(checks)} ELSE '1' END" if checks else "'1'"
    return f"WITH {', '.join(parts)} SELECT CAST({found} AS INTEGER)"


def _shift(statement: str, by: int) -> str:
    """Return the statement with its parameters numbered from `by` + 1 on."""
    return re.sub(r"\$(\d+)", lambda match: f"${int(match[1]) + by}", statement)
