"""A pool's domains, resources and images, for exports and imports.

Reads aren't cached, since an import compares with what other imports have just added.
"""

from typing import Final

import msgspec

from poolhouse.entities.domains import Domain
from poolhouse.entities.pool_resources import PoolAsset, PoolResource
from poolhouse.store import domains, pool_resources
from poolhouse.store.domains import INSERTED as DOMAIN
from poolhouse.store.interface import Database, Row, UniqueViolation, Write
from poolhouse.store.pool_resources import ASSETS_INSERTED as ASSET
from poolhouse.store.pool_resources import INSERTED as RESOURCE

_decode_domain: Final = msgspec.json.Decoder(Domain).decode


class PoolConfiguration:
    """Reads of what belongs to one pool, each an index lookup or a bounded page."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def domain(self, name: str) -> Domain | None:
        """Return the domain of this name, of any pool."""
        rows = await self._database.fetch("SELECT version, body FROM domains WHERE name = $1", name)
        return _domain(rows[0]) if rows else None

    async def domains(self, pool_id: str) -> tuple[Domain, ...]:
        rows = await self._database.fetch(
            "SELECT version, body FROM domains WHERE pool_id = $1 ORDER BY name LIMIT $2",
            pool_id,
            domains.MOST_OF_POOL,
        )
        return tuple(map(_domain, rows))

    async def resource(self, like: PoolResource) -> PoolResource | None:
        """Return the resource with the kind and the id of another."""
        rows = await self._database.fetch(
            "SELECT version, body FROM pool_resources WHERE pool_id = $1 AND kind = $2 AND id = $3",
            like.pool_id,
            like.kind,
            like.id,
        )
        if not rows:
            return None
        found = msgspec.json.decode(rows[0][1], type=type(like))
        return msgspec.structs.replace(found, version=rows[0][0])

    async def assets(
        self, pool_id: str, after: tuple[str, str] | None, limit: int
    ) -> tuple[PoolAsset, ...]:
        """Return up to `limit` images in the order of owner and name."""
        owner, name = after or ("", "")
        rows = await self._database.fetch(
            "SELECT owner, name, content FROM pool_assets"
            " WHERE pool_id = $1 AND (owner, name) > ($2, $3) ORDER BY owner, name LIMIT $4",
            pool_id,
            owner,
            name,
            limit,
        )
        return tuple(PoolAsset(pool_id, row[0], row[1], bytes(row[2])) for row in rows)

    async def asset(self, like: PoolAsset) -> PoolAsset | None:
        """Return the image with the owner and the name of another."""
        rows = await self._database.fetch(
            "SELECT content FROM pool_assets WHERE pool_id = $1 AND owner = $2 AND name = $3",
            like.pool_id,
            like.owner,
            like.name,
        )
        return msgspec.structs.replace(like, content=bytes(rows[0][0])) if rows else None

    async def count_resources(self, pool_id: str, most: int) -> int:
        """Return how many resources of all kinds the pool has, counting no further than `most`."""
        rows = await self._database.fetch(
            "SELECT count(*) FROM (SELECT 1 FROM pool_resources WHERE pool_id = $1"
            " ORDER BY kind, id LIMIT $2) AS counted",
            pool_id,
            most,
        )
        return int(rows[0][0])

    async def count_assets(self, pool_id: str, most: int) -> int:
        """Return how many images the pool has, counting no further than `most`."""
        rows = await self._database.fetch(
            "SELECT count(*) FROM (SELECT 1 FROM pool_assets WHERE pool_id = $1"
            " ORDER BY owner, name LIMIT $2) AS counted",
            pool_id,
            most,
        )
        return int(rows[0][0])


def add_domain(domain: Domain) -> Write:
    """Insert a domain of a pool that is still hidden.

    Raises `UniqueViolation` if any pool has one of its name.
    """
    return Write(
        f"INSERT INTO {DOMAIN.into} VALUES ({DOMAIN.values}) ON CONFLICT DO NOTHING",  # noqa: S608
        domains.add(domain).parameters,
        UniqueViolation("domain", domain.name),
        configures=True,
    )


def add_resource(resource: PoolResource) -> Write:
    """Insert a resource of a pool that is still hidden."""
    return Write(
        f"INSERT INTO {RESOURCE.into} VALUES ({RESOURCE.values})"  # noqa: S608 - ours
        " ON CONFLICT DO NOTHING",
        pool_resources.add(resource).parameters,
        UniqueViolation(resource.kind, resource.id),
        configures=True,
    )


def add_asset(asset: PoolAsset) -> Write:
    """Insert an image of a pool that is still hidden."""
    return Write(
        f"INSERT INTO {ASSET.into} VALUES ({ASSET.values}) ON CONFLICT DO NOTHING",  # noqa: S608
        (asset.pool_id, asset.owner, asset.name, asset.content),
        UniqueViolation("image", asset.name),
    )


def _domain(row: Row) -> Domain:
    return msgspec.structs.replace(_decode_domain(row[1]), version=row[0])
