"""Requests that were answered once, answered again while something is deleted in their midst.

A recorder keeps each request with all that the store held before it. A replay puts that back and
answers the request again, but deletes something just before the request's n-th use of the store.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import apsw
import asyncpg

from poolhouse.app import App
from poolhouse.http.messages import HttpRequest, HttpResponse
from poolhouse.store.interface import Inserts, Write
from support.running_server import RunningServer

Contents = dict[str, list[tuple[Any, ...]]]

_SERVERS_OWN = frozenset(
    {
        *("access_keys", "audit", "configuration", "data_keys", "inbox", "outbox"),
        *("principals", "schema_version"),
    }
)
"""Tables that hold nothing of a pool, or what is never read again."""


@dataclass
class _Deletion:
    """What happens before a request's use of the store number `at`."""

    at: int
    statements: list[str]
    uses: list[set[str]] = field(default_factory=list)
    """The words of the statements of each use, among them the names of its tables."""
    is_done: bool = False


_REPLAYS_BETWEEN_VACUUMS = 25
"""Each leaves as many dead rows as there are living ones, and the next has to read all of them."""

_CHANGES_BY_ONE_REPLAY = 100
"""More generations than a replay makes itself, or the server would keep what it has read in one."""

_deletion: ContextVar[_Deletion | None] = ContextVar("deletion", default=None)


@dataclass(frozen=True)
class Recorded:
    """A request, by what it was, and the store before it."""

    name: str
    request: HttpRequest
    contents: Contents


class Tables:
    """All that a store holds of pools, read and put back past the code under test."""

    def __init__(self, url: str) -> None:
        self._sqlite: apsw.Connection | None = None
        self._url = url
        if url.startswith("sqlite:///"):
            self._sqlite = apsw.Connection(url.removeprefix("sqlite:///"))
            self._sqlite.set_busy_timeout(30_000)
            self._sqlite.execute("PRAGMA synchronous = OFF")  # it is put back many times
        self._postgres: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()
        self._generation = 1_000_000
        self._placed: Contents = {}
        self._changed: set[str] = set()

    async def contents(self) -> Contents:
        if self._sqlite is not None:
            found = self._sqlite.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            names = [str(row[0]) for row in found.fetchall()]
            return {
                name: self._sqlite.execute(f"SELECT * FROM {name}").fetchall()
                for name in names
                if name not in _SERVERS_OWN
            }
        connection = await self._connected()
        found = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return {
            name: [tuple(row) for row in await connection.fetch(f"SELECT * FROM {name}")]
            for (name,) in found
            if name not in _SERVERS_OWN
        }

    async def put_back(self, contents: Contents) -> None:
        """With another generation, so that the server keeps nothing of what it has read before.

        Tables that nothing was written to hold it already.
        """
        self._generation += _CHANGES_BY_ONE_REPLAY
        changed = f"UPDATE configuration SET generation = {self._generation}"
        complete, contents = (
            contents,
            {
                name: rows
                for name, rows in contents.items()
                if name in self._changed or self._placed.get(name) != rows
            },
        )
        self._placed = complete
        self._changed.clear()
        if self._sqlite is not None:
            with self._sqlite:
                for name, rows in contents.items():
                    self._sqlite.execute(f"DELETE FROM {name}")
                    if rows:
                        places = ", ".join("?" * len(rows[0]))
                        self._sqlite.executemany(f"INSERT INTO {name} VALUES ({places})", rows)
                self._sqlite.execute(changed)
            return
        connection = await self._connected()
        if self._generation // _CHANGES_BY_ONE_REPLAY % _REPLAYS_BETWEEN_VACUUMS == 0:
            async with self._lock:
                await connection.execute("VACUUM")
        async with self._lock, connection.transaction():
            await connection.execute("".join(f"DELETE FROM {name};" for name in contents) + changed)
            for name, rows in contents.items():
                if rows:
                    await connection.copy_records_to_table(name, records=rows)

    def note_write(self, written: Iterable[str]) -> None:
        """Note the words of statements that write, among them the names of tables."""
        self._changed.update(written)

    async def run(self, statements: list[str]) -> None:
        self.note_write(words(statements))
        if self._sqlite is not None:
            with self._sqlite:
                for statement in statements:
                    self._sqlite.execute(statement)
            return
        async with self._lock:
            await (await self._connected()).execute(";".join(statements))

    async def close(self) -> None:
        if self._sqlite is not None:
            self._sqlite.close()
        if self._postgres is not None:
            await self._postgres.close()

    async def _connected(self) -> asyncpg.Connection:
        if self._postgres is None:
            self._postgres = await asyncpg.connect(self._url)
        return self._postgres


