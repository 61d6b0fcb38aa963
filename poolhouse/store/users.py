"""Users, their names and their passwords' verifiers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.codes import Action, AttemptCount
from poolhouse.entities.mfa import NO_MFA, MfaSettings
from poolhouse.entities.users import (
    ListedUser,
    NameKind,
    PasswordCredential,
    User,
    UserName,
    UserStatus,
)
from poolhouse.rules.users.user_filter import UserFilter
from poolhouse.store.codes import attempts_of
from poolhouse.store.interface import (
    Database,
    Page,
    Row,
    Sealer,
    UniqueViolation,
    VersionConflict,
    Write,
)
from poolhouse.store.timestamps import from_milliseconds, to_milliseconds
from poolhouse.store.user_search import SEARCHED, Search, folded, search_for

COLUMNS = (
    "sub, pool_id, username, status, enabled, created_at, modified_at, version, attributes,"
    " signed_out_at, mfa"
)
LISTED = "sub, username, status, enabled, attributes, created_at, modified_at, mfa"
"""The columns of what lists show."""

BELONGINGS = (
    *("credentials", "codes", "attempts", "memberships", "sessions", "spent"),
    "browser_sessions",
    *("software_tokens", "recovery_codes", "devices", "passkeys", "passkey_challenges"),
)
"""Tables of what is kept under a user's sub."""

_decode_attributes = msgspec.json.Decoder(dict[str, str]).decode
_decode_mfa = msgspec.json.Decoder(MfaSettings).decode
_encode = msgspec.json.Encoder().encode
CLAIM = "INSERT INTO names (key, sub) VALUES ($1, $2) ON CONFLICT DO NOTHING"
"""The statement that claims a free name, of any kind."""

_STATUSES = {status.value: status for status in UserStatus}

_BY_SUB = f"SELECT {COLUMNS} FROM users WHERE sub = $1 AND pool_id = $2"  # noqa: S608 - ours
_BY_NAME = (
    f"SELECT {COLUMNS} FROM users"  # noqa: S608 - ours
    " WHERE sub = (SELECT sub FROM names WHERE key = $1)"
    " AND pool_id = $2"
)


_PASSWORD_WITH_FAILURES = (
    "SELECT version, sealed, CAST(NULL AS BIGINT) AS since, CAST(NULL AS BIGINT) AS tries"  # noqa: S608
    " FROM credentials WHERE sub = $1 AND pool_id = $2"
    " UNION ALL SELECT version, CAST(NULL AS BYTEA), since, tries FROM attempts"
    f" WHERE sub = $1 AND pool_id = $2 AND action = '{Action.PASSWORD.value}'"
)


_BY_SUB_OR_NAME = (
    f"SELECT {COLUMNS} FROM users"  # noqa: S608 - ours
    " WHERE sub IN ($1, (SELECT sub FROM names WHERE key = $2))"
    " AND pool_id = $3"
)


_BY_EITHER_NAME = (
    f"SELECT {COLUMNS} FROM users"  # noqa: S608 - ours
    " WHERE sub IN ((SELECT sub FROM names WHERE key = $1), (SELECT sub FROM names WHERE key = $2))"
    " AND pool_id = $3"
)


