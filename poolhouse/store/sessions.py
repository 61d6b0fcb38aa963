"""Sessions of signed-in users, and what can be used only once on the way to one."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from poolhouse.entities.codes import Action
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User
from poolhouse.store.interface import Database, Row, UniqueViolation, VersionConflict, Write
from poolhouse.store.timestamps import to_milliseconds
from poolhouse.store.users import COLUMNS, user_of

_decode = msgspec.json.Decoder(TokenSession).decode
_encode = msgspec.json.Encoder().encode

USED = "session"
"""The kind that `UniqueViolation` names when something is used a second time."""


class Sessions:
    """Reads of sessions, each by its primary key or the beginning of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, pool_id: str, sub: str, session_id: str) -> TokenSession | None:
        rows = await self._database.fetch(
            "SELECT version, body FROM sessions WHERE sub = $1 AND pool_id = $2 AND id = $3",
            sub,
            pool_id,
            session_id,
        )
        return _session(rows[0]) if rows else None

    async def with_user(
        self, pool_id: str, sub: str, session_id: str
    ) -> tuple[User, TokenSession | None] | None:
        """Return a user and one of their sessions in one read: every use of a token needs both."""
        rows = await self._database.fetch(_WITH_USER, session_id, sub, pool_id)
        if not rows:
            return None
        version, body, *user = rows[0]
        return user_of(user), None if body is None else _session((version, body))

    async def of_user(self, user: User, limit: int) -> list[TokenSession]:
        """Return up to `limit` of a user's sessions, by their ids; also those that have ended."""
        rows = await self._database.fetch(
            "SELECT version, body FROM sessions WHERE sub = $1 AND pool_id = $2"
            " ORDER BY id LIMIT $3",
            user.sub,
            user.pool_id,
            limit,
        )
        return [_session(row) for row in rows]

    async def is_used(self, pool_id: str, sub: str, what: str) -> bool:
        rows = await self._database.fetch(
            "SELECT 1 FROM spent WHERE sub = $1 AND pool_id = $2 AND id = $3", sub, pool_id, what
        )
        return bool(rows)

    async def past(self, before: int, limit: int) -> list[tuple[str, str, str]]:
        """Return keys of sessions that ended before a moment in milliseconds, to delete them."""
        rows = await self._database.fetch(
            "SELECT sub, pool_id, id FROM sessions WHERE expires_at < $1"
            " ORDER BY expires_at LIMIT $2",
            before,
            limit,
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def past_used(self, before: int, limit: int) -> list[tuple[str, str, str]]:
        """Return the same of what was used up and couldn't be used again by now anyway."""
        rows = await self._database.fetch(
            "SELECT sub, pool_id, id FROM spent WHERE expires_at < $1 ORDER BY expires_at LIMIT $2",
            before,
            limit,
        )
        return [(row[0], row[1], row[2]) for row in rows]


_WITH_USER = (
    "SELECT sessions.version, sessions.body,"  # noqa: S608 - ours
    f" {', '.join(f'users.{column}' for column in COLUMNS.split(', '))} FROM users"
    " LEFT JOIN sessions ON sessions.sub = users.sub AND sessions.pool_id = users.pool_id"
    " AND sessions.id = $1"
    " WHERE users.sub = $2 AND users.pool_id = $3"
)
_ADD = (
    "INSERT INTO sessions (sub, pool_id, id, version, expires_at, body)"
    " SELECT $1, $2, $3, $4, $5, $6"
    " WHERE EXISTS (SELECT 1 FROM users WHERE sub = $1 AND pool_id = $2)"
)
_WHILE_UNFAILED = (
    f"{_ADD} AND NOT EXISTS (SELECT 1 FROM attempts WHERE sub = $1 AND pool_id = $2"  # noqa: S608
    f" AND action = '{Action.PASSWORD.value}' AND tries > 0) ON CONFLICT DO NOTHING"
)
_ALWAYS = f"{_ADD} ON CONFLICT DO NOTHING"


def add(session: TokenSession, *, while_unfailed: bool = False) -> Write:
    """Insert a session; `VersionConflict` if its user is gone by then.

    `while_unfailed`: also if a wrong password was counted meanwhile. Of many guesses at once the
    right one must not get in because it was compared before the others were counted. It spares
    the row of a count (`codes.no_concurrent_failure_guard`). On PostgreSQL a success whose
    statement overlaps the commit of the very first failure counts as coming before it.
    """
    return Write(
        _WHILE_UNFAILED if while_unfailed else _ALWAYS,
        (
            session.sub,
            session.pool_id,
            session.id,
            session.version,
            to_milliseconds(session.expires_at),
            _encode(session).decode(),
        ),
        VersionConflict(),
    )


def save(session: TokenSession) -> Write:
    """Write a changed session over the version it was made from. Its end doesn't change."""
    return Write(
        "UPDATE sessions SET version = $1, body = $2"
        " WHERE sub = $3 AND pool_id = $4 AND id = $5 AND version = $6",
        (
            session.version + 1,
            _encode(session).decode(),
            session.sub,
            session.pool_id,
            session.id,
            session.version,
        ),
        VersionConflict(),
    )


def note(session: TokenSession) -> Write:
    """Return a write that does nothing if another call has changed the session."""
    return replace(save(session), otherwise=None)


def drop(key: tuple[str, str, str]) -> Write:
    """Drop a session by sub, pool and id; nothing happens if there is none."""
    return Write("DELETE FROM sessions WHERE sub = $1 AND pool_id = $2 AND id = $3", key)


def drop_all(ended: Sequence[TokenSession]) -> Write:
    """Drop sessions of one user, at least one.

    Raises `VersionConflict` if none of them is there any more.
    """
    of = (ended[0].sub, ended[0].pool_id)
    places = ", ".join(f"${n}" for n in range(3, 3 + len(ended)))
    return Write(
        f"DELETE FROM sessions WHERE sub = $1 AND pool_id = $2 AND id IN ({places})",  # noqa: S608
        (*of, *(session.id for session in ended)),
        VersionConflict(),
    )


def mark_used(pool_id: str, sub: str, what: str, until: datetime) -> Write:
    """Use something up; `UniqueViolation` if it was used before. Until then it is remembered."""
    return Write(
        "INSERT INTO spent (sub, pool_id, id, expires_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING",
        (sub, pool_id, what, to_milliseconds(until)),
        UniqueViolation(USED),
    )


def delete_used(key: tuple[str, str, str]) -> Write:
    return Write("DELETE FROM spent WHERE sub = $1 AND pool_id = $2 AND id = $3", key)


def _session(row: Row) -> TokenSession:
    return replace(_decode(row[1]), version=row[0])
