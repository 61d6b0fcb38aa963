"""The connections of one worker to PostgreSQL.

Not asyncpg's own pool: that one costs more than the read it is asked for (35 of 55 microseconds),
most of it for features that a store of short statements doesn't need.
"""

import asyncio
from collections import deque
from typing import NamedTuple

import asyncpg
import structlog

from poolhouse.store.interface import Unavailable

CONNECT_SECONDS = 5
COMMAND_SECONDS = 10
"""Seconds without a response after which a connection is closed as lost."""

WAIT_SECONDS = 10
"""Maximum wait for a connection when all are lent."""
REFUSED_SECONDS = 0.1
"""The pause before a server is asked again that grants not even the first connection."""
LIMIT_SECONDS = 30
"""Time that a refusal is remembered."""

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
"""A commit must be durable when it returns; a stricter setting (`remote_apply`) is kept.

What waits for a row for a second is broken off and tried again, so that no commit holds back for
longer those that share its transaction.

Plans must not depend on parameters, as on SQLite. A plan made for the store's only pool, or its
last, expects no row behind it: then the index by any other column seems as fast as the right one,
and a page deep in a list of a million users takes 0.6 seconds.
"""


_GRANTED = """
    SELECT CASE WHEN rolsuper THEN current_setting('max_connections')::int
        ELSE least(
            current_setting('max_connections')::int
                - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0),
            nullif(rolconnlimit, -1),
            nullif(datconnlimit, -1))
        END
    FROM pg_roles, pg_database
    WHERE rolname = session_user AND datname = current_database()
"""

_log = structlog.get_logger()


class _Refused(Unavailable):
    """The server grants no further connection."""


class _Waiting(NamedTuple):
    """A caller that waits for a connection, or for a place to open one (None), until a time."""

    given: "asyncio.Future[asyncpg.Connection | None]"
    until: float


class Connections:
    """Up to `most` connections, opened when they are needed and lent to one caller at a time.

    A connection that was lost is replaced when the next caller asks, so that the store works again
    as soon as the server does. If the server grants fewer, callers wait for one of those.
    """

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._most = most
        self._open = 0
        """Counts those lent, idle or being opened: the places taken, of `most`."""
        self._idle: list[asyncpg.Connection] = []
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._all_back: asyncio.Future[None] | None = None
        self._granted = most
        self._granted_until = float("-inf")

    @property
    def all_lent(self) -> bool:
        """Return whether a request for a connection would have to wait."""
        return not self._idle and not self._may_open

    def limit(self, most: int) -> None:
        """Open no more than `most` from now on, if that is fewer."""
        self._most = min(self._most, most)

    async def take(self) -> asyncpg.Connection:
        """Borrow a connection, waiting for one if all are lent.

        Raises `Unavailable` if none can be opened, or none comes back within `WAIT_SECONDS`.
        """
        if self._closed:
            raise Unavailable("the store is closed")
        found = self._take_idle()
        if found is not None:
            return found
        until = asyncio.get_running_loop().time() + WAIT_SECONDS
        while True:
            if self._may_open:
                self._open += 1
            elif (given := await self._wait(until)) is not None:
                return given
            opened = await self._connect(until) or self._take_idle()
            if opened is not None:
                return opened

    def give_back(self, connection: asyncpg.Connection) -> None:
        if connection.is_closed():
            self._free_place()
        elif not self._hand_on(connection):
            self._idle.append(connection)
        self._signal_if_all_back()

    async def close(self) -> None:
        """Lend no more, wait for those that are lent, and close all."""
        self._closed = True
        self._all_back = asyncio.get_running_loop().create_future()
        self._signal_if_all_back()
        await self._all_back
        while self._idle:
            await self._idle.pop().close()
        self._open = 0

    @property
    def _may_open(self) -> bool:
        if self._open >= self._most:
            return False
        if self._open < self._granted:
            return True
        # The server granted no more, but that was a while ago.
        return asyncio.get_running_loop().time() >= self._granted_until

    def _take_idle(self) -> asyncpg.Connection | None:
        while self._idle:
            # The one used last: its caches are warm, here and at the server.
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
        return None

    async def _connect(self, until: float) -> asyncpg.Connection | None:
        """Open a connection in a place that was taken for it.

        Returns None, and the place is free again, if the server grants no more than there are. If
        it grants none at all, tries again until then: others may let go of theirs.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await _open(self._url)
            except _Refused as refusal:
                # The first place of all keeps trying, so that not everybody does.
                if self._open > 1:
                    self._open -= 1
                    self._learn_limit()
                    return None
                if self._closed or loop.time() >= until:
                    self._free_place()
                    self._signal_if_all_back()
                    raise Unavailable(str(refusal)) from None
            except BaseException:
                self._free_place()
                self._signal_if_all_back()
                raise
            try:
                await asyncio.sleep(REFUSED_SECONDS)
            except BaseException:
                self._free_place()
                self._signal_if_all_back()
                raise

    def _learn_limit(self) -> None:
        """Ask for no more connections than there are, for a while."""
        now = asyncio.get_running_loop().time()
        if now >= self._granted_until:
            _log.warning(
                "PostgreSQL grants fewer connections than `postgres_connections`",
                granted=self._open,
                wanted=self._most,
            )
        self._granted, self._granted_until = self._open, now + LIMIT_SECONDS

    async def _wait(self, until: float) -> asyncpg.Connection | None:
        """Wait for a connection, or for a free place (None). Raises `Unavailable` at `until`."""
        loop = asyncio.get_running_loop()
        given: asyncio.Future[asyncpg.Connection | None] = loop.create_future()
        self._waiting.append(_Waiting(given, until))
        if self._timer is None:
            self._timer = loop.call_at(until, self._give_up)
        try:
            return await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():
                # It came at the moment when the caller gave up.
                connection = given.result()
                if connection is None:
                    self._free_place()
                    self._signal_if_all_back()
                else:
                    self.give_back(connection)
            raise

    def _give_up(self) -> None:
        """Refuse callers whose time is over; one timer serves all, as most wait for a moment."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting:
            given, until = self._waiting[0]
            if until > loop.time() and not given.done():
                self._timer = loop.call_at(until, self._give_up)
                return
            self._waiting.popleft()
            if not given.done():
                given.set_exception(Unavailable("no connection was free in time"))

    def _free_place(self) -> None:
        if not self._hand_on(None):
            self._open -= 1

    def _hand_on(self, connection: asyncpg.Connection | None) -> bool:
        """Pass a connection, or the right to open one, to the caller that has waited longest."""
        while self._waiting:
            given, _ = self._waiting.popleft()
            if not given.done():
                given.set_result(connection)
                return True
        return False

    def _signal_if_all_back(self) -> None:
        idle = len(self._idle)
        if self._all_back is not None and self._open == idle and not self._all_back.done():
            self._all_back.set_result(None)


async def granted_by(connection: asyncpg.Connection) -> int | None:
    """Return how many connections the server grants this user to this database, all together.

    None if it isn't reported, as by a proxy.
    """
    try:
        return await connection.fetchval(_GRANTED)  # type: ignore[no-any-return]
    except asyncpg.PostgresError:
        return None


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
    except asyncpg.TooManyConnectionsError as error:
        raise _Refused(f"{type(error).__name__}: {error}") from error
    except _UNREACHABLE as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error
    except (asyncpg.ClientConfigurationError, ValueError):
        # Not the error's own text: it may repeat the URL, and with it a password.
        raise Unavailable("the URL of the store can't be understood") from None
    return connection