class Recorder:
    """Stands between a server's pipeline and its store; everything runs on the server's loop."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        app = server.app
        self.tables = Tables(app.settings.store or f"sqlite:///{app.settings.data}/poolhouse.db")
        self.recorded: dict[str, Recorded] = {}
        self._uses: dict[str, list[set[str]]] = {}
        self._api: Any = app.server._api
        self._handle: Callable[[HttpRequest], Awaitable[HttpResponse]] = self._api.handle
        self._api.handle = self._record  # type: ignore[method-assign]
        # What is deleted must not be swept away after it was put back.
        app._beside[1].cancel()
        database: Any = app.services.store._database
        for name in ("fetch", "fetch_shared"):
            setattr(database, name, self._counted(getattr(database, name)))
        database.commit = self._counted(self._noted(database.commit))

    @property
    def unlisted(self) -> list[tuple[str, str]]:
        """Operations and the errors that they have answered but don't list."""
        return self._server.unlisted

    def stop(self) -> None:
        """Record no more requests."""
        self._api.handle = self._handle

    def uses(self, recorded: Recorded) -> list[set[str]]:
        """Answer a request undisturbed; return the words of its statements, use by use."""
        if recorded.name not in self._uses:
            deletion, answer = self._replay(recorded, [], 0)
            assert answer.status == 200, f"{recorded.name} undisturbed: {answer}"
            self._uses[recorded.name] = list(deletion.uses)
        return self._uses[recorded.name]

    def replay(self, recorded: Recorded, statements: list[str], at: int) -> HttpResponse:
        """Answer a request, with a deletion before its use of the store number `at`."""
        deletion, answer = self._replay(recorded, statements, at)
        assert deletion.is_done, f"{recorded.name} uses the store less than {at} times"
        return answer

    def check_put_back(self, recorded: Recorded) -> None:
        """Check that a replay would begin with all that the store held before the request."""

        async def put_back(_: App) -> Contents:
            await self.tables.put_back(recorded.contents)
            return await self.tables.contents()

        held = self._server.run(put_back)
        assert {name: sorted(map(repr, rows)) for name, rows in held.items()} == {
            name: sorted(map(repr, rows)) for name, rows in recorded.contents.items()
        }

    def _replay(
        self, recorded: Recorded, statements: list[str], at: int
    ) -> tuple[_Deletion, HttpResponse]:
        async def replayed(_: App) -> tuple[_Deletion, HttpResponse]:
            await self.tables.put_back(recorded.contents)
            deletion = _Deletion(at, statements)
            _deletion.set(deletion)  # of this task and those that it begins
            answer = await self._handle(deepcopy(recorded.request))
            deletion.at = 0  # tasks that it has begun go on with its context
            return deletion, answer

        return self._server.run(replayed)

    async def _record(self, request: HttpRequest) -> HttpResponse:
        contents = await self.tables.contents()
        answer = await self._handle(request)
        if answer.status == 200:
            name = _name_of(request)
            self.recorded.setdefault(name, Recorded(name, deepcopy(request), contents))
        return answer

    def _counted(self, use: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def counted(*parameters: Any) -> Any:
            deletion = _deletion.get()
            if deletion is not None:
                deletion.uses.append(_words_of_use(parameters[0]))
                if len(deletion.uses) == deletion.at:
                    await self.tables.run(deletion.statements)
                    deletion.is_done = True
            return await use(*parameters)

        return counted

    def _noted(self, commit: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def noted(writes: Sequence[Write | Inserts]) -> None:
            self.tables.note_write(_words_of_use(writes))
            await commit(writes)

        return noted


def words(statements: Iterable[str]) -> set[str]:
    return {word for statement in statements for word in re.findall(r"\w+", statement)}


def _words_of_use(used: str | Sequence[Write | Inserts]) -> set[str]:
    return words([used] if isinstance(used, str) else [write.statement for write in used])


def _name_of(request: HttpRequest) -> str:
    """The operation; of sign-ins also the flow or challenge, and what it prefers or chooses."""
    target = request.header(b"x-amz-target") or ""
    members = json.loads(request.body)
    parameters = members.get("AuthParameters") or members.get("ChallengeResponses") or {}
    parts = (
        target.rpartition(".")[2],
        members.get("AuthFlow") or members.get("ChallengeName"),
        parameters.get("PREFERRED_CHALLENGE") or parameters.get("ANSWER"),
        "DEVICE_KEY" if "DEVICE_KEY" in parameters else None,
        "Session" if "Session" in members and "AccessToken" not in members else None,
        members.get("RequestedTokenType"),
    )
    return "-".join(part for part in parts if part)


def run_on(server: RunningServer, work: Callable[[], Awaitable[Any]]) -> Any:
    async def on(_: App) -> Any:
        return await work()

    return server.run(on)