class Users:
    """Reads of users. Every one is an index lookup or a bounded page."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def by_sub(self, pool_id: str, sub: str) -> User | None:
        rows = await self._database.fetch(_BY_SUB, sub, pool_id)
        return user_of(rows[0]) if rows else None

    async def by_name(self, name: UserName) -> User | None:
        """Follow a name to its user.

        On a sharded engine the two rows may be of different moments: the caller checks that the
        user still bears the name (`rules.users.usernames.has_name`).
        """
        rows = await self._database.fetch(_BY_NAME, name.key, name.pool_id)
        return user_of(rows[0]) if rows else None

    async def by_sub_or_name(self, sub: str, name: UserName) -> User | None:
        """Return the user with this sub, else the one that the name leads to, in one read.

        The caller checks a user of another sub like one of `by_name`.
        """
        rows = await self._database.fetch(_BY_SUB_OR_NAME, sub, name.key, name.pool_id)
        users = sorted(map(user_of, rows), key=lambda user: user.sub != sub)
        return users[0] if users else None

    async def by_either_name(self, first: UserName, second: UserName) -> list[User]:
        """Return the users that two names of a pool lead to, in one read.

        The caller checks which of the names they bear.
        """
        rows = await self._database.fetch(_BY_EITHER_NAME, first.key, second.key, first.pool_id)
        return [user_of(row) for row in rows]

    async def holder(self, name: UserName) -> str | None:
        """Return the sub of the user who has this name."""
        rows = await self._database.fetch("SELECT sub FROM names WHERE key = $1", name.key)
        return str(rows[0][0]) if rows else None

    async def password(self, user: User) -> PasswordCredential | None:
        rows = await self._database.fetch(
            "SELECT version, sealed FROM credentials WHERE sub = $1 AND pool_id = $2",
            user.sub,
            user.pool_id,
        )
        return self._password(user, *rows[0]) if rows else None

    async def password_with_failures(
        self, user: User
    ) -> tuple[PasswordCredential | None, AttemptCount | None]:
        """Return a user's password and the failures to give it, in one read."""
        credential = failures = None
        for row in await self._database.fetch(_PASSWORD_WITH_FAILURES, user.sub, user.pool_id):
            version, sealed, since, tries = row
            if sealed is None:
                failures = attempts_of(user, Action.PASSWORD, (since, tries, version))
            else:
                credential = self._password(user, version, sealed)
        return credential, failures

    def _password(self, user: User, version: int, sealed: bytes) -> PasswordCredential:
        plain = self._sealer.unseal(sealed, Context.PASSWORD, user.pool_id, user.sub)
        credential = msgspec.msgpack.decode(plain, type=PasswordCredential)
        return msgspec.structs.replace(credential, version=version)

    async def count(self, pool_id: str, most: int) -> int:
        """Return how many users the pool has, counting no further than `most`."""
        rows = await self._database.fetch(
            # As a page is read (`user_search`), or other pools' users may be read with them.
            "SELECT count(*) FROM (SELECT 1 FROM users WHERE pool_id >= $1 AND pool_id <= $1"
            " ORDER BY pool_id, sub LIMIT $2) AS counted",
            pool_id,
            most,
        )
        return int(rows[0][0])

    async def page(self, pool_id: str, after: str | None, limit: int) -> Page[User]:
        """Return up to `limit` of a pool's users, in the order of their subs."""
        rows = await self._rows(COLUMNS, pool_id, Search(), after, limit + 1)
        users = tuple(map(user_of, rows[:limit]))
        return Page(users, users[-1].sub if len(rows) > limit else None)

    async def listed(
        self, pool_id: str, wanted: UserFilter | None, after: str | None, limit: int
    ) -> Page[ListedUser]:
        """Return up to `limit` users as lists show them, in the order of the filter's index."""
        search = search_for(wanted)
        rows = await self._rows(LISTED, pool_id, search, after, limit + 1)
        users = tuple(map(listed_of, rows[:limit]))
        return Page(users, search.position(users[-1]) if len(rows) > limit else None)

    async def _rows(
        self, columns: str, pool_id: str, search: Search, after: str | None, limit: int
    ) -> Sequence[Row]:
        where, parameters = search.condition(pool_id, after)
        return await self._database.fetch(
            f"SELECT {columns} FROM users WHERE {where} LIMIT ${len(parameters) + 1}",  # noqa: S608
            *parameters,
            limit,
        )

    def add_password(self, credential: PasswordCredential) -> Write:
        return Write(
            "INSERT INTO credentials (sub, pool_id, version, sealed) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING",
            (credential.sub, credential.pool_id, credential.version, self._seal(credential)),
            VersionConflict(),
        )

    def replace_password(
        self, credential: PasswordCredential, was: PasswordCredential | None
    ) -> Write:
        """Replace the password that was read, or none."""
        if was is None:
            return self.add_password(credential)
        return Write(
            "UPDATE credentials SET version = $1, sealed = $2"
            " WHERE sub = $3 AND pool_id = $4 AND version = $5",
            (
                was.version + 1,
                self._seal(credential),
                credential.sub,
                credential.pool_id,
                was.version,
            ),
            VersionConflict(),
        )

    def _seal(self, credential: PasswordCredential) -> bytes:
        owner = (credential.pool_id, credential.sub)
        return self._sealer.seal(msgspec.msgpack.encode(credential), Context.PASSWORD, *owner)


def add(user: User) -> Write:
    """Insert a new user. Its names are claimed beside it, in the same commit."""
    found = tuple(folded(user, attribute) for attribute in SEARCHED)
    return Write(
        _INSERT,
        (
            user.sub,
            user.pool_id,
            user.username,
            user.status.value,
            int(user.enabled),
            to_milliseconds(user.created_at),
            to_milliseconds(user.modified_at),
            user.version,
            _encode(user.attributes).decode(),
            user.signed_out_at and to_milliseconds(user.signed_out_at),
            _mfa(user),
            *found,
        ),
        UniqueViolation("sub"),
    )


