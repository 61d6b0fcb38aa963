"""The outbox, committed with the state that its messages are about, and the inbox of dev mode."""

from typing import Final

import msgspec

from poolhouse.crypto.contexts import Context
from poolhouse.entities.messages import Message
from poolhouse.store.interface import Database, Sealer, VersionConflict, Write
from poolhouse.store.timestamps import to_milliseconds

_NEVER: Final = (1 << 63) - 1

_decode = msgspec.msgpack.Decoder(Message).decode


_RECEIVED: Final = {
    (False, False): "ORDER BY id",
    # As a range: `user_search` says why.
    (True, False): "WHERE pool_id >= $1 AND pool_id <= $1 ORDER BY pool_id DESC, id",
    (False, True): "WHERE username = $1 ORDER BY id",
    (True, True): "WHERE pool_id = $1 AND username = $2 ORDER BY id",
}
"""The inbox's queries, by whether a pool and a user are named."""


class Messages:
    """Messages hold codes and addresses, so they are sealed wherever they are kept."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def due(
        self, now_milliseconds: int, limit: int, beyond: int = _NEVER
    ) -> list[tuple[Message, int]]:
        """Return the messages to send now, longest due first, each with its row's version.

        Those that are due later than `beyond` (in milliseconds) come after them. It is two ends of
        one index, as an OR would read all that waits between.
        """
        due, beyond_all = (
            f"SELECT * FROM (SELECT id, version, sealed FROM outbox WHERE {condition}"  # noqa: S608 - ours
            " ORDER BY due_at, id LIMIT $2) AS found"
            for condition in ("due_at <= $1", "due_at > $3")
        )
        rows = await self._database.fetch(
            f"{due} UNION ALL {beyond_all}", now_milliseconds, limit, beyond
        )
        return [(self._message(row[2], Context.OUTBOX, row[0]), row[1]) for row in rows[:limit]]

    async def next_due(self) -> int | None:
        """Return when the next message is due, in milliseconds since 1970."""
        rows = await self._database.fetch("SELECT min(due_at) FROM outbox")
        return None if rows[0][0] is None else int(rows[0][0])

    async def received(
        self, pool_id: str | None, username: str | None, limit: int
    ) -> list[Message]:
        """Return what the inbox holds, newest first."""
        given = [each for each in (pool_id, username) if each is not None]
        if any("\0" in each for each in given):
            return []  # PostgreSQL refuses such a text, and no stored name has one
        which = _RECEIVED[pool_id is not None, username is not None]
        rows = await self._database.fetch(
            f"SELECT id, sealed FROM inbox {which} DESC LIMIT ${len(given) + 1}",  # noqa: S608 - ours
            *given,
            limit,
        )
        return [self._message(row[1], Context.INBOX, row[0]) for row in rows]

    def put(self, message: Message) -> Write:
        """Queue a message; it goes out after the commit."""
        return Write(
            "INSERT INTO outbox (id, due_at, version, sealed) VALUES ($1, $2, 1, $3)",
            (
                message.id,
                to_milliseconds(message.due_at),
                self._seal(message, Context.OUTBOX),
            ),
        )

    def postpone(self, message: Message, version: int) -> Write:
        """Claim a message for a try, or put it off after one: due again at its `due_at`."""
        return Write(
            "UPDATE outbox SET due_at = $1, version = $2, sealed = $3"
            " WHERE id = $4 AND version = $5",
            (
                to_milliseconds(message.due_at),
                version + 1,
                self._seal(message, Context.OUTBOX),
                message.id,
                version,
            ),
            VersionConflict(),
        )

    def receive(self, message: Message) -> Write:
        """Store a message in the inbox; storing it again changes nothing."""
        return Write(
            "INSERT INTO inbox (id, pool_id, username, sealed) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING",
            (
                message.id,
                message.pool_id,
                message.username,
                self._seal(message, Context.INBOX),
            ),
        )

    def _message(self, sealed: bytes, context: Context, message_id: str) -> Message:
        return _decode(self._sealer.unseal(sealed, context, message_id))

    def _seal(self, message: Message, context: Context) -> bytes:
        return self._sealer.seal(msgspec.msgpack.encode(message), context, message.id)


def sent(message: Message) -> Write:
    """Delete a message that was sent."""
    return Write("DELETE FROM outbox WHERE id = $1", (message.id,))
