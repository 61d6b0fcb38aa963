"""SQLite, embedded: reads on the event loop, writes in group commits.

One connection reads and one writes. Commits that wait are put into one transaction: their
statements run on the event loop (a few microseconds each, and no hand-over of the interpreter lock
between threads), then a thread of its own does the part that waits for the disk. While it waits,
the next group gathers.

Several worker processes may share the file. SQLite's busy handler starves all but one writer, so
writers take turns: a writer first takes its place at the gate, then waits for the
turn, and leaves the gate once it has it. A process that has just written meets the gate behind
those who wait there, so none can run ahead.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw

from poolhouse.store.engines.sqlite.writer_lock import WriterLock
from poolhouse.store.interface import VERSIONS, Inserts, Row, Unavailable, Write

BUSY_MILLISECONDS = 10_000
PAGES_BETWEEN_CHECKPOINTS = 4_000
"""16 MB of log. Pages that change again and again are copied back to the file less often than with
SQLite's own 1,000; beyond 4,062, every read would have to search a second part of the log's index.
"""

LARGEST_GROUP = 256
"""Commits in one transaction at the most: a bound on the time that others wait for their turn."""

_FAILURES = (apsw.Error, TypeError, ValueError, OverflowError)
"""Errors of a statement; all but the first are about its parameters."""


class _Waiting:
    """A commit that waits for its group."""

    __slots__ = ("done", "failure", "writes")

    def __init__(self, writes: Sequence[Write | Inserts], done: asyncio.Future[None]) -> None:
        self.writes = writes
        self.done = done
        self.failure: Exception | None = None


class Sqlite:
    """A `Database` in one file (WAL, synchronous=FULL), or in memory when `path` is None."""

    def __init__(self, path: Path | None, observe: Callable[[int], None] | None = None) -> None:
        """Prepare the database. `observe` gets the number of commits of every group."""
        self._observe = observe
        self._waiting: deque[_Waiting] = deque()
        self._writing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        if path is None:
            # A memory database lives with its connection, so one connection does both.
            self._turn: WriterLock | None = None
            self._write = self._read = apsw.Connection(":memory:")
            self._thread = None
        else:
            self._turn = WriterLock(path)
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
            self._open(path)
        # Kept, because a new cursor costs a tenth of a small read. Each is used on the event loop
        # only, and each statement's rows are read to the end before the next begins.
        self._read_cursor = self._read.cursor()
        self._write_cursor = self._write.cursor()
        self._path = path
        self._of_this_turn: dict[str, Sequence[Row]] = {}

    def _open(self, path: Path) -> None:
        """Open both connections, one process at a time: switching to WAL needs exclusive access."""
        assert self._turn is not None
        self._turn.take()
        try:
            self._write = _connect(path)
            self._read = _connect(path)
            self._read.pragma("query_only", True)
            self._inode = path.stat().st_ino
        finally:
            self._turn.give_back()

    async def fetch(self, statement: str, *parameters: Any) -> Sequence[Row]:
        try:
            return self._read_cursor.execute(statement, parameters).fetchall()
        except _FAILURES as error:
            raise _failure(error) from None

    async def fetch_shared(self, statement: str) -> Sequence[Row]:
        """Return the rows of a statement, read once in each turn of the event loop.

        The loop hears of requests between its turns only, so that all of them had arrived by then.
        """
        cached = self._of_this_turn.get(statement)
        if cached is None:
            cached = await self.fetch(statement)
            if not self._of_this_turn:
                asyncio.get_running_loop().call_soon(self._of_this_turn.clear)
            self._of_this_turn[statement] = cached
        return cached

    async def commit(self, writes: Sequence[Write | Inserts]) -> None:
        if self._closed:
            raise Unavailable("the store is closed")
        waiting = _Waiting(writes, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if not self._writing:
            self._writing = True
            self._idle.clear()
            # Not at once: what else this turn of the loop brings joins the group.
            asyncio.get_running_loop().call_soon(self._start_group)
        await waiting.done

    def _start_group(self) -> None:
        """Get the turn, then write; in a thread only if another process has the turn."""
        if self._turn is None or self._turn.take_if_free():
            self._write_group(None)
        else:
            self._in_thread(self._turn.take, self._write_group)

    def _in_thread(
        self, work: Callable[[], None], then: Callable[[Exception | None], None]
    ) -> None:
        loop = asyncio.get_running_loop()

        def run() -> None:
            failure: Exception | None = None
            try:
                work()
            except Exception as error:  # passed to the loop, which decides
                failure = error
            loop.call_soon_threadsafe(then, failure)

        assert self._thread is not None
        self._thread.submit(run)

    def _write_group(self, failure: Exception | None) -> None:
        group: list[_Waiting] = []
        while self._waiting and len(group) < LARGEST_GROUP:
            group.append(self._waiting.popleft())
        failure = failure or self._apply_group(group)
        if failure is not None:
            self._finish(group, failure)
        elif self._thread is None:
            self._finish(group, self._end_transaction())
        else:
            self._in_thread(
                lambda: _raise(self._end_transaction()), lambda e: self._finish(group, e)
            )

    def _apply_group(self, group: Sequence[_Waiting]) -> Exception | None:
        """Run a group's statements in one transaction; returns why nothing can be written now.

        Few commits need a savepoint. But when a statement breaks (a failed condition doesn't), the
        group starts again with a savepoint for every commit, so that the broken one fails alone.
        """
        try:
            self._check_file()
            self._write.execute("BEGIN IMMEDIATE")
            try:
                for waiting in group:
                    self._apply_one(waiting)
            except _FAILURES:
                self._roll_back()
                self._write.execute("BEGIN IMMEDIATE")
                for waiting in group:
                    self._apply_alone(waiting)
        except (apsw.Error, OSError) as error:
            return error
        return None

    def _check_file(self) -> None:
        """Refuse to write into a file that is no longer at its path: it couldn't be found again.

        When the very file comes back, writing goes on. Another file in its place is another store,
        which only a new start may adopt.
        """
        if self._path is not None and self._path.stat().st_ino != self._inode:
            raise OSError("another file has taken the place of the store")

    def _apply_one(self, waiting: _Waiting) -> None:
        """Apply one commit's writes inside the group, or none of them if a condition fails.

        A savepoint is needed only where a condition may fail after a row was written.
        """
        execute = self._write_cursor.execute
        waiting.failure = None
        nested = any(isinstance(write, Inserts) for write in waiting.writes[:1]) or any(
            write.otherwise is not None for write in waiting.writes[1:]
        )
        if nested:
            execute("SAVEPOINT one")
        for write in waiting.writes:
            if isinstance(write, Inserts):
                met = self._insert(write)
            else:
                execute(write.statement, write.parameters)
                met = write.otherwise is None or self._write.changes() != 0
            if not met:
                waiting.failure = write.otherwise
                if nested:
                    execute("ROLLBACK TO one")
                break
        if nested:
            execute("RELEASE one")

    def _insert(self, inserts: Inserts) -> bool:
        """Return whether every row was inserted."""
        before = self._write.total_changes()
        self._write_cursor.executemany(inserts.statement, inserts.rows)
        return self._write.total_changes() - before == len(inserts.rows)

    def _apply_alone(self, waiting: _Waiting) -> None:
        """Apply one commit's writes, or none of them whatever happens."""
        self._write.execute("SAVEPOINT alone")
        try:
            self._apply_one(waiting)
        except _FAILURES as error:
            waiting.failure = _failure(error)
            self._write.execute("ROLLBACK TO alone")
        self._write.execute("RELEASE alone")

    def _end_transaction(self) -> Exception | None:
        try:
            self._write.execute("COMMIT")
        except apsw.Error as error:
            return error
        return None

    def _roll_back(self) -> None:
        """End the transaction, unless the engine has: a full disk makes it do so."""
        if self._write.in_transaction:
            self._write.execute("ROLLBACK")

    def _finish(self, group: list[_Waiting], failure: Exception | None) -> None:
        """Set the result of every commit of the group, then start the next group."""
        if failure is not None:
            with contextlib.suppress(apsw.Error):
                self._roll_back()
        if self._turn is not None:
            self._turn.give_back()
        if failure is None and self._observe is not None:
            self._observe(len(group))
        for waiting in group:
            if waiting.done.done():
                continue
            if failure is not None:
                waiting.done.set_exception(_failure(failure))
            elif waiting.failure is not None:
                waiting.done.set_exception(waiting.failure)
            else:
                waiting.done.set_result(None)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._start_group)
        else:
            self._writing = False
            self._idle.set()

    async def reach(self) -> None:
        try:
            self._check_file()
        except OSError as error:
            raise _failure(error) from None
        await self.fetch("SELECT 1")

    async def granted_connections(self) -> int | None:
        """Return None: a file has no such limit."""
        return None

    async def version(self) -> int:
        tables = await self.fetch("SELECT name FROM sqlite_master WHERE name = 'schema_version'")
        if not tables:
            return 0
        return int((await self.fetch("SELECT max(version) FROM schema_version"))[0][0] or 0)

    async def apply(self, script: Sequence[str], version: int) -> bool:
        if self._turn is not None:
            self._turn.take()
        try:
            return await self._apply_in_turn(script, version)
        finally:
            if self._turn is not None:
                self._turn.give_back()

    async def _apply_in_turn(self, script: Sequence[str], version: int) -> bool:
        connection = self._write
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(_as_sqlite(VERSIONS))
            is_new = await self.version() < version
            if is_new:
                for statement in script:
                    connection.execute(_as_sqlite(statement))
                connection.execute("INSERT INTO schema_version (version) VALUES ($1)", (version,))
            connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        return is_new

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._idle.wait()
        if self._thread is not None:
            self._thread.shutdown()
        self._read.close()
        self._write.close()
        if self._turn is not None:
            self._turn.close()


