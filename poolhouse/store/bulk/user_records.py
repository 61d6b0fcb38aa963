"""Users with all that belongs to them: many read at once, each as of one moment, or added.

Signing in changes an app's last step, a device's last use and a passkey's count without a change of
the user, so nothing in a user's row tells whether the belongings that were read go together. One
statement does: both engines show it the store of one moment, and a sharded one still shows each
user of one moment, whose rows all live on one shard.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final

import msgspec
from msgspec.structs import replace

from poolhouse.crypto.contexts import Context
from poolhouse.entities.codes import Code, Purpose
from poolhouse.entities.devices import Device
from poolhouse.entities.passkeys import Passkey
from poolhouse.entities.pools import Pool
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.entities.users import NameKind, PasswordCredential, User
from poolhouse.rules.users.usernames import names_of
from poolhouse.store import codes, devices, passkeys, users
from poolhouse.store.devices import Devices
from poolhouse.store.interface import Database, Inserts, Row, Sealer, UniqueViolation, Write
from poolhouse.store.timestamps import from_milliseconds
from poolhouse.store.users import COLUMNS, Users, user_of

_pack = msgspec.msgpack.Encoder().encode
_unpack_password = msgspec.msgpack.Decoder(PasswordCredential).decode
_unpack_token = msgspec.msgpack.Decoder(SoftwareToken).decode
_unpack_device = msgspec.msgpack.Decoder(Device).decode
_decode_passkey = msgspec.json.Decoder(Passkey).decode

_READ: Final[dict[str, tuple[str, ...]]] = {
    "users": tuple(COLUMNS.split(", ")),
    "credentials": ("sub", "version", "sealed"),
    "codes": ("sub", "purpose", "digest", "attribute", "pending", "created_at", "expires_at"),
    "memberships": ("sub", "group_id"),
    "software_tokens": ("sub", "version", "sealed"),
    "devices": ("sub", "key", "version", "sealed"),
    "passkeys": ("sub", "id", "version", "body"),
}
"""Columns of each table; one statement has every name, empty where it isn't a column."""

_NAMES: Final = tuple(dict.fromkeys(name for columns in _READ.values() for name in columns))
_BINARY: Final = frozenset({"sealed", "digest"})
_NUMBERS: Final = frozenset(
    {"version", "enabled", "created_at", "modified_at", "signed_out_at", "expires_at"}
)
_OWN: Final = {
    table: itemgetter(*(1 + _NAMES.index(name) for name in columns))
    for table, columns in _READ.items()
}

Belonging = PasswordCredential | Code | SoftwareToken | Device | Passkey
Rows = Mapping[str, Mapping[str, Sequence[Row]]]
"""Rows by table and sub."""


class UserRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A user with what belongs to them and lasts.

    Counts of attempts, registrations of passkeys and sign-ins under way are soon past; sessions
    are the server's that began them (docs/transfer.md).
    """

    user: User
    password: PasswordCredential | None = None
    codes: tuple[Code, ...] = ()
    group_ids: tuple[str, ...] = ()
    software_token: SoftwareToken | None = None
    devices: tuple[Device, ...] = ()
    passkeys: tuple[Passkey, ...] = ()

    def belongings(self) -> list[Belonging]:
        """Return all that says itself whose it is."""
        found: list[Belonging | None] = [self.password, self.software_token]
        found += [*self.codes, *self.devices, *self.passkeys]
        return [each for each in found if each is not None]


class WholeUsers:
    """Reads of some users at once, each row by the beginning of its primary key; adding some."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._users = Users(database, sealer)
        self._devices = Devices(database, sealer)

    async def of(self, pool_id: str, subs: Sequence[str]) -> dict[str, UserRecord]:
        """Return those of these users who are there, by sub."""
        if not subs:
            return {}
        rows: dict[str, dict[str, list[Row]]] = {table: {} for table in _READ}
        for row in await self._database.fetch(_statement(len(subs)), pool_id, *subs):
            rows[row[0]].setdefault(row[1], []).append(_OWN[row[0]](row))
        return {sub: self._whole(user_of(row), rows) for sub, [row] in rows["users"].items()}

    def _whole(self, user: User, rows: Rows) -> UserRecord:
        password = self._password(user, rows["credentials"].get(user.sub, ()))
        token = self._software_token(user, rows["software_tokens"].get(user.sub, ()))
        return UserRecord(
            user=user,
            password=password,
            codes=tuple(_code(user, row) for row in _sorted(rows["codes"], user)),
            group_ids=tuple(group_id for _, group_id in _sorted(rows["memberships"], user)),
            software_token=token,
            devices=tuple(self._device(user, row) for row in _sorted(rows["devices"], user)),
            passkeys=tuple(_passkey(row) for row in _sorted(rows["passkeys"], user)),
        )

    def _password(self, user: User, rows: Sequence[Row]) -> PasswordCredential | None:
        for _, version, sealed in rows:
            plain = self._sealer.unseal(sealed, Context.PASSWORD, user.pool_id, user.sub)
            return replace(_unpack_password(plain), version=version)
        return None

    def _software_token(self, user: User, rows: Sequence[Row]) -> SoftwareToken | None:
        for _, version, sealed in rows:
            plain = self._sealer.unseal(sealed, Context.SOFTWARE_TOKEN, user.pool_id, user.sub)
            return replace(_unpack_token(plain), version=version)
        return None

    def _device(self, user: User, row: Row) -> Device:
        _, key, version, sealed = row
        plain = self._sealer.unseal(sealed, Context.DEVICE, user.pool_id, user.sub, key)
        return replace(_unpack_device(plain), version=version)

    def add(self, pool: Pool, some: Sequence[UserRecord]) -> list[Inserts]:
        """Insert users, their names and all that is theirs, a table at a time.

        A write that asks for its user, or takes the place of another, can't serve here.
        """
        passwords = (whole.password for whole in some)
        tokens = (whole.software_token for whole in some)
        return [
            *_together(users.add(whole.user) for whole in some),
            *_claims(pool, some),
            *_together(self._users.add_password(each) for each in passwords if each is not None),
            *_together(_add_code(code) for whole in some for code in whole.codes),
            *_together(
                _join(whole.user, group_id) for whole in some for group_id in whole.group_ids
            ),
            *_together(self._add_software_token(each) for each in tokens if each is not None),
            *_together(self._add_device(device) for whole in some for device in whole.devices),
            *_together(_add_passkey(passkey) for whole in some for passkey in whole.passkeys),
            *_together(passkeys.claim(passkey) for whole in some for passkey in whole.passkeys),
        ]

    def _add_software_token(self, token: SoftwareToken) -> Write:
        owner = (token.pool_id, token.sub)
        sealed = self._sealer.seal(_pack(token), Context.SOFTWARE_TOKEN, *owner)
        return Write(
            "INSERT INTO software_tokens (sub, pool_id, version, sealed) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING",
            (token.sub, token.pool_id, token.version, sealed),
            UniqueViolation("software token"),
        )

    def _add_device(self, device: Device) -> Write:
        """Insert a device without a condition on its user, whom the same commit inserts."""
        return Write(
            f"INSERT INTO {devices.INSERTED.into} VALUES ({devices.INSERTED.values})"  # noqa: S608
            " ON CONFLICT DO NOTHING",
            self._devices.add(device).parameters,
            UniqueViolation("device", device.key),
        )


