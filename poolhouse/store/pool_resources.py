"""Resource servers, branding, terms and the other resources of a pool, and their images.

They are configuration: what is read of them is cached until the configuration changes.
"""

from typing import Final, TypeVar

import msgspec

from poolhouse.entities.pool_resources import (
    NAMES_OF_TERMS,
    ManagedLoginBranding,
    PoolResource,
    Terms,
    UICustomization,
)
from poolhouse.store.configuration import ConfigGeneration, GenerationCache
from poolhouse.store.interface import (
    Database,
    InsertColumns,
    Page,
    Row,
    UniqueViolation,
    VersionConflict,
    Write,
)

R = TypeVar("R", bound=PoolResource)

INSERTED: Final = InsertColumns.of(
    "pool_resources", "pool_id", "kind", "id", "key", "version", "body"
)
ASSETS_INSERTED: Final = InsertColumns.of("pool_assets", "pool_id", "owner", "name", "content")

_ADD: Final = (
    f"INSERT INTO {INSERTED.into} SELECT {INSERTED.values}"  # noqa: S608 - ours
    " WHERE EXISTS (SELECT 1 FROM pools WHERE id = $1 AND deleted = 0)"
    " ON CONFLICT DO NOTHING"
)
_encode = msgspec.json.Encoder().encode


class PoolResources:
    """Reads of all kinds. Each is an index lookup or a bounded page."""

    def __init__(self, database: Database, configuration: ConfigGeneration) -> None:
        self._database = database
        self._cache: GenerationCache[PoolResource | None] = configuration.new_cache()

    async def find(self, kind: type[R], pool_id: str, resource_id: str) -> R | None:
        """Return the resource of this id. It is cached, also that there is none."""
        place = f"{pool_id}/{kind.kind}/id/{resource_id}"
        return await self._cached(
            kind,
            place,
            "SELECT version, body FROM pool_resources WHERE pool_id = $1 AND kind = $2 AND id = $3",
            pool_id,
            resource_id,
        )

    async def find_by_key(self, kind: type[R], pool_id: str, key: str) -> R | None:
        """Return the resource with this key. It is cached, also that there is none."""
        place = f"{pool_id}/{kind.kind}/key/{key}"
        return await self._cached(
            kind,
            place,
            "SELECT version, body FROM pool_resources"
            " WHERE pool_id = $1 AND kind = $2 AND key = $3",
            pool_id,
            key,
        )

    async def page(self, kind: type[R], pool_id: str, after: str | None, limit: int) -> Page[R]:
        """Return up to `limit` resources in the order of their ids."""
        rows = await self._database.fetch(
            "SELECT version, body FROM pool_resources"
            " WHERE pool_id = $1 AND kind = $2 AND id > $3 ORDER BY id LIMIT $4",
            pool_id,
            kind.kind,
            after or "",
            limit + 1,
        )
        found = tuple(_resource(kind, row) for row in rows[:limit])
        return Page(found, found[-1].id if len(rows) > limit else None)

    async def count(self, kind: type[PoolResource], pool_id: str, most: int) -> int:
        """Return how many of a kind the pool has, counting no further than `most`."""
        rows = await self._database.fetch(
            "SELECT count(*) FROM (SELECT 1 FROM pool_resources"
            " WHERE pool_id = $1 AND kind = $2 ORDER BY id LIMIT $3) AS counted",
            pool_id,
            kind.kind,
            most,
        )
        return int(rows[0][0])

    async def asset(self, pool_id: str, owner: str, name: str) -> bytes | None:
        """Return the content of an image."""
        rows = await self._database.fetch(
            "SELECT content FROM pool_assets WHERE pool_id = $1 AND owner = $2 AND name = $3",
            pool_id,
            owner,
            name,
        )
        return bytes(rows[0][0]) if rows else None

    async def _cached(
        self, kind: type[R], place: str, statement: str, pool_id: str, name: str
    ) -> R | None:
        if self._cache.has(place):
            known = self._cache.get(place)
            assert known is None or isinstance(known, kind)
            return known
        read_at = self._cache.generation
        rows = await self._database.fetch(statement, pool_id, kind.kind, name)
        found = _resource(kind, rows[0]) if rows else None
        self._cache.keep(place, found, read_at)
        return found