def _connect(path: Path) -> apsw.Connection:
    """Open the file. The busy timeout comes first: even setting the journal mode may wait."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(BUSY_MILLISECONDS)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    connection.pragma("mmap_size", 0)
    connection.pragma("cache_size", -16_000)
    connection.pragma("temp_store", "memory")
    connection.pragma("wal_autocheckpoint", PAGES_BETWEEN_CHECKPOINTS)
    # Plans must not depend on parameters: to see whether a partial index still serves, SQLite would
    # compile a search of users again for every value, at three times its price.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    return connection


def _as_sqlite(statement: str) -> str:
    """Return a schema statement with the types of SQLite's strict tables.

    Migrations are written in PostgreSQL's types.
    """
    lite = statement.replace("BIGINT", "INTEGER").replace("BYTEA", "BLOB")
    lite = lite.replace(' COLLATE "C"', "")
    return f"{lite.rstrip()} STRICT" if lite.lstrip().startswith("CREATE TABLE") else lite


def _raise(failure: Exception | None) -> None:
    if failure is not None:
        raise failure


def _failure(error: Exception) -> Exception:
    """Return the store's error for the engine's, whose text holds no parameters of a statement."""
    if isinstance(error, apsw.Error | OSError):
        return Unavailable(f"{type(error).__name__}: {error}")
    return ValueError("the store can't hold a parameter of this kind")