def _together(writes: Iterable[Write]) -> Iterator[Inserts]:
    """Join writes of the same statement into one, if there are any."""
    some = list(writes)
    if some:
        statement, otherwise = some[0].statement, some[0].otherwise
        assert otherwise is not None
        yield Inserts(statement, [write.parameters for write in some], otherwise)


def _claims(pool: Pool, some: Iterable[UserRecord]) -> Iterator[Inserts]:
    """Claim all names of the users, a kind at a time: `UniqueViolation` names the kind."""
    rows: dict[NameKind, list[tuple[str, str]]] = {kind: [] for kind in NameKind}
    for whole in some:
        for name in names_of(pool, whole.user):
            rows[name.kind].append((name.key, whole.user.sub))
    for kind, claims in rows.items():
        if claims:
            yield Inserts(users.CLAIM, claims, UniqueViolation(kind.value))


def _add_code(code: Code) -> Write:
    """Insert a password; a new user has none to replace."""
    return Write(
        f"INSERT INTO {codes.INSERTED.into} VALUES ({codes.INSERTED.values})"  # noqa: S608 - ours
        " ON CONFLICT DO NOTHING",
        codes.save(code).parameters,
        UniqueViolation("code"),
    )


def _join(user: User, group_id: str) -> Write:
    """Insert a membership without changing the user's version: the pool is still hidden."""
    return Write(
        "INSERT INTO memberships (sub, pool_id, group_id) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        (user.sub, user.pool_id, group_id),
        UniqueViolation("membership"),
    )


def _add_passkey(passkey: Passkey) -> Write:
    """Insert a passkey without a condition on its user, whom the same commit inserts."""
    return Write(
        f"INSERT INTO {passkeys.INSERTED.into} VALUES ({passkeys.INSERTED.values})"  # noqa: S608
        " ON CONFLICT DO NOTHING",
        passkeys.add(passkey).parameters,
        UniqueViolation("passkey", passkey.id),
    )


def _sorted(rows: Mapping[str, Sequence[Row]], user: User) -> Sequence[Row]:
    """Return a user's rows of one table, in the order of its primary key."""
    return sorted(rows.get(user.sub, ()), key=itemgetter(1))


@lru_cache(maxsize=64)
def _statement(subs: int) -> str:
    """Return the statement that reads all rows of so many users.

    Each row has its table's name, and then a column for every name.
    """
    numbers = ", ".join(f"${n}" for n in range(2, subs + 2))
    return " UNION ALL ".join(
        f"SELECT '{table}' AS of_table, {', '.join(_columns(names))} FROM {table}"  # noqa: S608 - ours
        f" WHERE pool_id = $1 AND sub IN ({numbers})"
        for table, names in _READ.items()
    )


def _columns(own: Sequence[str]) -> Iterable[str]:
    return (name if name in own else f"CAST(NULL AS {_type(name)})" for name in _NAMES)


def _type(name: str) -> str:
    if name in _BINARY:
        return "BYTEA"
    return "BIGINT" if name in _NUMBERS else "TEXT"


def _code(user: User, row: Row) -> Code:
    _, purpose, digest, attribute, pending, created_at, expires_at = row
    return Code(
        sub=user.sub,
        pool_id=user.pool_id,
        purpose=Purpose(purpose),
        digest=bytes(digest),
        attribute=attribute,
        pending=pending,
        created_at=from_milliseconds(created_at),
        expires_at=from_milliseconds(expires_at),
    )


def _passkey(row: Row) -> Passkey:
    _, _, version, body = row
    return replace(_decode_passkey(body), version=version)
