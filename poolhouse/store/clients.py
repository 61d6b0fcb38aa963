"""App clients, with their secrets sealed."""

from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.clients import Client, ClientSecret
from poolhouse.store.configuration import ConfigGeneration, GenerationCache
from poolhouse.store.interface import (
    Database,
    InsertColumns,
    Page,
    Row,
    Sealer,
    VersionConflict,
    Write,
)

INSERTED: Final = InsertColumns.of("clients", "id", "pool_id", "version", "body", "secrets")

_ADD: Final = (
    f"INSERT INTO {INSERTED.into} SELECT {INSERTED.values}"  # noqa: S608 - ours
    " WHERE EXISTS (SELECT 1 FROM pools WHERE id = $2 AND deleted = 0)"
    " ON CONFLICT DO NOTHING"
)


_decode = msgspec.json.Decoder(Client).decode
_decode_secrets = msgspec.msgpack.Decoder(tuple[ClientSecret, ...]).decode


class Clients:
    """Reads of app clients. What `find` has read is kept while the configuration stands."""

    def __init__(self, database: Database, sealer: Sealer, configuration: ConfigGeneration) -> None:
        self._database = database
        self._sealer = sealer
        self._cache: GenerationCache[Client] = configuration.new_cache()

    async def find(self, client_id: str) -> Client | None:
        if cached := self._cache.get(client_id):
            return cached
        read_at = self._cache.generation
        rows = await self._database.fetch(
            "SELECT version, body, secrets FROM clients WHERE id = $1", client_id
        )
        return self._cache.keep(client_id, self._client(rows[0]), read_at) if rows else None

    async def page(self, pool_id: str, after: str | None, limit: int) -> Page[Client]:
        rows = await self._database.fetch(
            "SELECT version, body, secrets FROM clients WHERE pool_id = $1 AND id > $2"
            " ORDER BY id LIMIT $3",
            pool_id,
            after or "",
            limit + 1,
        )
        clients = tuple(self._client(row) for row in rows[:limit])
        return Page(clients, clients[-1].id if len(rows) > limit else None)

    async def count(self, pool_id: str, most: int) -> int:
        """Return how many clients the pool has, counting no further than `most`."""
        rows = await self._database.fetch(
            "SELECT count(*) FROM (SELECT 1 FROM clients"
            " WHERE pool_id = $1 ORDER BY id LIMIT $2) AS counted",
            pool_id,
            most,
        )
        return int(rows[0][0])

    def add(self, client: Client) -> Write:
        """Insert a client; `VersionConflict` if its pool is gone by then."""
        return Write(
            _ADD,
            (client.id, client.pool_id, client.version, *self._columns(client)),
            VersionConflict(),
            configures=True,
        )

    def save(self, client: Client) -> Write:
        """Write a changed client over the version it was made from."""
        return Write(
            "UPDATE clients SET version = $1, body = $2, secrets = $3"
            " WHERE id = $4 AND version = $5",
            (client.version + 1, *self._columns(client), client.id, client.version),
            VersionConflict(),
            configures=True,
        )

    def _columns(self, client: Client) -> tuple[str, bytes]:
        """Return the body without the secrets, and the secrets sealed."""
        body = msgspec.json.encode(msgspec.structs.replace(client, secrets=()))
        secrets = msgspec.msgpack.encode(client.secrets)
        return body.decode(), self._sealer.seal(secrets, Context.CLIENT_SECRETS, client.id)

    def _client(self, row: Row) -> Client:
        client = _decode(row[1])
        secrets = _decode_secrets(self._sealer.unseal(row[2], Context.CLIENT_SECRETS, client.id))
        return msgspec.structs.replace(client, version=row[0], secrets=secrets)


def delete(client: Client) -> Write:
    return Write(
        "DELETE FROM clients WHERE id = $1 AND version = $2",
        (client.id, client.version),
        VersionConflict(),
        configures=True,
    )
