"""The inbox of development: nothing leaves the house, everything can be read."""

from typing import Final

from poolhouse.entities.messages import Message


class Inbox:
    """Takes emails and text messages alike; the outbox moves them into the inbox itself."""

    keeps: Final = True

    async def send(self, message: Message) -> None:
        """There is nowhere to send to."""
