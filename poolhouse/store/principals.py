"""Administrators and their access keys; secrets and session tokens are sealed."""

import msgspec

from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.store.contract import Database, Row, Sealer, Stale, Taken, Write

_decode = msgspec.json.Decoder(Principal).decode
_decode_key = msgspec.json.Decoder(AccessKey).decode
_decode_secrets = msgspec.msgpack.Decoder(tuple[str, str | None]).decode


class Principals:
    """Reads of principals and keys. `signed_in` is on the path of every administrative call."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._decoded: dict[str, tuple[int, int, AccessKey, Principal]] = {}

    async def of_key(self, key_id: str) -> tuple[AccessKey, Principal] | None:
        """A key with its principal, in one read.

        Both are kept decoded while their rows have the same versions; the same two objects come
        back then, so callers may hang what they derive from them on their identity.
        """
        rows = await self._database.fetch(
            "SELECT k.version, p.version, k.body, k.sealed, p.body FROM access_keys k"
            " JOIN principals p ON p.arn = k.principal_arn WHERE k.id = $1",
            key_id,
        )
        if not rows:
            self._decoded.pop(key_id, None)
            return None
        row = rows[0]
        known = self._decoded.get(key_id)
        if known is None or known[0] != row[0] or known[1] != row[1]:
            principal = msgspec.structs.replace(_decode(row[4]), version=row[1])
            known = (row[0], row[1], self._key((row[0], row[2], row[3])), principal)
            self._decoded[key_id] = known
        return known[2], known[3]

    async def find(self, arn: str) -> Principal | None:
        rows = await self._database.fetch(
            "SELECT version, body FROM principals WHERE arn = $1", arn
        )
        return msgspec.structs.replace(_decode(rows[0][1]), version=rows[0][0]) if rows else None

    async def all_keys(self) -> list[AccessKey]:
        rows = await self._database.fetch(
            "SELECT version, body, sealed FROM access_keys ORDER BY id"
        )
        return [self._key(row) for row in rows]

    def add_key(self, key: AccessKey) -> Write:
        return Write(
            "INSERT INTO access_keys (id, principal_arn, version, body, sealed)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            (key.id, key.principal_arn, key.version, *self._kept(key)),
            Taken("access key"),
        )

    def save_key(self, key: AccessKey) -> Write:
        return Write(
            "UPDATE access_keys SET version = $1, body = $2, sealed = $3"
            " WHERE id = $4 AND version = $5",
            (key.version + 1, *self._kept(key), key.id, key.version),
            Stale(),
        )

    def _kept(self, key: AccessKey) -> tuple[str, bytes]:
        """The body without what is secret, and that sealed."""
        body = msgspec.json.encode(msgspec.structs.replace(key, secret="", session_token=None))
        secrets = msgspec.msgpack.encode((key.secret, key.session_token))
        return body.decode(), self._sealer.seal(secrets, _seal_context(key.id))

    def _key(self, row: Row) -> AccessKey:
        key = _decode_key(row[1])
        plain = self._sealer.unseal(row[2], _seal_context(key.id))
        secret, session_token = _decode_secrets(plain)
        return msgspec.structs.replace(
            key, version=row[0], secret=secret, session_token=session_token
        )


def add(principal: Principal) -> Write:
    return Write(
        "INSERT INTO principals (arn, version, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        (principal.arn, principal.version, msgspec.json.encode(principal).decode()),
        Taken("principal"),
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
        Stale(),
    )


def delete_key(key_id: str) -> Write:
    return Write("DELETE FROM access_keys WHERE id = $1", (key_id,), Stale())


def _seal_context(key_id: str) -> str:
    return f"access_keys/{key_id}"
