"""The audit trail: a row holds one or more records as JSON lines; its id is in order of time."""

from collections.abc import Sequence

import msgspec

from poolhouse.entities.audit import AuditRecord
from poolhouse.store.contract import Database, Write

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AuditRecord).decode


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, id: str, limit: int) -> tuple[list[AuditRecord], str]:
        """The records of the next `limit` rows behind an id, oldest first; the last row's id."""
        rows = await self._database.fetch(
            "SELECT id, records FROM audit WHERE id > $1 ORDER BY id LIMIT $2", id, limit
        )
        records = [_decode(line) for row in rows for line in row[1].split("\n")]
        return records, str(rows[-1][0]) if rows else id


def put(id: str, records: Sequence[AuditRecord]) -> Write:
    """Keep records. `id` comes from `Ids.audit_id`, which rises with time; twice is like once."""
    return Write(
        "INSERT INTO audit (id, records) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        (id, b"\n".join(map(_encode, records)).decode()),
    )
