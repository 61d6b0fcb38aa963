"""Commits that take a transaction of their own on PostgreSQL: long ones, and rows by the thousand.

Of `Inserts`, one statement brings all rows, a column in each of its parameters: to run it for a row
at a time would take a round trip each.
"""

import re
from collections.abc import Iterable, Sequence

import asyncpg

from poolhouse.store.interface import Inserts, Write, singly


class Transactions:
    """Commits of writes of both kinds."""

    def __init__(self) -> None:
        self._of_many_rows: dict[str, str] = {}

    async def commit(
        self, connection: asyncpg.Connection, writes: Sequence[Write | Inserts]
    ) -> None:
        try:
            async with connection.transaction():
                for each in writes:
                    if isinstance(each, Inserts):
                        await self._insert(connection, each)
                    else:
                        await write(connection, each)
        except asyncpg.FeatureNotSupportedError:
            # Of the rows that a sharded server can't take at once, each has a shard of its own.
            await _commit_singly(connection, singly(writes))

    async def _insert(self, connection: asyncpg.Connection, inserts: Inserts) -> None:
        if not inserts.rows:
            return
        statement = self._of_many_rows.get(inserts.statement)
        if statement is None:
            prepared = await connection.prepare(inserts.statement)
            types = [parameter.name for parameter in prepared.get_parameters()]
            statement = _of_many_rows(inserts.statement, types)
            self._of_many_rows[inserts.statement] = statement
        columns = [list(column) for column in zip(*inserts.rows, strict=True)]
        status = await connection.execute(statement, *columns)
        if status != f"INSERT 0 {len(inserts.rows)}":
            raise inserts.otherwise


async def write(connection: asyncpg.Connection, one: Write) -> None:
    """Run one write; its status ends with the number of rows that it touched."""
    status = await connection.execute(one.statement, *one.parameters)
    if one.otherwise is not None and status.endswith(" 0"):
        raise one.otherwise


async def _commit_singly(connection: asyncpg.Connection, writes: Iterable[Write]) -> None:
    async with connection.transaction():
        for each in writes:
            await write(connection, each)


def _of_many_rows(statement: str, types: Sequence[str]) -> str:
    """Return what inserts a row, for as many as there are values in each of its parameters."""
    columns = ", ".join(f"${n}::{type}[]" for n, type in enumerate(types, 1))
    return re.sub(r"VALUES \(.*?\)", f"SELECT * FROM unnest({columns})", statement, count=1)  # noqa: S608
