"""What the delivery stands on: an outbox, and a sender for each channel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from poolhouse.entities.messages import Message

ANSWER_LIMIT: Final = 65_536
"""Bytes of a response over HTTP that are read."""


class SendFailure(Exception):
    """A message could not be sent.

    `reason` goes to the log, so it holds no address and no part of the message. `refused`:
    this message was refused permanently; otherwise a retry may succeed.
    """

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused


class Sender(Protocol):
    """Sends messages of one channel."""

    @property
    def keeps(self) -> bool:
        """Return whether the inbox keeps what this sender sent."""

    async def send(self, message: Message) -> None:
        """Return when the receiving server has taken the message over.

        The caller limits the time by cancelling. Raises SendFailure; after one, or after any other
        exception, the message is sent again.
        """


class Outbox(Protocol):
    """The messages that wait, shared with every other worker."""

    async def due(self, now: datetime, limit: int) -> Sequence[tuple[Message, int]]:
        """Return the messages to send now, longest due first, each with its version."""

    async def next_due(self) -> datetime | None:
        """Return when the next message is due; None if the outbox is empty."""

    async def postpone(self, message: Message, version: int) -> bool:
        """Make the message due at its `due_at`, in the version after `version`.

        False if it has left that version: another worker has taken it.
        """

    async def finish(self, message: Message, *, keep: bool) -> None:
        """Delete the message; with `keep`, put it into the inbox in the same commit."""
