"""Groups and their members. A membership counts only while its group and its user are there."""

from datetime import datetime
from typing import Final

import msgspec

from poolhouse.entities.groups import Group
from poolhouse.entities.users import ListedUser, User
from poolhouse.store.interface import Database, InsertColumns, Page, Row, VersionConflict, Write
from poolhouse.store.timestamps import to_milliseconds
from poolhouse.store.users import LISTED, bump_version, listed_of

_decode = msgspec.json.Decoder(Group).decode
_encode = msgspec.json.Encoder().encode

_OF_USER = (
    "SELECT groups.version, groups.body FROM memberships"
    " JOIN groups ON groups.id = memberships.group_id"
    " WHERE memberships.sub = $1 AND memberships.pool_id = $2"
)
# The page is cut before users are looked up, or a planner may walk through all users to find it;
# and the group is a range, or it may walk through all memberships (`user_search.Search`).
_MEMBERS = (
    f"SELECT {LISTED} FROM"  # noqa: S608 - ours
    " (SELECT group_id, sub, pool_id FROM memberships"
    " WHERE (group_id, sub) > ($1, $2) AND group_id <= $1 ORDER BY group_id, sub LIMIT $3)"
    " AS page LEFT JOIN users USING (sub, pool_id) ORDER BY group_id, sub"
)

INSERTED: Final = InsertColumns.of("groups", "pool_id", "key", "id", "version", "body")

_ADD: Final = (
    f"INSERT INTO {INSERTED.into} SELECT {INSERTED.values}"  # noqa: S608 - ours
    " WHERE EXISTS (SELECT 1 FROM pools WHERE id = $1 AND deleted = 0)"
    " ON CONFLICT DO NOTHING"
)

_USERNAME = 1
"""Position of the username in a row; empty if the user has just been deleted."""


class Groups:
    """Reads of groups and memberships. Every one is an index lookup or bounded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, pool_id: str, key: str) -> Group | None:
        rows = await self._database.fetch(
            "SELECT version, body FROM groups WHERE pool_id = $1 AND key = $2", pool_id, key
        )
        return _group(rows[0]) if rows else None

    async def count(self, pool_id: str, most: int) -> int:
        """Return how many groups the pool has, counting no further than `most`."""
        rows = await self._database.fetch(
            "SELECT count(*) FROM"
            " (SELECT 1 FROM groups WHERE pool_id = $1 ORDER BY key LIMIT $2) AS counted",
            pool_id,
            most,
        )
        return int(rows[0][0])

    async def page(self, pool_id: str, after: str | None, limit: int) -> Page[Group]:
        """Return up to `limit` of a pool's groups, in the order of their keys."""
        rows = await self._database.fetch(
            "SELECT version, body FROM groups WHERE pool_id = $1 AND key > $2"
            " ORDER BY key LIMIT $3",
            pool_id,
            after or "",
            limit + 1,
        )
        groups = tuple(_group(row) for row in rows[:limit])
        return Page(groups, groups[-1].key if len(rows) > limit else None)

    async def of_user(self, user: User) -> list[Group]:
        """Return all groups of a user, in no order; a rule keeps their number small."""
        return [_group(row) for row in await self._database.fetch(_OF_USER, user.sub, user.pool_id)]

    async def members(self, group: Group, after: str | None, limit: int) -> Page[ListedUser]:
        """Return up to `limit` of a group's users, in the order of their subs."""
        rows = await self._database.fetch(_MEMBERS, group.id, after or "", limit + 1)
        users = tuple(listed_of(row) for row in rows[:limit] if row[_USERNAME] is not None)
        return Page(users, rows[limit - 1][0] if len(rows) > limit else None)

    async def deleted(self, before: int, limit: int) -> list[str]:
        """Return the ids of groups deleted before a time, which may have left memberships."""
        rows = await self._database.fetch(
            "SELECT id FROM deleted_groups WHERE deleted_at < $1 LIMIT $2", before, limit
        )
        return [str(row[0]) for row in rows]

    async def former_members(self, group_id: str, limit: int) -> list[str]:
        """Return the subs of the first memberships that a deleted group has left."""
        rows = await self._database.fetch(
            "SELECT sub FROM memberships WHERE group_id >= $1 AND group_id <= $1"
            " ORDER BY group_id, sub LIMIT $2",
            group_id,
            limit,
        )
        return [str(row[0]) for row in rows]


def add(group: Group) -> Write:
    """Insert a group. `VersionConflict` if its pool is gone or its name was taken by then."""
    return Write(
        _ADD,
        (group.pool_id, group.key, group.id, group.version, _encode(group).decode()),
        VersionConflict(),
    )


def save(group: Group) -> Write:
    """Write a changed group over the version it was made from."""
    return Write(
        "UPDATE groups SET version = $1, body = $2 WHERE id = $3 AND version = $4",
        (group.version + 1, _encode(group).decode(), group.id, group.version),
        VersionConflict(),
    )


def delete(group: Group, now: datetime) -> tuple[Write, ...]:
    """Make a group unknown, its name free and its memberships void.

    Garbage collection deletes them.
    """
    return (
        Write("DELETE FROM groups WHERE id = $1", (group.id,), VersionConflict()),
        Write(
            "INSERT INTO deleted_groups (id, deleted_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            (group.id, to_milliseconds(now)),
        ),
    )


def join(user: User, group: Group) -> tuple[Write, ...]:
    """Make the user a member; `VersionConflict` if the user or the group is gone by then."""
    return (
        bump_version(user),
        Write(
            "INSERT INTO memberships (sub, pool_id, group_id) SELECT $1, $2, $3"
            " WHERE EXISTS (SELECT 1 FROM groups WHERE id = $3) ON CONFLICT DO NOTHING",
            (user.sub, user.pool_id, group.id),
            VersionConflict(),
        ),
    )


def leave(user: User, group: Group) -> Write:
    """End a membership; nothing happens if there is none."""
    return Write(
        "DELETE FROM memberships WHERE sub = $1 AND pool_id = $2 AND group_id = $3",
        (user.sub, user.pool_id, group.id),
    )


def drop_members(group_id: str, through: str) -> Write:
    """Drop the memberships that a deleted group has left, up to this sub."""
    return Write("DELETE FROM memberships WHERE group_id = $1 AND sub <= $2", (group_id, through))


def purge(group_id: str) -> Write:
    """Delete the last row of a deleted group, once it has no memberships left."""
    return Write("DELETE FROM deleted_groups WHERE id = $1", (group_id,))


def drop_groups(pool_id: str, through: str) -> Write:
    """Drop a deleted pool's groups, up to this key. Its memberships go with its users."""
    return Write("DELETE FROM groups WHERE pool_id = $1 AND key <= $2", (pool_id, through))


def _group(row: Row) -> Group:
    return msgspec.structs.replace(_decode(row[1]), version=row[0])
