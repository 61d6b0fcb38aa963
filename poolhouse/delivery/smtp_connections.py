"""Connections to the mail server that stay open from one mail to the next.

A new one costs a server more than the mail does: a handshake, a greeting and a login, each of which
the mail waits for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import aiosmtplib

IDLE_SECONDS: Final = 5.0
"""Seconds that a connection waits for a mail: less than servers and firewalls allow."""

MOST_IDLE: Final = 16
"""Maximum idle connections: as many as the delivery uses at once."""

MOST_MAILS: Final = 100
"""Mails of one connection. Some relays count them, and a new connection finds the server's new
address.
"""

_QUIT_SECONDS: Final = 1.0


class Connection:
    """A client that is connected; `mails` were sent on it."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.mails = 0


class SmtpConnections:
    """The open connections of one sender. Each carries one mail at a time.

    `connect` opens one, up to where a mail may begin. A sender returns it with `keep`
    after a mail that was taken over, and otherwise closes it: it is unknown what its server waits
    for.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[aiosmtplib.SMTP]],
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._connect = connect
        self._idle_seconds = idle_seconds
        self._idle: dict[Connection, asyncio.TimerHandle] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def open(self) -> Connection:
        return Connection(await self._connect())

    def take(self) -> Connection | None:
        """Return the connection that was used last, so that those that aren't needed expire."""
        while self._idle:
            connection, timer = self._idle.popitem()
            timer.cancel()
            if connection.client.is_connected:
                return connection
        return None

    def keep(self, connection: Connection) -> None:
        """Store a connection for the next mail, or close it. The server has its mail already."""
        connection.mails += 1
        if connection.mails >= MOST_MAILS or len(self._idle) >= MOST_IDLE:
            self._leave(connection)
            return
        loop = asyncio.get_running_loop()
        self._idle[connection] = loop.call_later(self._idle_seconds, self._expire, connection)

    async def close(self) -> None:
        """Leave the server; connections in use may go on."""
        while self._idle:
            connection, timer = self._idle.popitem()
            timer.cancel()
            self._leave(connection)
        await asyncio.gather(*self._leaving)

    def _expire(self, connection: Connection) -> None:
        del self._idle[connection]
        self._leave(connection)

    def _leave(self, connection: Connection) -> None:
        """Close a connection in a task of its own, so that no mail waits for it."""
        task = asyncio.get_running_loop().create_task(_take_leave(connection.client))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


async def _take_leave(client: aiosmtplib.SMTP) -> None:
    """Send QUIT. The mails are accepted already, so no failure here matters."""
    try:
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(_QUIT_SECONDS):
                await client.quit()
    finally:
        client.close()