def add(resource: PoolResource) -> Write:
    """Insert a resource. `UniqueViolation` if its id or key is taken, or its pool gone, by then."""
    return Write(
        _ADD,
        (
            resource.pool_id,
            resource.kind,
            resource.id,
            resource.key,
            resource.version,
            _encode(resource).decode(),
        ),
        UniqueViolation(resource.kind, resource.id),
        configures=True,
    )


def save(resource: PoolResource) -> Write:
    """Write a changed resource over the version it was made from. Its id and key don't change."""
    return Write(
        "UPDATE pool_resources SET version = $1, body = $2"
        " WHERE pool_id = $3 AND kind = $4 AND id = $5 AND version = $6",
        (
            resource.version + 1,
            _encode(resource).decode(),
            resource.pool_id,
            resource.kind,
            resource.id,
            resource.version,
        ),
        VersionConflict(),
        configures=True,
    )


def delete(resource: PoolResource) -> Write:
    """Delete this version of a resource."""
    return Write(
        "DELETE FROM pool_resources WHERE pool_id = $1 AND kind = $2 AND id = $3 AND version = $4",
        (resource.pool_id, resource.kind, resource.id, resource.version),
        VersionConflict(),
        configures=True,
    )


def put_asset(pool_id: str, owner: str, name: str, content: bytes) -> Write:
    """Keep an image. Its name is made of its content, so one that is there is the same."""
    return Write(
        f"INSERT INTO {ASSETS_INSERTED.into} VALUES ({ASSETS_INSERTED.values})"  # noqa: S608 - ours
        " ON CONFLICT DO NOTHING",
        (pool_id, owner, name, content),
    )


def delete_asset(pool_id: str, owner: str, name: str) -> Write:
    """Delete an image."""
    return Write(
        "DELETE FROM pool_assets WHERE pool_id = $1 AND owner = $2 AND name = $3",
        (pool_id, owner, name),
    )


def delete_assets(pool_id: str, owner: str) -> Write:
    """Delete all images of a resource."""
    return Write("DELETE FROM pool_assets WHERE pool_id = $1 AND owner = $2", (pool_id, owner))


def drop_of_client(pool_id: str, client_id: str) -> tuple[Write, ...]:
    """Drop the looks and the terms of a deleted app client."""
    looks = (ManagedLoginBranding.kind, UICustomization.kind)
    named = [
        *((kind, client_id) for kind in looks),
        *((Terms.kind, f"{client_id}/{name}") for name in NAMES_OF_TERMS),
    ]
    return (
        *(
            Write(
                "DELETE FROM pool_resources WHERE kind = $1 AND key = $2 AND pool_id = $3",
                (kind, key, pool_id),
            )
            for kind, key in named
        ),
        Write(
            "DELETE FROM pool_assets WHERE pool_id = $1 AND owner IN ($2, $3)",
            (pool_id, *(f"{kind}/{client_id}" for kind in looks)),
        ),
    )


def drop_of_pool(pool_id: str) -> tuple[Write, ...]:
    """Drop all resources of a deleted pool, and its domains."""
    return (
        Write("DELETE FROM pool_resources WHERE pool_id = $1", (pool_id,), configures=True),
        Write("DELETE FROM pool_assets WHERE pool_id = $1", (pool_id,)),
        Write("DELETE FROM client_documents WHERE pool_id = $1", (pool_id,)),
        Write("DELETE FROM domains WHERE pool_id = $1", (pool_id,), configures=True),
    )


def _resource(kind: type[R], row: Row) -> R:
    return msgspec.structs.replace(msgspec.json.decode(row[1], type=kind), version=row[0])