def save(user: User, was: User) -> Write:
    """Write what changed since `was` was read; `VersionConflict` if another call changed the row.

    Only changed columns are named, so that a confirmation doesn't touch the indexes of the
    attributes.
    """
    changed: dict[str, Any] = {
        "modified_at": to_milliseconds(user.modified_at),
        "version": was.version + 1,
    }
    if user.status is not was.status:
        changed["status"] = user.status.value
    if user.enabled != was.enabled:
        changed["enabled"] = int(user.enabled)
    if user.signed_out_at != was.signed_out_at:
        changed["signed_out_at"] = user.signed_out_at and to_milliseconds(user.signed_out_at)
    if user.mfa != was.mfa:
        changed["mfa"] = _mfa(user)
    if user.attributes != was.attributes:
        changed["attributes"] = _encode(user.attributes).decode()
        for attribute in SEARCHED:
            if (found := folded(user, attribute)) != folded(was, attribute):
                changed[f"find_{attribute}"] = found
    return Write(
        _update(tuple(changed)),
        (*changed.values(), user.sub, user.pool_id, was.version),
        VersionConflict(),
    )


def bump_version(user: User) -> Write:
    """Return a write that a change of what belongs to the user needs beside it.

    Raises `VersionConflict` if the user is gone by then.

    It counts as a change of the user, so that a concurrent deletion of the user reads again. Of
    two that come at once, neither hinders the other.
    """
    return Write(
        "UPDATE users SET version = version + 1 WHERE sub = $1 AND pool_id = $2",
        (user.sub, user.pool_id),
        VersionConflict(),
    )


def delete(user: User) -> tuple[Write, ...]:
    """Remove a user with everything that is kept under the user's sub."""
    own = (user.sub, user.pool_id)
    return (
        Write(
            "DELETE FROM users WHERE sub = $1 AND pool_id = $2 AND version = $3",
            (*own, user.version),
            VersionConflict(),
        ),
        *(
            Write(f"DELETE FROM {table} WHERE sub = $1 AND pool_id = $2", own)  # noqa: S608 - ours
            for table in BELONGINGS
        ),
    )


def claim(name: UserName, sub: str, kind: NameKind | None = None) -> Write:
    """Claim a free name.

    Raises `UniqueViolation` naming the kind if another user has it, or the one given here.
    """
    return Write(
        CLAIM,
        (name.key, sub),
        UniqueViolation((kind or name.kind).value),
    )


def move(name: UserName, holder: str, sub: str) -> Write:
    """Move a name from its holder to another user."""
    return Write(
        "UPDATE names SET sub = $1 WHERE key = $2 AND sub = $3",
        (sub, name.key, holder),
        VersionConflict(),
    )


def release(name: UserName, sub: str) -> Write:
    """Release a name; nothing happens if the user no longer has it."""
    return Write("DELETE FROM names WHERE key = $1 AND sub = $2", (name.key, sub))


_INSERT = (
    f"INSERT INTO users ({COLUMNS}, {', '.join(f'find_{a}' for a in SEARCHED)})"  # noqa: S608
    f" VALUES ({', '.join(f'${n}' for n in range(1, 12 + len(SEARCHED)))}) ON CONFLICT DO NOTHING"
)


@lru_cache(maxsize=256)
def _update(columns: tuple[str, ...]) -> str:
    assignments = ", ".join(f"{column} = ${n}" for n, column in enumerate(columns, 1))
    n = len(columns)
    return (
        f"UPDATE users SET {assignments}"  # noqa: S608 - the names are ours
        f" WHERE sub = ${n + 1} AND pool_id = ${n + 2} AND version = ${n + 3}"
    )


def user_of(row: Row) -> User:
    """Return the user in a row of `COLUMNS`."""
    return User(
        sub=row[0],
        pool_id=row[1],
        username=row[2],
        status=_STATUSES[row[3]],
        enabled=bool(row[4]),
        created_at=from_milliseconds(row[5]),
        modified_at=from_milliseconds(row[6]),
        version=row[7],
        attributes=_decode_attributes(row[8]),
        signed_out_at=None if row[9] is None else from_milliseconds(row[9]),
        mfa=NO_MFA if row[10] is None else _decode_mfa(row[10]),
    )


def listed_of(row: Row) -> ListedUser:
    """Return what lists show, from a row of `LISTED`."""
    sub, username, status, enabled, attributes, created_at, modified_at, mfa = row
    return ListedUser(
        sub,
        username,
        _STATUSES[status],
        enabled == 1,
        _decode_attributes(attributes),
        created_at / 1000,
        modified_at / 1000,
        NO_MFA if mfa is None else _decode_mfa(mfa),
    )


def _mfa(user: User) -> str | None:
    """Return the column: NULL for the many users without a second factor."""
    return None if user.mfa == NO_MFA else _encode(user.mfa).decode()
