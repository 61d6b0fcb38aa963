"""The connections of one worker to PostgreSQL.

Not asyncpg's own pool: that one costs more than the read it is asked for (35 of 55 microseconds),
most of it for features that a store of short statements doesn't need.
"""

import asyncio
from collections import deque

import asyncpg

from poolhouse.store.contract import Unavailable

CONNECT_SECONDS = 5
COMMAND_SECONDS = 10
"""After this long without an answer a connection is given up: the network may have swallowed it."""

CACHED_STATEMENTS = 512

_UNREACHABLE = (asyncpg.PostgresError, asyncpg.InternalClientError, OSError, TimeoutError)

_SESSION = """
    SET default_transaction_isolation = 'read committed';
    SET idle_in_transaction_session_timeout = '10s';
    SET lock_timeout = '1s';
    SET plan_cache_mode = force_generic_plan;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off';
"""
"""A commit must be durable when it returns; whoever asked for more (`remote_apply`) keeps it.

What waits for a row for a second is broken off and tried again, so that no commit holds back for
longer those that share its transaction.

Plans must not depend on parameters, as on SQLite. A plan made for the store's only pool, or its
last, expects no row behind it: then the index by any other column seems as good as the right one,
and a page deep in a list of a million users takes 0.6 seconds.
"""


class Connections:
    """Up to `most` connections, opened when they are needed and lent to one caller at a time.

    A connection that was lost is replaced when the next caller asks, so that the store works again
    as soon as the server does.
    """

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._most = most
        self._open = 0
        """Counts those lent, idle or being opened: the places taken, of `most`."""
        self._idle: list[asyncpg.Connection] = []
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()
        self._closed = False
        self._all_back: asyncio.Future[None] | None = None

    @property
    def all_lent(self) -> bool:
        """Whether somebody who asks now has to wait for a connection to come back."""
        return not self._idle and self._open >= self._most

    async def take(self) -> asyncpg.Connection:
        """Borrow a connection, waiting for one if all are lent. Raises `Unavailable`."""
        if self._closed:
            raise Unavailable("the store is closed")
        while self._idle:
            # The one used last: its caches are warm, here and at the server.
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
        if self._open < self._most:
            self._open += 1
            return await self._connect()
        return await self._wait() or await self._connect()

    def give_back(self, connection: asyncpg.Connection) -> None:
        if connection.is_closed():
            self._free_place()
        elif not self._hand_on(connection):
            self._idle.append(connection)
        self._tell_if_all_back()

    async def close(self) -> None:
        """Lend no more, wait for those that are lent, and close all."""
        self._closed = True
        self._all_back = asyncio.get_running_loop().create_future()
        self._tell_if_all_back()
        await self._all_back
        while self._idle:
            await self._idle.pop().close()
        self._open = 0

    async def _connect(self) -> asyncpg.Connection:
        """Open a connection in a place that was taken for it."""
        try:
            return await _open(self._url)
        except BaseException:
            self._free_place()
            self._tell_if_all_back()
            raise

    async def _wait(self) -> asyncpg.Connection | None:
        """Wait for a connection, or for a free place (None)."""
        waiting: asyncio.Future[asyncpg.Connection | None]
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                # It came at the moment when the caller gave up.
                connection = waiting.result()
                if connection is None:
                    self._free_place()
                    self._tell_if_all_back()
                else:
                    self.give_back(connection)
            raise

    def _free_place(self) -> None:
        if not self._hand_on(None):
            self._open -= 1

    def _hand_on(self, connection: asyncpg.Connection | None) -> bool:
        """Give a connection, or a place for one, to whoever has waited longest."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(connection)
                return True
        return False

    def _tell_if_all_back(self) -> None:
        idle = len(self._idle)
        if self._all_back is not None and self._open == idle and not self._all_back.done():
            self._all_back.set_result(None)


async def _open(url: str) -> asyncpg.Connection:
    try:
        connection = await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            statement_cache_size=CACHED_STATEMENTS,
            max_cached_statement_lifetime=0,
            server_settings={"application_name": "poolhouse"},
        )
        try:
            await connection.execute(_SESSION)
        except BaseException:
            connection.terminate()
            raise
    except _UNREACHABLE as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error
    except (asyncpg.ClientConfigurationError, ValueError):
        # Not the error's own text: it may repeat the URL, and with it a password.
        raise Unavailable("the URL of the store can't be understood") from None
    return connection
