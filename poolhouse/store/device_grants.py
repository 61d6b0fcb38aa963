"""Requests of devices for tokens, sealed, by the keyed digests of their two codes."""

from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.device_grants import DeviceGrant
from poolhouse.store.interface import (
    Database,
    InsertColumns,
    Row,
    Sealer,
    VersionConflict,
    Write,
)
from poolhouse.store.timestamps import to_milliseconds

_INSERTED: Final = InsertColumns.of(
    "device_grants", "digest", "user_code", "pool_id", "version", "expires_at", "sealed"
)
_decode = msgspec.msgpack.Decoder(DeviceGrant).decode
_encode = msgspec.msgpack.Encoder().encode


class DeviceGrants:
    """Reads of grants, and their writes, which need the seal."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def find(self, digest: bytes) -> DeviceGrant | None:
        """Return the grant of a device code, whatever became of it."""
        rows = await self._database.fetch(
            "SELECT digest, version, sealed FROM device_grants WHERE digest = $1", digest
        )
        return self._read(rows[0]) if rows else None

    async def by_user_code(self, pool_id: str, user_code: str) -> DeviceGrant | None:
        """Return the grant of a user code in a pool, whatever became of it."""
        rows = await self._database.fetch(
            "SELECT digest, version, sealed FROM device_grants"
            " WHERE pool_id = $1 AND user_code = $2",
            pool_id,
            user_code,
        )
        return self._read(rows[0]) if rows else None

    async def past(self, before: int, limit: int) -> list[bytes]:
        """Return digests of grants that expired before a moment in milliseconds."""
        rows = await self._database.fetch(
            "SELECT digest FROM device_grants WHERE expires_at < $1 ORDER BY expires_at LIMIT $2",
            before,
            limit,
        )
        return [bytes(row[0]) for row in rows]

    def add(self, grant: DeviceGrant) -> Write:
        """Insert a grant; `VersionConflict` if one of its codes is in use."""
        return Write(
            f"INSERT INTO {_INSERTED.into} VALUES ({_INSERTED.values})"  # noqa: S608 - ours
            " ON CONFLICT DO NOTHING",
            (
                grant.digest,
                grant.user_code,
                grant.pool_id,
                grant.version,
                to_milliseconds(grant.expires_at),
                self._sealed(grant),
            ),
            VersionConflict(),
        )

    def save(self, grant: DeviceGrant) -> Write:
        """Write a changed grant over the version it was made from: each step happens once."""
        return Write(
            "UPDATE device_grants SET version = $1, sealed = $2 WHERE digest = $3 AND version = $4",
            (grant.version + 1, self._sealed(grant), grant.digest, grant.version),
            VersionConflict(),
        )

    def _read(self, row: Row) -> DeviceGrant:
        digest, version, sealed = bytes(row[0]), row[1], bytes(row[2])
        plain = self._sealer.unseal(sealed, Context.DEVICE_GRANT, digest.hex())
        return msgspec.structs.replace(_decode(plain), version=version)

    def _sealed(self, grant: DeviceGrant) -> bytes:
        return self._sealer.seal(_encode(grant), Context.DEVICE_GRANT, grant.digest.hex())


def drop(digest: bytes) -> Write:
    """Drop an expired grant."""
    return Write("DELETE FROM device_grants WHERE digest = $1", (digest,))
