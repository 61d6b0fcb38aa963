"""Browser sessions: where users have signed in at a pool's domain."""

from typing import Final

import msgspec

from poolhouse.entities.authorization import BrowserSession
from poolhouse.entities.users import User
from poolhouse.store.interface import Database, Row, VersionConflict, Write
from poolhouse.store.timestamps import to_milliseconds

_decode = msgspec.json.Decoder(BrowserSession).decode
_encode = msgspec.json.Encoder().encode

_ADD: Final = (
    "INSERT INTO browser_sessions (sub, pool_id, id, version, expires_at, body)"
    " SELECT $1, $2, $3, $4, $5, $6"
    " WHERE EXISTS (SELECT 1 FROM users WHERE sub = $1 AND pool_id = $2)"
    " ON CONFLICT DO NOTHING"
)


class BrowserSessions:
    """Reads of browser sessions, each by its primary key or the beginning of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, pool_id: str, sub: str, session_id: str) -> BrowserSession | None:
        rows = await self._database.fetch(
            "SELECT version, body FROM browser_sessions"
            " WHERE sub = $1 AND pool_id = $2 AND id = $3",
            sub,
            pool_id,
            session_id,
        )
        return _session(rows[0]) if rows else None

    async def of_user(self, user: User, limit: int) -> list[BrowserSession]:
        """Return up to `limit` of a user's sessions, by their ids; also those that have ended."""
        rows = await self._database.fetch(
            "SELECT version, body FROM browser_sessions WHERE sub = $1 AND pool_id = $2"
            " ORDER BY id LIMIT $3",
            user.sub,
            user.pool_id,
            limit,
        )
        return [_session(row) for row in rows]

    async def past(self, before: int, limit: int) -> list[tuple[str, str, str]]:
        """Return keys of sessions that ended before a moment in milliseconds."""
        rows = await self._database.fetch(
            "SELECT sub, pool_id, id FROM browser_sessions WHERE expires_at < $1"
            " ORDER BY expires_at LIMIT $2",
            before,
            limit,
        )
        return [(row[0], row[1], row[2]) for row in rows]


def add(session: BrowserSession) -> Write:
    """Insert a session; `VersionConflict` if its user is gone by then."""
    return Write(
        _ADD,
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


def save(session: BrowserSession) -> Write:
    """Write a changed session over the version it was made from."""
    return Write(
        "UPDATE browser_sessions SET version = $1, expires_at = $2, body = $3"
        " WHERE sub = $4 AND pool_id = $5 AND id = $6 AND version = $7",
        (
            session.version + 1,
            to_milliseconds(session.expires_at),
            _encode(session).decode(),
            session.sub,
            session.pool_id,
            session.id,
            session.version,
        ),
        VersionConflict(),
    )


def drop(key: tuple[str, str, str]) -> Write:
    """Drop a session by sub, pool and id."""
    return Write("DELETE FROM browser_sessions WHERE sub = $1 AND pool_id = $2 AND id = $3", key)


def _session(row: Row) -> BrowserSession:
    return msgspec.structs.replace(_decode(row[1]), version=row[0])
