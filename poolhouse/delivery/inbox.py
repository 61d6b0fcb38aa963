"""The inbox of development: everything can be read, and nothing leaves the machine unasked."""

import asyncio
from typing import Final

import structlog

from poolhouse.delivery.contract import Sender, SendFailure
from poolhouse.entities.messages import Message

LIMIT_SECONDS: Final = 5.0
"""Maximum time for handing a message on; it reaches the inbox only afterwards."""

_log = structlog.get_logger()


class Inbox:
    """Takes emails and text messages alike; the outbox moves them into the inbox itself."""

    keeps: Final = True

    async def send(self, message: Message) -> None:
        """Do nothing: there is nowhere to send to."""


class InboxBesideSender:
    """Stores messages in the inbox and sends them too, as configured.

    One that can't be sent is in the inbox anyway, and isn't retried.
    """

    keeps: Final = True

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def send(self, message: Message) -> None:
        """Send the message on. Doesn't raise SendFailure: the log has the reason."""
        reason = ""
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await self._sender.send(message)
        except SendFailure as failure:
            reason = failure.reason
        except TimeoutError:
            reason = "timed out"
        if reason:
            _log.warning(
                "message is in the inbox only",
                id=message.id,
                channel=message.channel,
                reason=reason,
            )
