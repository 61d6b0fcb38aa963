"""The outbox as the delivery uses it (`delivery.contract.Outbox`)."""

from datetime import datetime, timedelta
from typing import Final

from poolhouse.entities.messages import Message
from poolhouse.store.interface import VersionConflict
from poolhouse.store.messages import sent
from poolhouse.store.store import Store
from poolhouse.store.timestamps import from_milliseconds, to_milliseconds

FARTHEST: Final = timedelta(hours=2)
"""No pause, claim or hold is as long. What is due still later was written before the clock was set
back, and is sent now instead of then."""


class Outbox:
    """The messages that wait in a store. Every method may raise `Unavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def due(self, now: datetime, limit: int) -> list[tuple[Message, int]]:
        """Return the messages to send now, longest due first, each with its version."""
        beyond = to_milliseconds(now + FARTHEST)
        return await self._store.messages.due(to_milliseconds(now), limit, beyond)

    async def next_due(self) -> datetime | None:
        """Return when the next message is due; None if the outbox is empty."""
        milliseconds = await self._store.messages.next_due()
        return None if milliseconds is None else from_milliseconds(milliseconds)

    async def postpone(self, message: Message, version: int) -> bool:
        """Make the message due at its `due_at`; False if it is no longer of that version."""
        try:
            await self._store.commit(self._store.messages.postpone(message, version))
        except VersionConflict:
            return False
        return True

    async def finish(self, message: Message, *, keep: bool) -> None:
        """Delete the message; with `keep`, put it into the inbox in the same commit."""
        received = [self._store.messages.receive(message)] if keep else []
        await self._store.commit(*received, sent(message))
