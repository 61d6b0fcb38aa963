"""User pools and the keys that sign their tokens."""

from datetime import datetime
from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.pools import Pool, region_of
from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.store import pool_resources
from poolhouse.store.configuration import ConfigGeneration, GenerationCache
from poolhouse.store.interface import (
    Database,
    InsertColumns,
    Page,
    Row,
    Sealer,
    UniqueViolation,
    VersionConflict,
    Write,
)
from poolhouse.store.timestamps import from_milliseconds, to_milliseconds

KEYS_INSERTED: Final = InsertColumns.of(
    "signing_keys", "kid", "pool_id", "key_use", "created_at", "retired_at", "private_key"
)


_decode = msgspec.json.Decoder(Pool).decode
_encode = msgspec.json.Encoder().encode

_AFTER_REGION: Final = chr(ord("_") + 1)
"""Ids begin with their region and `_`, and are ordered by code point: this ends a region's."""
_LAST: Final = "\U0010ffff"
"""No id comes after this."""


class Pools:
    """Reads of pools. What `find` has read is kept while the configuration stands."""

    def __init__(self, database: Database, sealer: Sealer, configuration: ConfigGeneration) -> None:
        self._database = database
        self._sealer = sealer
        self._cache: GenerationCache[Pool] = configuration.new_cache()

    async def find(self, pool_id: str) -> Pool | None:
        if cached := self._cache.get(pool_id):
            return cached
        read_at = self._cache.generation
        rows = await self._database.fetch(
            "SELECT version, body FROM pools WHERE id = $1 AND deleted = 0", pool_id
        )
        return self._cache.keep(pool_id, _pool(rows[0]), read_at) if rows else None

    async def page(self, after: str | None, limit: int, *, region: str | None = None) -> Page[Pool]:
        """Return a page of the pools of a region, or of all, in the order of their ids."""
        first, end = ("", _LAST) if region is None else (f"{region}_", f"{region}{_AFTER_REGION}")
        rows = await self._database.fetch(
            "SELECT version, body FROM pools"
            " WHERE id > $1 AND id < $2 AND deleted = 0 ORDER BY id LIMIT $3",
            after or first,
            end,
            limit + 1,
        )
        pools = tuple(map(_pool, rows))
        return Page(pools[:limit], pools[limit - 1].id if len(pools) > limit else None)

    async def deleted(self) -> list[Pool]:
        """Return deleted pools whose users garbage collection must delete."""
        rows = await self._database.fetch("SELECT body FROM pools WHERE deleted = 1 LIMIT 10")
        return [_decode(row[0]) for row in rows]

    async def keys(self, pool_id: str) -> list[PoolKey]:
        rows = await self._database.fetch(
            "SELECT kid, key_use, created_at, retired_at, private_key FROM signing_keys"
            " WHERE pool_id = $1 ORDER BY created_at, kid",
            pool_id,
        )
        return [
            PoolKey(
                kid=row[0],
                pool_id=pool_id,
                use=KeyUse(row[1]),
                created_at=from_milliseconds(row[2]),
                retired_at=None if row[3] is None else from_milliseconds(row[3]),
                private_der=self._sealer.unseal(row[4], Context.SIGNING_KEY, pool_id, row[0]),
            )
            for row in rows
        ]

    async def past_keys(self, before: datetime, limit: int) -> list[str]:
        """Return the kids of keys that were retired before that."""
        rows = await self._database.fetch(
            "SELECT kid FROM signing_keys WHERE retired_at < $1 LIMIT $2",
            to_milliseconds(before),
            limit,
        )
        return [row[0] for row in rows]

    def add_key(self, key: PoolKey) -> Write:
        return Write(
            f"INSERT INTO {KEYS_INSERTED.into} VALUES ({KEYS_INSERTED.values})",  # noqa: S608 - ours
            (
                key.kid,
                key.pool_id,
                key.use.value,
                to_milliseconds(key.created_at),
                None if key.retired_at is None else to_milliseconds(key.retired_at),
                self._sealer.seal(key.private_der, Context.SIGNING_KEY, key.pool_id, key.kid),
            ),
            configures=True,
        )


async def regions(database: Database) -> list[str]:
    """Return the regions that have pools, by one look-up in the index for each of them."""
    found: list[str] = []
    after = ""
    while rows := await database.fetch(
        "SELECT id FROM pools WHERE id > $1 AND deleted = 0 ORDER BY id LIMIT 1", after
    ):
        region = region_of(rows[0][0])
        found.append(region)
        after = f"{region}{_AFTER_REGION}"
    return found


def _pool(row: Row) -> Pool:
    return msgspec.structs.replace(_decode(row[1]), version=row[0])


def add(pool: Pool) -> Write:
    return Write(
        "INSERT INTO pools (id, version, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        (pool.id, pool.version, _encode(pool).decode()),
        UniqueViolation("pool"),
        configures=True,
    )


def save(pool: Pool) -> Write:
    """Write a changed pool over the version it was made from."""
    return Write(
        "UPDATE pools SET version = $1, body = $2 WHERE id = $3 AND version = $4 AND deleted = 0",
        (pool.version + 1, _encode(pool).decode(), pool.id, pool.version),
        VersionConflict(),
        configures=True,
    )


def retire_key(kid: str, at: datetime, was: datetime | None = None) -> Write:
    """Retire a key at a moment instead of at `was`.

    Raises `VersionConflict` on commit if the key is gone, or retired at another moment by now.
    """
    return Write(
        "UPDATE signing_keys SET retired_at = $1"
        " WHERE kid = $2 AND retired_at IS NOT DISTINCT FROM $3",
        (to_milliseconds(at), kid, None if was is None else to_milliseconds(was)),
        VersionConflict(),
        configures=True,
    )


def delete_key(kid: str) -> Write:
    """Delete a retired key: its tokens can't be verified any more."""
    return Write("DELETE FROM signing_keys WHERE kid = $1", (kid,), configures=True)


def delete(pool: Pool) -> tuple[Write, ...]:
    """Make the pool unknown at once; garbage collection deletes its users, a page at a time."""
    return (
        Write(
            "UPDATE pools SET deleted = 1 WHERE id = $1 AND version = $2 AND deleted = 0",
            (pool.id, pool.version),
            VersionConflict(),
            configures=True,
        ),
        *drop_configuration(pool.id),
    )


def drop_configuration(pool_id: str) -> tuple[Write, ...]:
    """Drop a pool's clients, keys, domains and resources.

    Once more before a pool is forgotten: a client may have been added at the very moment at which
    its pool was deleted.
    """
    return (
        Write("DELETE FROM clients WHERE pool_id = $1", (pool_id,), configures=True),
        Write("DELETE FROM signing_keys WHERE pool_id = $1", (pool_id,)),
        *pool_resources.drop_of_pool(pool_id),
    )


def purge(pool_id: str) -> Write:
    """Delete the last row of a deleted pool, once it has no users left."""
    return Write("DELETE FROM pools WHERE id = $1 AND deleted = 1", (pool_id,))
