"""Domains of pools, by their names: no two pools have the same one."""

from typing import Final

import msgspec

from poolhouse.entities.domains import Domain
from poolhouse.store.configuration import ConfigGeneration, GenerationCache
from poolhouse.store.interface import (
    Database,
    InsertColumns,
    Row,
    UniqueViolation,
    VersionConflict,
    Write,
)

INSERTED: Final = InsertColumns.of("domains", "name", "pool_id", "version", "body")
MOST_OF_POOL: Final = 2
"""A prefix and a custom domain."""

_ADD: Final = (
    f"INSERT INTO {INSERTED.into} SELECT {INSERTED.values}"  # noqa: S608 - ours
    " WHERE EXISTS (SELECT 1 FROM pools WHERE id = $2 AND deleted = 0)"
    " ON CONFLICT DO NOTHING"
)
_decode = msgspec.json.Decoder(Domain).decode
_encode = msgspec.json.Encoder().encode


class Domains:
    """Reads of domains. They are cached while the configuration stands."""

    def __init__(self, database: Database, configuration: ConfigGeneration) -> None:
        self._database = database
        self._cache: GenerationCache[Domain | None] = configuration.new_cache()
        self._of_pools: GenerationCache[tuple[Domain, ...]] = configuration.new_cache()

    async def find(self, name: str) -> Domain | None:
        """Return the domain of this name. It is cached, also that there is none."""
        if self._cache.has(name):
            return self._cache.get(name)
        read_at = self._cache.generation
        rows = await self._database.fetch("SELECT version, body FROM domains WHERE name = $1", name)
        found = _domain(rows[0]) if rows else None
        self._cache.keep(name, found, read_at)
        return found

    async def of_pool(self, pool_id: str) -> tuple[Domain, ...]:
        """Return the pool's prefix domain and custom domain, as far as it has them."""
        known = self._of_pools.get(pool_id)
        if known is not None:
            return known
        read_at = self._of_pools.generation
        rows = await self._database.fetch(
            "SELECT version, body FROM domains WHERE pool_id = $1 ORDER BY name LIMIT $2",
            pool_id,
            MOST_OF_POOL,
        )
        return self._of_pools.keep(pool_id, tuple(map(_domain, rows)), read_at)


def add(domain: Domain) -> Write:
    """Insert a domain. `UniqueViolation` if its name is taken, or its pool gone, by then."""
    return Write(
        _ADD,
        (domain.name, domain.pool_id, domain.version, _encode(domain).decode()),
        UniqueViolation("domain", domain.name),
        configures=True,
    )


def save(domain: Domain) -> Write:
    """Write a changed domain over the version it was made from."""
    return Write(
        "UPDATE domains SET version = $1, body = $2 WHERE name = $3 AND version = $4",
        (domain.version + 1, _encode(domain).decode(), domain.name, domain.version),
        VersionConflict(),
        configures=True,
    )


def delete(domain: Domain) -> Write:
    """Delete this version of a domain."""
    return Write(
        "DELETE FROM domains WHERE name = $1 AND version = $2",
        (domain.name, domain.version),
        VersionConflict(),
        configures=True,
    )


def _domain(row: Row) -> Domain:
    return msgspec.structs.replace(_decode(row[1]), version=row[0])
