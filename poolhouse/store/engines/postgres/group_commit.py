"""The commits of one worker to PostgreSQL: one round trip each, and one for all that wait together.

Commits that come to the same statement (all sign-ups do, or all confirmations) share transactions:
while some of them are on their way, the next gather, and are then sent one behind the other, which
costs one round trip and waits for the disk once. If that breaks, nothing of it was applied, and
each of them is sent alone, to meet its own fate. Commits of other statements go beside them.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

import asyncpg

from poolhouse.store.engines.postgres.statement_merge import (
    Joined,
    commit_one,
    commit_together,
    join,
)
from poolhouse.store.engines.postgres.transactions import Transactions, write
from poolhouse.store.interface import Conflict, Inserts, Unavailable, Write

T = TypeVar("T")

COLLISIONS: Final = 10
"""How often is tried again what the server broke off: to resolve a deadlock, or because it had
waited for a row for too long."""

LARGEST_GROUP: Final = 64
"""Commits in one transaction: a bound on what is sent again where one of them breaks it."""

LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What asyncpg makes of a farewell that the server sent while nothing was asked.
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    # What was the primary is a standby now; a new connection may lead to the new primary.
    asyncpg.ReadOnlySQLTransactionError,
    OSError,
    TimeoutError,
)
"""The connection is of no more use, and it is unknown whether a commit was applied."""

_BROKEN_OFF = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)


class Lend(Protocol):
    """Let a function have a connection, and turn the engine's errors into the store's."""

    async def __call__(self, use: Callable[[asyncpg.Connection], Awaitable[T]]) -> T: ...


class _Waiting:
    """A commit that waits for its group."""

    __slots__ = ("commit", "done")

    def __init__(self, commit: Joined) -> None:
        self.commit = commit
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def finish(self, failure: Exception | None = None) -> None:
        """Set the result, unless the caller was cancelled meanwhile."""
        if self.done.done():
            return
        if failure is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(failure)


class Commits:
    """Takes commits, and sends together those that come while others of their kind are sent."""

    def __init__(self, lend: Lend, observe: Callable[[int], None] | None = None) -> None:
        """Prepare the group commit. `observe` gets the number of commits of every transaction."""
        self._lend = lend
        self._observe = observe or (lambda _: None)
        self._gathering: dict[str, deque[_Waiting]] = {}
        """By statement, for as long as some of it are on their way."""
        self._on_their_way: set[asyncio.Task[None]] = set()
        self._refused: set[str] = set()
        """Statements that this server doesn't take."""
        self._transactions = Transactions()
        self._closed = False

    async def commit(self, writes: Sequence[Write | Inserts]) -> None:
        if self._closed:
            raise Unavailable("the store is closed")
        joined = join(writes)
        if joined is None or joined.statement in self._refused:
            await self._lend(lambda connection: self._commit_apart(connection, writes))
            self._observe(1)
            return
        waiting = _Waiting(joined)
        if (gathering := self._gathering.get(joined.statement)) is not None:
            gathering.append(waiting)
        else:
            self._gathering[joined.statement] = deque([waiting])
            # A task of its own: who began it may give up, and must not take the others along.
            task = asyncio.get_running_loop().create_task(self._work_off(joined.statement))
            self._on_their_way.add(task)
            task.add_done_callback(self._on_their_way.discard)
        await waiting.done

    async def close(self) -> None:
        """Accept no more commits, and wait for those that were accepted."""
        self._closed = True
        if self._on_their_way:
            await asyncio.wait(self._on_their_way)

    async def _work_off(self, statement: str) -> None:
        """Commit what gathers, group by group, until nothing does."""
        gathering = self._gathering[statement]
        try:
            while gathering:
                await self._commit_group(gathering)
        finally:
            del self._gathering[statement]

    async def _commit_group(self, gathering: deque[_Waiting]) -> None:
        group: list[_Waiting] = []

        async def use(connection: asyncpg.Connection) -> Sequence[Conflict | None] | None:
            # Only now: while every connection was lent, more have come.
            while gathering and len(group) < LARGEST_GROUP:
                group.append(gathering.popleft())
            if len(group) > 1:
                return await _unless_broken(
                    commit_together(connection, [waiting.commit for waiting in group])
                )
            await self._commit(connection, group[0].commit)
            return [None]

        try:
            ends = await self._lend(use)
        except Exception as failure:  # raised in the waiting callers, which decide
            _fail(group or _all(gathering), failure)
            return
        if ends is None:
            await asyncio.gather(*map(self._commit_alone, group))
            return
        self._observe(len(group))
        for waiting, end in zip(group, ends, strict=True):
            waiting.finish(end)

    async def _commit_alone(self, waiting: _Waiting) -> None:
        """Make one commit of a group that broke."""
        try:
            await self._lend(lambda connection: self._commit(connection, waiting.commit))
        except Exception as failure:  # likewise
            waiting.finish(failure)
        else:
            self._observe(1)
            waiting.finish()

    async def _commit(self, connection: asyncpg.Connection, commit: Joined) -> None:
        if commit.statement not in self._refused:
            try:
                return await persist(lambda: commit_one(connection, commit))
            except asyncpg.FeatureNotSupportedError:
                self._refused.add(commit.statement)
        return await self._commit_apart(connection, commit.writes)

    async def _commit_apart(
        self, connection: asyncpg.Connection, writes: Sequence[Write | Inserts]
    ) -> None:
        """Run one statement after the other; a single one needs no transaction."""
        first = writes[0]
        if len(writes) == 1 and isinstance(first, Write):
            return await persist(lambda: write(connection, first))
        return await persist(lambda: self._transactions.commit(connection, writes))


async def persist(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again what the server breaks off. It undid all of it: to begin again is safe."""
    for _ in range(COLLISIONS):
        try:
            return await ask()
        except _BROKEN_OFF:
            continue
    return await ask()


async def _unless_broken(ends: Awaitable[T]) -> T | None:
    """Return the result; None if PostgreSQL or asyncpg rolled the transaction back."""
    try:
        return await ends
    except LOST:
        raise
    except asyncpg.PostgresError:
        return None


def _all(gathering: deque[_Waiting]) -> list[_Waiting]:
    """Return all waiting commits, which no connection can take."""
    everybody = list(gathering)
    gathering.clear()
    return everybody


def _fail(group: Sequence[_Waiting], failure: Exception) -> None:
    """Fail every commit with an error of its own, since an error collects its tracebacks."""
    if len(group) == 1:
        group[0].finish(failure)
        return
    for waiting in group:
        waiting.finish(type(failure)(*failure.args))
