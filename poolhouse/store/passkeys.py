"""Passkeys, and the challenges of those that are being registered. Nothing of them is secret."""

from typing import Final

import msgspec

from poolhouse.entities.passkeys import Passkey, Registration
from poolhouse.entities.users import User
from poolhouse.store import users
from poolhouse.store.interface import (
    Database,
    InsertColumns,
    Page,
    Row,
    UniqueViolation,
    VersionConflict,
    Write,
)
from poolhouse.store.timestamps import to_milliseconds

INSERTED: Final = InsertColumns.of("passkeys", "sub", "pool_id", "id", "version", "body")

_ADD: Final = (
    f"INSERT INTO {INSERTED.into} SELECT {INSERTED.values}"  # noqa: S608 - ours
    " WHERE EXISTS (SELECT 1 FROM users WHERE sub = $1 AND pool_id = $2)"
    " ON CONFLICT DO NOTHING"
)


TAKEN: Final = "passkey"
"""The kind of `UniqueViolation` if another user of the pool has a passkey of this id."""

_decode = msgspec.json.Decoder(Passkey).decode
_decode_registration = msgspec.json.Decoder(Registration).decode
_encode = msgspec.json.Encoder().encode


class Passkeys:
    """Reads of passkeys, each by its primary key or the beginning of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, user: User, after: str | None, limit: int) -> Page[Passkey]:
        """Return up to `limit` of a user's passkeys, in the order of their ids."""
        rows = await self._database.fetch(
            "SELECT id, version, body FROM passkeys"
            " WHERE sub = $1 AND pool_id = $2 AND id > $3 ORDER BY id LIMIT $4",
            user.sub,
            user.pool_id,
            after or "",
            limit + 1,
        )
        passkeys = tuple(_passkey(row) for row in rows[:limit])
        return Page(passkeys, passkeys[-1].id if len(rows) > limit and passkeys else None)

    async def find(self, user: User, passkey_id: str) -> Passkey | None:
        rows = await self._database.fetch(
            "SELECT id, version, body FROM passkeys WHERE sub = $1 AND pool_id = $2 AND id = $3",
            user.sub,
            user.pool_id,
            passkey_id,
        )
        return _passkey(rows[0]) if rows else None

    async def names_of_pool(self, pool_id: str, limit: int) -> list[str]:
        """Return up to `limit` keys of names that a pool's passkeys have, in their order."""
        rows = await self._database.fetch(
            "SELECT key FROM names WHERE key > $1 AND key < $2 ORDER BY key LIMIT $3",
            *_names_of(pool_id),
            limit,
        )
        return [str(row[0]) for row in rows]

    async def registration(self, user: User) -> Registration | None:
        """Return the registration under way, or one that has come to nothing."""
        rows = await self._database.fetch(
            "SELECT body FROM passkey_challenges WHERE sub = $1 AND pool_id = $2",
            user.sub,
            user.pool_id,
        )
        return _decode_registration(rows[0][0]) if rows else None

    async def past_registrations(self, before: int, limit: int) -> list[Registration]:
        """Return incomplete registrations that ended before a moment (in milliseconds).

        Garbage collection deletes them.
        """
        rows = await self._database.fetch(
            "SELECT body FROM passkey_challenges WHERE expires_at < $1"
            " ORDER BY expires_at LIMIT $2",
            before,
            limit,
        )
        return [_decode_registration(row[0]) for row in rows]


def begin(registration: Registration) -> Write:
    """Begin a registration, which replaces another.

    Raises `VersionConflict` if its user is gone by then.
    """
    return Write(
        "INSERT INTO passkey_challenges (sub, pool_id, body, expires_at) SELECT $1, $2, $3, $4"
        " WHERE EXISTS (SELECT 1 FROM users WHERE sub = $1 AND pool_id = $2)"
        " ON CONFLICT (sub, pool_id) DO UPDATE"
        " SET body = excluded.body, expires_at = excluded.expires_at",
        (
            *(registration.sub, registration.pool_id),
            *(_encode(registration).decode(), to_milliseconds(registration.expires_at)),
        ),
        VersionConflict(),
    )


def finish(registration: Registration) -> Write:
    """Use a registration up; `VersionConflict` if that was done, or another was begun."""
    return msgspec.structs.replace(delete_registration(registration), otherwise=VersionConflict())


def delete_registration(registration: Registration) -> Write:
    """Delete a registration; a later one stays."""
    return Write(
        "DELETE FROM passkey_challenges WHERE sub = $1 AND pool_id = $2 AND body = $3",
        (registration.sub, registration.pool_id, _encode(registration).decode()),
    )


def add(passkey: Passkey) -> Write:
    """Insert a passkey.

    Raises `VersionConflict` if its user has it by then, or is gone. Its id is claimed beside
    it, in the same commit.
    """
    return Write(
        _ADD,
        (passkey.sub, passkey.pool_id, passkey.id, passkey.version, _encode(passkey).decode()),
        VersionConflict(),
    )


def name_of(passkey: Passkey) -> str:
    """Return the key in the names table by which a passkey's id is unique in its pool."""
    return f"{passkey.pool_id}/passkey/{passkey.id}"


def claim(passkey: Passkey) -> Write:
    """Claim the id of a new passkey; `UniqueViolation` if another user of the pool has it."""
    return Write(users.CLAIM, (name_of(passkey), passkey.sub), UniqueViolation(TAKEN, passkey.id))


def release(passkey: Passkey) -> Write:
    """Release the id; nothing happens if another user has it."""
    return Write("DELETE FROM names WHERE key = $1 AND sub = $2", (name_of(passkey), passkey.sub))


def drop_names(pool_id: str, through: str) -> Write:
    """Drop the names of a deleted pool's passkeys, as far as this one."""
    return Write("DELETE FROM names WHERE key > $1 AND key <= $2", (_names_of(pool_id)[0], through))


def _names_of(pool_id: str) -> tuple[str, str]:
    """Return what comes before all names of a pool's passkeys, and what behind them."""
    return f"{pool_id}/passkey/", f"{pool_id}/passkey0"


def save(passkey: Passkey) -> Write:
    """Write a changed passkey over the version it was made from."""
    return Write(
        "UPDATE passkeys SET version = $1, body = $2"
        " WHERE sub = $3 AND pool_id = $4 AND id = $5 AND version = $6",
        (
            *(passkey.version + 1, _encode(passkey).decode()),
            *(passkey.sub, passkey.pool_id, passkey.id, passkey.version),
        ),
        VersionConflict(),
    )


def drop(passkey: Passkey) -> Write:
    """Drop a passkey; `VersionConflict` if it is gone by then."""
    return Write(
        "DELETE FROM passkeys WHERE sub = $1 AND pool_id = $2 AND id = $3",
        (passkey.sub, passkey.pool_id, passkey.id),
        VersionConflict(),
    )


def _passkey(row: Row) -> Passkey:
    return msgspec.structs.replace(_decode(row[2]), version=row[1])
