"""Confirmed devices. Each is kept sealed, because of its verifier."""

from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.devices import Device
from poolhouse.entities.users import User
from poolhouse.store.interface import (
    Database,
    InsertColumns,
    Page,
    Row,
    Sealer,
    VersionConflict,
    Write,
)

_decode = msgspec.msgpack.Decoder(Device).decode
_encode = msgspec.msgpack.Encoder().encode

_OF_USER = (
    "SELECT key, version, sealed FROM devices"
    " WHERE sub = $1 AND pool_id = $2 AND key > $3 AND remembered >= $4 ORDER BY key LIMIT $5"
)

INSERTED: Final = InsertColumns.of(
    "devices", "sub", "pool_id", "key", "version", "remembered", "sealed"
)

_ADD: Final = (
    f"INSERT INTO {INSERTED.into} SELECT {INSERTED.values}"  # noqa: S608 - ours
    " WHERE EXISTS (SELECT 1 FROM users WHERE sub = $1 AND pool_id = $2)"
    " ON CONFLICT DO NOTHING"
)


class Devices:
    """Reads of devices, each by its primary key or the beginning of it; and their writes."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def find(self, user: User, key: str) -> Device | None:
        rows = await self._database.fetch(
            "SELECT key, version, sealed FROM devices WHERE sub = $1 AND pool_id = $2 AND key = $3",
            user.sub,
            user.pool_id,
            key,
        )
        return self._device(user, rows[0]) if rows else None

    async def page(
        self, user: User, after: str | None, limit: int, *, only_remembered: bool
    ) -> Page[Device]:
        """Return up to `limit` of a user's devices, in the order of their keys."""
        rows = await self._database.fetch(
            _OF_USER, user.sub, user.pool_id, after or "", int(only_remembered), limit + 1
        )
        devices = tuple(self._device(user, row) for row in rows[:limit])
        return Page(devices, devices[-1].key if len(rows) > limit else None)

    async def sign_in_waiting_for(self, user: User, key: str) -> str | None:
        """Return the Session that `await_device` has kept with the device."""
        rows = await self._database.fetch(
            "SELECT sign_in FROM devices WHERE sub = $1 AND pool_id = $2 AND key = $3",
            user.sub,
            user.pool_id,
            key,
        )
        return rows[0][0] if rows else None

    def add(self, device: Device) -> Write:
        """Insert a device; `VersionConflict` if it was added by then, or its user is gone."""
        return Write(
            _ADD,
            (
                *(device.sub, device.pool_id, device.key, device.version),
                *(int(device.remembered), self._seal(device)),
            ),
            VersionConflict(),
        )

    def save(self, device: Device) -> Write:
        """Write a changed device over the version it was made from."""
        return Write(
            "UPDATE devices SET version = $1, remembered = $2, sealed = $3"
            " WHERE sub = $4 AND pool_id = $5 AND key = $6 AND version = $7",
            (
                *(device.version + 1, int(device.remembered), self._seal(device)),
                *(device.sub, device.pool_id, device.key, device.version),
            ),
            VersionConflict(),
        )

    def _seal(self, device: Device) -> bytes:
        owner = (device.pool_id, device.sub, device.key)
        return self._sealer.seal(_encode(device), Context.DEVICE, *owner)

    def _device(self, user: User, row: Row) -> Device:
        key, version, sealed = row
        plain = self._sealer.unseal(sealed, Context.DEVICE, user.pool_id, user.sub, key)
        return msgspec.structs.replace(_decode(plain), version=version)


def await_device(device: Device, session: str) -> Write:
    """Keep the Session of a sign-in with the device that it waits for, instead of another one."""
    return Write(
        "UPDATE devices SET sign_in = $1 WHERE sub = $2 AND pool_id = $3 AND key = $4",
        (session, device.sub, device.pool_id, device.key),
        VersionConflict(),
    )


def drop(device: Device) -> Write:
    """Drop a device; `VersionConflict` if it is gone by then."""
    return Write(
        "DELETE FROM devices WHERE sub = $1 AND pool_id = $2 AND key = $3",
        (device.sub, device.pool_id, device.key),
        VersionConflict(),
    )
