"""A pool with all that belongs to it: how it leaves one store and arrives in another.

A pool that arrives is hidden until it is complete: its id is taken, nothing finds it, and the
collector leaves it alone.
"""

import enum
from collections.abc import Sequence
from typing import Final

import msgspec

from poolhouse.entities.clients import Client
from poolhouse.entities.groups import Group
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import PoolKey
from poolhouse.store import groups
from poolhouse.store.bulk.pool_configuration import PoolConfiguration
from poolhouse.store.bulk.user_records import UserRecord, WholeUsers
from poolhouse.store.clients import INSERTED as CLIENT
from poolhouse.store.clients import Clients
from poolhouse.store.interface import (
    Database,
    Inserts,
    Page,
    Sealer,
    UniqueViolation,
    VersionConflict,
    Write,
)
from poolhouse.store.pools import KEYS_INSERTED as KEY
from poolhouse.store.pools import Pools

_decode_pool = msgspec.json.Decoder(Pool).decode
_encode = msgspec.json.Encoder().encode


class PoolState(enum.IntEnum):
    """State of a pool, as in its column `deleted`."""

    THERE = 0
    DELETED = 1
    ARRIVING = 2


_ARRIVING: Final = PoolState.ARRIVING.value


class BulkPools:
    """Reads of many users at once, each an index lookup a user or a bounded page."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._users = WholeUsers(database, sealer)
        self.configuration = PoolConfiguration(database)

    async def presence(self, pool_id: str) -> tuple[PoolState, Pool] | None:
        """Return a pool, even one that nothing else finds."""
        rows = await self._database.fetch(
            "SELECT deleted, version, body FROM pools WHERE id = $1", pool_id
        )
        if not rows:
            return None
        deleted, version, body = rows[0]
        return PoolState(deleted), msgspec.structs.replace(_decode_pool(body), version=version)

    async def page(self, pool_id: str, after: str | None, limit: int) -> Page[UserRecord]:
        """Return up to `limit` users in the order of their subs; fewer if some were deleted."""
        rows = await self._database.fetch(
            "SELECT sub FROM users WHERE pool_id = $1 AND sub > $2 ORDER BY sub LIMIT $3",
            pool_id,
            after or "",
            limit + 1,
        )
        subs = [str(row[0]) for row in rows[:limit]]
        whole = await self._users.of(pool_id, subs)
        return Page(
            tuple(whole[sub] for sub in subs if sub in whole),
            subs[-1] if len(rows) > limit else None,
        )

    async def users(self, pool_id: str, subs: Sequence[str]) -> dict[str, UserRecord]:
        """Return those of these users who are there, by sub."""
        return await self._users.of(pool_id, subs)

    async def subs_there(self, pool_id: str, subs: Sequence[str]) -> list[str]:
        """Return those of the subs that are users of the pool; each is an index lookup."""
        numbers = ", ".join(f"${n}" for n in range(2, len(subs) + 2))
        rows = await self._database.fetch(
            f"SELECT sub FROM users WHERE pool_id = $1 AND sub IN ({numbers})",  # noqa: S608 - ours
            pool_id,
            *subs,
        )
        return [str(row[0]) for row in rows]

    def add_users(self, pool: Pool, some: Sequence[UserRecord]) -> list[Inserts]:
        """Insert users of a pool that is still hidden, with all that is theirs.

        Their groups are there.
        """
        return self._users.add(pool, some)


def reserve(pool: Pool) -> Write:
    """Take the id for a pool that arrives.

    Raises `UniqueViolation` if another pool has taken it.
    """
    return Write(
        f"INSERT INTO pools (id, version, deleted, body) VALUES ($1, $2, {_ARRIVING}, $3)"  # noqa: S608
        " ON CONFLICT DO NOTHING",
        (pool.id, pool.version, _encode(pool).decode()),
        UniqueViolation("pool"),
    )


def assert_import_open(pool_id: str) -> Write:
    """Assert that the import is open, as the last write; `VersionConflict` if it was abandoned.

    It is the last, because on PostgreSQL concurrent commits wait here for each other.
    """
    return Write(
        f"UPDATE pools SET deleted = {_ARRIVING} WHERE id = $1 AND deleted = {_ARRIVING}",  # noqa: S608
        (pool_id,),
        VersionConflict(),
    )


def publish_pool(pool_id: str) -> Write:
    """Show the pool, now that all of it is there."""
    return Write(
        f"UPDATE pools SET deleted = 0 WHERE id = $1 AND deleted = {_ARRIVING}",  # noqa: S608
        (pool_id,),
        VersionConflict(),
        configures=True,
    )


def abort_import(pool_id: str) -> Write:
    """Leave what has arrived of the pool to the collector, as if it had been deleted."""
    return Write(
        f"UPDATE pools SET deleted = 1 WHERE id = $1 AND deleted = {_ARRIVING}",  # noqa: S608
        (pool_id,),
        VersionConflict(),
    )


def add_key(key: PoolKey, pools: Pools) -> Write:
    """Insert a signing key of a pool that is still hidden.

    Raises `UniqueViolation` if there is one of its id.
    """
    return Write(
        f"INSERT INTO {KEY.into} VALUES ({KEY.values}) ON CONFLICT DO NOTHING",  # noqa: S608 - ours
        pools.add_key(key).parameters,
        UniqueViolation("signing key", key.kid),
        configures=True,
    )


def add_client(client: Client, clients: Clients) -> Write:
    """Insert a client of a pool that is still hidden.

    Raises `UniqueViolation` if any pool has one of its id.
    """
    return Write(
        f"INSERT INTO {CLIENT.into} VALUES ({CLIENT.values}) ON CONFLICT DO NOTHING",  # noqa: S608
        clients.add(client).parameters,
        UniqueViolation("client", client.id),
        configures=True,
    )


def add_group(group: Group) -> Write:
    """Insert a group of a pool that is still hidden."""
    return Write(
        f"INSERT INTO {groups.INSERTED.into} VALUES ({groups.INSERTED.values})"  # noqa: S608 - ours
        " ON CONFLICT DO NOTHING",
        groups.add(group).parameters,
        UniqueViolation("group", group.name),
    )
