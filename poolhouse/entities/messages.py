"""A message to a user: what waits in the outbox and what the inbox shows."""

import enum
from datetime import datetime

import msgspec


class Channel(enum.StrEnum):
    EMAIL = "EMAIL"
    SMS = "SMS"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One email or text message, ready to send; `code` is the code or password inside it.

    `attempts` counts the tries that failed; `due_at` is when the next one is due.
    """

    id: str
    pool_id: str
    username: str
    channel: Channel
    destination: str
    trigger_source: str
    subject: str
    body: str
    code: str
    sender: str = ""
    reply_to: str = ""
    created_at: datetime
    due_at: datetime
    attempts: int = 0

    def __repr__(self) -> str:
        return f"Message(id={self.id!r}, channel={self.channel.value})"
