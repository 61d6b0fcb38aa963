"""One-time codes and the counts of attempts. A code is kept as a keyed hash only."""

from datetime import datetime
from typing import Final

from poolhouse.entities.codes import Action, AttemptCount, Code, Holder, Purpose
from poolhouse.entities.users import User
from poolhouse.store.interface import Database, InsertColumns, Row, VersionConflict, Write
from poolhouse.store.timestamps import from_milliseconds, to_milliseconds

INSERTED: Final = InsertColumns.of(
    "codes",
    *("sub", "pool_id", "purpose", "digest", "attribute", "pending", "created_at", "expires_at"),
)

_PUT: Final = (
    f"INSERT INTO {INSERTED.into} VALUES ({INSERTED.values})"  # noqa: S608 - ours
    " ON CONFLICT (sub, pool_id, purpose) DO UPDATE SET digest = excluded.digest,"
    " attribute = excluded.attribute, pending = excluded.pending,"
    " created_at = excluded.created_at, expires_at = excluded.expires_at"
)


class Codes:
    """Reads of codes and attempts, each by its primary key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, user: User, purpose: Purpose) -> Code | None:
        rows = await self._database.fetch(
            "SELECT digest, attribute, pending, created_at, expires_at FROM codes"
            " WHERE sub = $1 AND pool_id = $2 AND purpose = $3",
            user.sub,
            user.pool_id,
            purpose.value,
        )
        if not rows:
            return None
        digest, attribute, pending, created_at, expires_at = rows[0]
        return Code(
            sub=user.sub,
            pool_id=user.pool_id,
            purpose=purpose,
            digest=digest,
            attribute=attribute,
            pending=pending,
            created_at=from_milliseconds(created_at),
            expires_at=from_milliseconds(expires_at),
        )

    async def is_pretended(self, holder: Holder, purpose: Purpose, since: datetime) -> bool:
        """Return whether a code for a user who isn't there was pretended after this moment."""
        rows = await self._database.fetch(
            "SELECT since FROM attempts WHERE sub = $1 AND pool_id = $2 AND action = $3",
            holder.sub,
            holder.pool_id,
            _pretended("code", purpose),
        )
        return bool(rows) and from_milliseconds(rows[0][0]) > since

    async def attempts(self, holder: Holder, action: Action) -> AttemptCount | None:
        rows = await self._database.fetch(
            "SELECT since, tries, version FROM attempts"
            " WHERE sub = $1 AND pool_id = $2 AND action = $3",
            holder.sub,
            holder.pool_id,
            action.value,
        )
        return attempts_of(holder, action, rows[0]) if rows else None

    async def past_attempts(self, before: int, limit: int) -> list[tuple[str, str, str, int]]:
        """Return counts to delete, whose window began before a moment (in milliseconds)."""
        rows = await self._database.fetch(
            "SELECT sub, pool_id, action, version FROM attempts WHERE since < $1"
            " ORDER BY since LIMIT $2",
            before,
            limit,
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]


def attempts_of(holder: Holder, action: Action, row: Row) -> AttemptCount:
    """Return the count in a row of `since, tries, version`."""
    since, count, version = row
    return AttemptCount(
        sub=holder.sub,
        pool_id=holder.pool_id,
        action=action,
        since=from_milliseconds(since),
        count=count,
        version=version,
    )


def delete_past_attempts(counted: tuple[str, str, str, int]) -> Write:
    """Delete a count, unless it has changed since it was read."""
    return Write(
        "DELETE FROM attempts WHERE sub = $1 AND pool_id = $2 AND action = $3 AND version = $4",
        counted,
    )


def reset_attempts(attempts: AttemptCount) -> Write:
    """Reset the count after a success.

    Raises `VersionConflict` if another failure was counted meanwhile.
    """
    return Write(
        "DELETE FROM attempts WHERE sub = $1 AND pool_id = $2 AND action = $3 AND version = $4",
        (attempts.sub, attempts.pool_id, attempts.action.value, attempts.version),
        VersionConflict(),
    )


def hold(attempts: AttemptCount) -> Write:
    """Leave a count as it is; `VersionConflict` if it has changed since it was read.

    The row is written all the same, so that of two commits that hold one count the second fails.
    """
    return Write(
        "UPDATE attempts SET version = $1"
        " WHERE sub = $2 AND pool_id = $3 AND action = $4 AND version = $5",
        (
            attempts.version + 1,
            attempts.sub,
            attempts.pool_id,
            attempts.action.value,
            attempts.version,
        ),
        VersionConflict(),
    )


def no_concurrent_failure_guard(holder: Holder, action: Action, now: datetime) -> Write:
    """Succeed only while no failure is counted; `VersionConflict` otherwise.

    An absent count gets a row: only a row makes a concurrent failure wait for this commit, and this
    commit for that one. Several successes at once don't hinder each other.
    """
    return Write(
        "INSERT INTO attempts (since, tries, version, sub, pool_id, action)"
        " VALUES ($1, 0, 1, $2, $3, $4) ON CONFLICT (sub, pool_id, action)"
        " DO UPDATE SET since = attempts.since WHERE attempts.tries = 0",
        (to_milliseconds(now), holder.sub, holder.pool_id, action.value),
        VersionConflict(),
    )


def save(code: Code) -> Write:
    """Store a code; it replaces an older one of the same purpose."""
    return Write(
        _PUT,
        (
            code.sub,
            code.pool_id,
            code.purpose.value,
            code.digest,
            code.attribute,
            code.pending,
            to_milliseconds(code.created_at),
            to_milliseconds(code.expires_at),
        ),
    )


def pretend(code: Code, what: str) -> Write:
    """Do the work of storing a code for a decoy user; no code comes of it.

    The row is stored among the counts of attempts, with which garbage collection deletes it. `what`
    distinguishes several that are written at once.
    """
    return Write(
        "INSERT INTO attempts (since, tries, version, sub, pool_id, action)"
        " VALUES ($1, 0, 1, $2, $3, $4) ON CONFLICT (sub, pool_id, action)"
        " DO UPDATE SET since = excluded.since",
        (
            to_milliseconds(code.created_at),
            code.sub,
            code.pool_id,
            _pretended(what, code.purpose),
        ),
    )


def _pretended(what: str, purpose: Purpose) -> str:
    return f"decoy {what}/{purpose.value}"


def use(code: Code) -> Write:
    """Use a code up; `VersionConflict` if it was used or replaced meanwhile."""
    return Write(
        "DELETE FROM codes WHERE sub = $1 AND pool_id = $2 AND purpose = $3 AND digest = $4",
        (code.sub, code.pool_id, code.purpose.value, code.digest),
        VersionConflict(),
    )


def drop(user: User, purpose: Purpose) -> Write:
    """Delete the user's code for this purpose, if there is one."""
    return Write(
        "DELETE FROM codes WHERE sub = $1 AND pool_id = $2 AND purpose = $3",
        (user.sub, user.pool_id, purpose.value),
    )


def count(attempts: AttemptCount) -> Write:
    """Store a count that was made from the version it carries."""
    values = (to_milliseconds(attempts.since), attempts.count, attempts.version + 1)
    of = (attempts.sub, attempts.pool_id, attempts.action.value)
    if attempts.version == 0:
        return Write(
            "INSERT INTO attempts (since, tries, version, sub, pool_id, action)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            (*values, *of),
            VersionConflict(),
        )
    return Write(
        "UPDATE attempts SET since = $1, tries = $2, version = $3"
        " WHERE sub = $4 AND pool_id = $5 AND action = $6 AND version = $7",
        (*values, *of, attempts.version),
        VersionConflict(),
    )
