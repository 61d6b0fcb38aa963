"""Administrators and their access keys; secrets and session tokens are sealed."""

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.store.configuration import ConfigGeneration, GenerationCache
from poolhouse.store.interface import Database, Row, Sealer, UniqueViolation, VersionConflict, Write

_decode = msgspec.json.Decoder(Principal).decode
_decode_key = msgspec.json.Decoder(AccessKey).decode
_decode_secrets = msgspec.msgpack.Decoder(tuple[str, str | None]).decode


class Principals:
    """Reads of principals and keys. `of_key` is on the path of every administrative call."""

    def __init__(self, database: Database, sealer: Sealer, configuration: ConfigGeneration) -> None:
        self._database = database
        self._sealer = sealer
        self._cache: GenerationCache[tuple[AccessKey, Principal]] = configuration.new_cache()

    async def of_key(self, key_id: str) -> tuple[AccessKey, Principal] | None:
        """Return a key with its principal, in one read.

        While the configuration stands, the same two objects come back, so callers may hang what
        they derive from them on their identity.
        """
        if cached := self._cache.get(key_id):
            return cached
        read_at = self._cache.generation
        rows = await self._database.fetch(
            "SELECT k.version, k.body, k.sealed, p.version, p.body FROM access_keys k"
            " JOIN principals p ON p.arn = k.principal_arn WHERE k.id = $1",
            key_id,
        )
        if not rows:
            return None
        found = self._key(rows[0][:3]), _principal(rows[0][3:])
        return self._cache.keep(key_id, found, read_at)

    async def find(self, arn: str) -> Principal | None:
        rows = await self._database.fetch(
            "SELECT version, body FROM principals WHERE arn = $1", arn
        )
        return _principal(rows[0]) if rows else None

    async def all_keys(self) -> list[AccessKey]:
        rows = await self._database.fetch(
            "SELECT version, body, sealed FROM access_keys ORDER BY id"
        )
        return [self._key(row) for row in rows]

    def add_key(self, key: AccessKey) -> Write:
        return Write(
            "INSERT INTO access_keys (id, principal_arn, version, body, sealed)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            (key.id, key.principal_arn, key.version, *self._columns(key)),
            UniqueViolation("access key"),
            configures=True,
        )

    def save_key(self, key: AccessKey) -> Write:
        return Write(
            "UPDATE access_keys SET version = $1, body = $2, sealed = $3"
            " WHERE id = $4 AND version = $5",
            (key.version + 1, *self._columns(key), key.id, key.version),
            VersionConflict(),
            configures=True,
        )

    def _columns(self, key: AccessKey) -> tuple[str, bytes]:
        """Return the body without what is secret, and that sealed."""
        body = msgspec.json.encode(msgspec.structs.replace(key, secret="", session_token=None))
        secrets = msgspec.msgpack.encode((key.secret, key.session_token))
        return body.decode(), self._sealer.seal(secrets, Context.ACCESS_KEY, key.id)

    def _key(self, row: Row) -> AccessKey:
        key = _decode_key(row[1])
        plain = self._sealer.unseal(row[2], Context.ACCESS_KEY, key.id)
        secret, session_token = _decode_secrets(plain)
        return msgspec.structs.replace(
            key, version=row[0], secret=secret, session_token=session_token
        )


def _principal(row: Row) -> Principal:
    return msgspec.structs.replace(_decode(row[1]), version=row[0])


def add(principal: Principal) -> Write:
    return Write(
        "INSERT INTO principals (arn, version, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        (principal.arn, principal.version, msgspec.json.encode(principal).decode()),
        UniqueViolation("principal"),
        configures=True,
    )


def save(principal: Principal) -> Write:
    return Write(
        "UPDATE principals SET version = $1, body = $2 WHERE arn = $3 AND version = $4",
        (
            principal.version + 1,
            msgspec.json.encode(principal).decode(),
            principal.arn,
            principal.version,
        ),
        VersionConflict(),
        configures=True,
    )


def delete_key(key_id: str) -> Write:
    return Write(
        "DELETE FROM access_keys WHERE id = $1", (key_id,), VersionConflict(), configures=True
    )
