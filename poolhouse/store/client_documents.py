"""Client ID metadata documents, as a policy has cached them."""

from typing import Final

import msgspec

from poolhouse.entities.client_documents import ClientDocument
from poolhouse.store.interface import Database, InsertColumns, Page, VersionConflict, Write
from poolhouse.store.timestamps import to_milliseconds

_INSERTED: Final = InsertColumns.of(
    "client_documents", "pool_id", "policy_id", "url", "version", "expires_at", "body"
)
_PUT: Final = (
    f"INSERT INTO {_INSERTED.into} SELECT {_INSERTED.values}"  # noqa: S608 - ours
    " WHERE EXISTS (SELECT 1 FROM pool_resources"
    " WHERE pool_id = $1 AND kind = 'cimd-policy' AND id = $2)"
    " ON CONFLICT (pool_id, policy_id, url) DO UPDATE SET version = excluded.version,"
    " expires_at = excluded.expires_at, body = excluded.body"
)
_decode = msgspec.json.Decoder(ClientDocument).decode
_encode = msgspec.json.Encoder().encode


class ClientDocuments:
    """Reads of documents. Each is an index lookup or a bounded page."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, pool_id: str, policy_id: str, url: str) -> ClientDocument | None:
        """Return what is known of a URL, whether or not the document has expired."""
        rows = await self._database.fetch(
            "SELECT body FROM client_documents WHERE pool_id = $1 AND policy_id = $2 AND url = $3",
            pool_id,
            policy_id,
            url,
        )
        return _decode(rows[0][0]) if rows else None

    async def page(
        self, pool_id: str, policy_id: str, after: str | None, limit: int
    ) -> Page[ClientDocument]:
        """Return up to `limit` documents of a policy in the order of their URLs."""
        rows = await self._database.fetch(
            "SELECT body FROM client_documents WHERE pool_id = $1 AND policy_id = $2 AND url > $3"
            " ORDER BY url LIMIT $4",
            pool_id,
            policy_id,
            after or "",
            limit + 1,
        )
        found = tuple(_decode(row[0]) for row in rows[:limit])
        return Page(found, found[-1].url if len(rows) > limit else None)

    async def count(self, pool_id: str, policy_id: str, most: int) -> int:
        """Return how many documents a policy has, counting no further than `most`."""
        rows = await self._database.fetch(
            "SELECT count(*) FROM (SELECT 1 FROM client_documents"
            " WHERE pool_id = $1 AND policy_id = $2 ORDER BY url LIMIT $3) AS counted",
            pool_id,
            policy_id,
            most,
        )
        return int(rows[0][0])

    async def past(self, before: int, limit: int) -> list[tuple[str, str, str]]:
        """Return the keys of documents that expired before a moment in milliseconds."""
        rows = await self._database.fetch(
            "SELECT pool_id, policy_id, url FROM client_documents WHERE expires_at < $1"
            " ORDER BY expires_at LIMIT $2",
            before,
            limit,
        )
        return [(row[0], row[1], row[2]) for row in rows]


def put(document: ClientDocument) -> Write:
    """Keep a document instead of an earlier one. `VersionConflict` if its policy is gone."""
    return Write(
        _PUT,
        (
            document.pool_id,
            document.policy_id,
            document.url,
            document.version,
            to_milliseconds(document.expires_at),
            _encode(document).decode(),
        ),
        VersionConflict(),
    )


def drop(key: tuple[str, str, str]) -> Write:
    """Drop a document, by its pool, its policy and its URL."""
    return Write(
        "DELETE FROM client_documents WHERE pool_id = $1 AND policy_id = $2 AND url = $3", key
    )


def drop_of_policy(pool_id: str, policy_id: str) -> Write:
    """Drop all documents of a policy."""
    return Write(
        "DELETE FROM client_documents WHERE pool_id = $1 AND policy_id = $2", (pool_id, policy_id)
    )
