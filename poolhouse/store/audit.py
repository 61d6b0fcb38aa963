"""The audit trail: a row holds one or more records as JSON lines; its id is in order of time."""

from collections.abc import Sequence

import msgspec

from poolhouse.entities.audit import AuditRecord
from poolhouse.store.interface import Database, Write

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AuditRecord).decode


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, id: str, limit: int) -> tuple[list[AuditRecord], str]:
        """Return up to `limit` records after an id, oldest first, and the id of the last one."""
        rows = await self._database.fetch(
            "SELECT id, records FROM audit WHERE id > $1 ORDER BY id LIMIT $2", id, limit
        )
        records = [_decode(line) for row in rows for line in row[1].split("\n")]
        return records, str(rows[-1][0]) if rows else id

    async def past(self, before: str, limit: int) -> list[str]:
        """Return the oldest ids, of rows that come before an id, for the collector."""
        rows = await self._database.fetch(
            "SELECT id FROM audit WHERE id < $1 ORDER BY id LIMIT $2", before, limit
        )
        return [row[0] for row in rows]


def insert(id: str, records: Sequence[AuditRecord]) -> Write:
    """Insert records. `id` comes from `Ids.audit_id`, which rises with time.

    Inserting them again changes nothing.
    """
    return Write(
        "INSERT INTO audit (id, records) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        (id, b"\n".join(map(_encode, records)).decode()),
    )


def drop(first: str, last: str) -> Write:
    """Drop the records of all rows from one id to another, these included."""
    return Write("DELETE FROM audit WHERE id >= $1 AND id <= $2", (first, last))
