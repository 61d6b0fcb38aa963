"""Codes that the authorization endpoint has issued, sealed, by their keyed digests."""

from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.authorization import AuthorizationCode
from poolhouse.store.interface import Database, InsertColumns, Sealer, VersionConflict, Write
from poolhouse.store.timestamps import to_milliseconds

_INSERTED: Final = InsertColumns.of(
    "authorization_codes", "digest", "pool_id", "version", "expires_at", "sealed"
)
_decode = msgspec.msgpack.Decoder(AuthorizationCode).decode
_encode = msgspec.msgpack.Encoder().encode


class AuthorizationCodes:
    """Reads of codes, and their writes, which need the seal."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def find(self, digest: bytes) -> AuthorizationCode | None:
        """Return the code of this digest, whether it was used or not."""
        rows = await self._database.fetch(
            "SELECT version, sealed FROM authorization_codes WHERE digest = $1", digest
        )
        if not rows:
            return None
        version, sealed = rows[0]
        plain = self._sealer.unseal(bytes(sealed), Context.AUTHORIZATION_CODE, digest.hex())
        return msgspec.structs.replace(_decode(plain), version=version)

    async def past(self, before: int, limit: int) -> list[bytes]:
        """Return digests of codes that expired before a moment in milliseconds."""
        rows = await self._database.fetch(
            "SELECT digest FROM authorization_codes WHERE expires_at < $1"
            " ORDER BY expires_at LIMIT $2",
            before,
            limit,
        )
        return [bytes(row[0]) for row in rows]

    def add(self, code: AuthorizationCode) -> Write:
        """Insert a code; `VersionConflict` if there is one of the same digest."""
        return Write(
            f"INSERT INTO {_INSERTED.into} VALUES ({_INSERTED.values})"  # noqa: S608 - ours
            " ON CONFLICT DO NOTHING",
            (
                code.digest,
                code.pool_id,
                code.version,
                to_milliseconds(code.expires_at),
                self._sealed(code),
            ),
            VersionConflict(),
        )

    def save(self, code: AuthorizationCode) -> Write:
        """Write a changed code over the version it was made from: so each is exchanged once."""
        return Write(
            "UPDATE authorization_codes SET version = $1, sealed = $2"
            " WHERE digest = $3 AND version = $4",
            (code.version + 1, self._sealed(code), code.digest, code.version),
            VersionConflict(),
        )

    def _sealed(self, code: AuthorizationCode) -> bytes:
        return self._sealer.seal(_encode(code), Context.AUTHORIZATION_CODE, code.digest.hex())


def drop(digest: bytes) -> Write:
    """Drop an expired code."""
    return Write("DELETE FROM authorization_codes WHERE digest = $1", (digest,))
