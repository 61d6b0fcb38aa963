"""A pool with all that belongs to it: how it leaves one store and arrives in another.

A pool that arrives is hidden until it is complete: its id is taken, nothing finds it, and the
sweeper leaves it alone.
"""

import enum
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from poolhouse.entities.clients import Client
from poolhouse.entities.codes import Code, Purpose
from poolhouse.entities.groups import Group
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import PoolKey
from poolhouse.entities.users import PasswordCredential, User
from poolhouse.rules.usernames import names_of
from poolhouse.store import codes, groups, users
from poolhouse.store.clients import Clients
from poolhouse.store.contract import Database, Page, Row, Sealer, Stale, Taken, Write
from poolhouse.store.pools import Pools
from poolhouse.store.times import from_milliseconds
from poolhouse.store.users import COLUMNS, Users, password_context, user_of

_decode_pool = msgspec.json.Decoder(Pool).decode
_encode = msgspec.json.Encoder().encode
_decode_password = msgspec.msgpack.Decoder(PasswordCredential).decode


class Presence(enum.IntEnum):
    """Whether a pool can be found, as the column `deleted` says it."""

    THERE = 0
    DELETED = 1
    ARRIVING = 2


_ARRIVING: Final = Presence.ARRIVING.value


class WholeUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user with everything that belongs to them but counts of attempts, which are soon past."""

    user: User
    password: PasswordCredential | None = None
    codes: tuple[Code, ...] = ()
    group_ids: tuple[str, ...] = ()


class WholePools:
    """Reads of many users at once, each an index lookup a user or a bounded page."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._users = Users(database, sealer)

    async def presence(self, pool_id: str) -> tuple[Presence, Pool] | None:
        """A pool, even one that nothing else finds."""
        rows = await self._database.fetch(
            "SELECT deleted, version, body FROM pools WHERE id = $1", pool_id
        )
        if not rows:
            return None
        deleted, version, body = rows[0]
        return Presence(deleted), msgspec.structs.replace(_decode_pool(body), version=version)

    async def page(self, pool_id: str, after: str | None, limit: int) -> Page[WholeUser]:
        """Up to `limit` users in the order of their subs; fewer where some were just deleted."""
        page = await self._users.page(pool_id, None, after, limit)
        whole = await self._settled(pool_id, page.items)
        return Page(tuple(whole[sub] for sub in sorted(whole)), page.next)

    async def users(self, pool_id: str, subs: Sequence[str]) -> dict[str, WholeUser]:
        """Those of these users who are there, by sub."""
        return await self._settled(pool_id, await self._by_sub(pool_id, subs))

    async def _settled(self, pool_id: str, found: Sequence[User]) -> dict[str, WholeUser]:
        """The users with belongings of the same moment.

        Whatever changes a password or a membership counts as a change of its user, so whoever has
        changed while the belongings were read is read again.
        """
        settled: dict[str, WholeUser] = {}
        while found:
            subs = [user.sub for user in found]
            passwords = await self._passwords(pool_id, subs)
            outstanding = await self._codes(pool_id, subs)
            group_ids = await self._group_ids(pool_id, subs)
            now = await self._by_sub(pool_id, subs)
            before = {user.sub: user for user in found}
            for user in now:
                if user == before[user.sub]:
                    settled[user.sub] = WholeUser(
                        user=user,
                        password=passwords.get(user.sub),
                        codes=tuple(outstanding.get(user.sub, ())),
                        group_ids=tuple(group_ids.get(user.sub, ())),
                    )
            found = [user for user in now if user.sub not in settled]
        return settled

    async def _by_sub(self, pool_id: str, subs: Sequence[str]) -> list[User]:
        return [user_of(row) for row in await self._of(COLUMNS, "users", pool_id, subs)]

    async def _passwords(self, pool_id: str, subs: Sequence[str]) -> dict[str, PasswordCredential]:
        rows = await self._of("sub, version, sealed", "credentials", pool_id, subs)
        return {sub: self._password(pool_id, sub, version, it) for sub, version, it in rows}

    def _password(self, pool_id: str, sub: str, version: int, sealed: bytes) -> PasswordCredential:
        plain = self._sealer.unseal(sealed, password_context(pool_id, sub))
        return msgspec.structs.replace(_decode_password(plain), version=version)

    async def _codes(self, pool_id: str, subs: Sequence[str]) -> dict[str, list[Code]]:
        found: dict[str, list[Code]] = {}
        columns = "sub, purpose, digest, attribute, pending, created_at, expires_at"
        for row in sorted(await self._of(columns, "codes", pool_id, subs), key=_two):
            found.setdefault(row[0], []).append(_code(pool_id, row))
        return found

    async def _group_ids(self, pool_id: str, subs: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        rows = await self._of("sub, group_id", "memberships", pool_id, subs)
        for sub, group_id in sorted(rows, key=_two):
            found.setdefault(sub, []).append(group_id)
        return found

    async def _of(
        self, columns: str, table: str, pool_id: str, subs: Sequence[str]
    ) -> Sequence[Row]:
        if not subs:
            return ()
        return await self._database.fetch(_select(columns, table, len(subs)), pool_id, *subs)


def reserve(pool: Pool) -> Write:
    """Take the id for a pool that arrives; `Taken` if it has come to be somebody else's."""
    return Write(
        f"INSERT INTO pools (id, version, deleted, body) VALUES ($1, $2, {_ARRIVING}, $3)"  # noqa: S608
        " ON CONFLICT DO NOTHING",
        (pool.id, pool.version, _encode(pool).decode()),
        Taken("pool"),
    )


def still_arriving(pool_id: str) -> Write:
    """Stand last among what arrives; `Stale` if the pool was given up meanwhile.

    Last, because on PostgreSQL commits side by side wait here for each other.
    """
    return Write(
        f"UPDATE pools SET deleted = {_ARRIVING} WHERE id = $1 AND deleted = {_ARRIVING}",  # noqa: S608
        (pool_id,),
        Stale(),
    )


def admit(pool_id: str) -> Write:
    """Show the pool, now that all of it is there."""
    return Write(
        f"UPDATE pools SET deleted = 0 WHERE id = $1 AND deleted = {_ARRIVING}",  # noqa: S608
        (pool_id,),
        Stale(),
        configures=True,
    )


def give_up(pool_id: str) -> Write:
    """Leave what has arrived of the pool to the sweeper, as if it had been deleted."""
    return Write(
        f"UPDATE pools SET deleted = 1 WHERE id = $1 AND deleted = {_ARRIVING}",  # noqa: S608
        (pool_id,),
        Stale(),
    )


def add_key(key: PoolKey, pools: Pools) -> Write:
    """Insert a signing key of a pool that is still hidden; `Taken` if there is one of its id."""
    write = pools.add_key(key)
    return msgspec.structs.replace(
        write,
        statement=f"{write.statement} ON CONFLICT DO NOTHING",
        otherwise=Taken("signing key", key.kid),
    )


def add_client(client: Client, clients: Clients) -> Write:
    """Insert a client of a pool that is still hidden; `Taken` if any pool has one of its id."""
    return Write(
        "INSERT INTO clients (id, pool_id, version, body, secrets) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        clients.add(client).parameters,
        Taken("client", client.id),
        configures=True,
    )


def add_group(group: Group) -> Write:
    """Insert a group of a pool that is still hidden."""
    return Write(
        "INSERT INTO groups (pool_id, key, id, version, body) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        groups.add(group).parameters,
        Taken("group", group.name),
    )


def add_user(
    pool: Pool, whole: WholeUser, group_of: Mapping[str, Group], passwords: Users
) -> list[Write]:
    """Insert a user, their names and all that is theirs. The groups are there already."""
    user = whole.user
    writes = [users.add(user), *(users.claim(name, user.sub) for name in names_of(pool, user))]
    if whole.password is not None:
        writes.append(passwords.add_password(whole.password))
    writes += map(codes.put, whole.codes)
    for group_id in whole.group_ids:
        # The other write counts a change of a user who is there, as this one isn't yet.
        _, membership = groups.join(user, group_of[group_id])
        writes.append(membership)
    return writes


@lru_cache(maxsize=64)
def _select(columns: str, table: str, subs: int) -> str:
    numbers = ", ".join(f"${n}" for n in range(2, subs + 2))
    return f"SELECT {columns} FROM {table} WHERE pool_id = $1 AND sub IN ({numbers})"  # noqa: S608


def _two(row: Row) -> tuple[Any, Any]:
    return row[0], row[1]


def _code(pool_id: str, row: Row) -> Code:
    sub, purpose, digest, attribute, pending, created_at, expires_at = row
    return Code(
        sub=sub,
        pool_id=pool_id,
        purpose=Purpose(purpose),
        digest=bytes(digest),
        attribute=attribute,
        pending=pending,
        created_at=from_milliseconds(created_at),
        expires_at=from_milliseconds(expires_at),
    )
