"""A server with pools and users whose secrets are guessed at, within a process or as a program."""

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

from cli.programs import Server, cognito, root_key
from support.functions_server import FunctionsServer, arn
from support.mfa_pools import BY_EMAIL, SNS
from support.page_browser import CALLBACK
from support.running_server import ROOT_KEY, RunningServer
from support.served_pools import PoolForTest
from support.sign_in_pages import WEB_APP
from support.sign_ins import FLOWS, PASSWORD, AuthApi
from support.wire_client import call, request, signed_headers

from poolhouse.app import App
from poolhouse.bootstrap.store import open_store
from poolhouse.clock import SettableClock
from poolhouse.config.settings import Settings
from poolhouse.entities.messages import Message
from poolhouse.store.interface import Inserts, Write

_FOR_EVER, _ALL = 1 << 62, 100_000
TO_APP = f"to {CALLBACK}"
"""What a page answers to a right guess, if nothing else is asked for."""
FIRST_FACTORS = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}}
HISTORY = {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 5}}
ALL_FACTORS = {
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "EmailMfaConfiguration": {},
    "SmsMfaConfiguration": {"SmsConfiguration": SNS},
}
CUSTOM = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
POOLS: dict[str, dict[str, Any]] = {
    "open": {"AutoVerifiedAttributes": ["email"], "Policies": FIRST_FACTORS},
    "aliases": {"AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"]},
    "history": {"AutoVerifiedAttributes": ["email"], "Policies": HISTORY},
    "devices": {"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}},
    "functions": {"LambdaConfig": {name: arn(name) for name in (*CUSTOM, "UserMigration")}},
    "pages": {"AutoVerifiedAttributes": ["email"]},
}
CLIENTS: dict[str, dict[str, Any]] = {"pages": WEB_APP}
MFA: dict[str, dict[str, Any]] = {
    "open": {"MfaConfiguration": "OPTIONAL", **ALL_FACTORS},
    "devices": {
        "MfaConfiguration": "ON",
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
    },
    "pages": {
        "MfaConfiguration": "OPTIONAL",
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
    },
}


class Place(Protocol):
    """Where the server is, and how its messages are read."""

    @property
    def port(self) -> int: ...

    @property
    def url(self) -> str: ...

    key: tuple[str, str]

    def cognito(self) -> Any: ...

    def messages(self) -> list[tuple[Message, int]]: ...


class OneServer:
    """A server of one worker in this process, whose clock can stand still."""

    key = ROOT_KEY

    def __init__(self, server: RunningServer) -> None:
        self.server = server

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def url(self) -> str:
        return self.server.url

    def cognito(self) -> Any:
        return self.server.client()

    def messages(self) -> list[tuple[Message, int]]:
        return self.server.run(lambda app: app.services.store.messages.due(_FOR_EVER, _ALL))

    @contextmanager
    def standing_clock(self, later: timedelta = timedelta(0)) -> Iterator[None]:
        """Stop the server's clock where it is, or so much later: no lock ends meanwhile."""

        async def set_clock(app: App) -> tuple[Any, Any]:
            clock = SettableClock()
            clock.set(datetime.now(UTC) + later, frozen=True)
            former = (app.server._clock, app.server._pool_clock)
            app.server._clock = app.server._pool_clock = clock
            return former

        former = self.server.run(set_clock)

        async def reset(app: App) -> None:
            app.server._clock, app.server._pool_clock = former

        try:
            yield
        finally:
            self.server.run(reset)


class HeldCommit:
    """The first commit of a request, held until it is let go.

    Meanwhile guesses don't wait for each other, as at other workers.
    """

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._reached = threading.Event()

    def __enter__(self) -> Self:
        async def hold(app: App) -> None:
            database = app.services.store._database
            self._commit = database.commit
            self._open = asyncio.Event()

            async def commit(writes: Sequence[Write | Inserts]) -> None:
                if not self._reached.is_set() and not all(map(_is_beside_requests, writes)):
                    self._reached.set()
                    await self._open.wait()
                await self._commit(writes)

            async def acquire(sub: str) -> None:
                """Let every guess go on."""

            database.commit = commit  # type: ignore[method-assign]
            locks = app.services.guess_locks
            locks.acquire = acquire  # type: ignore[method-assign]
            locks.release = lambda sub: None  # type: ignore[method-assign]

        self._server.run(hold)
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()

        async def undo(app: App) -> None:
            app.services.store._database.commit = self._commit  # type: ignore[method-assign]
            del app.services.guess_locks.acquire, app.services.guess_locks.release

        self._server.run(undo)

    def reached(self) -> bool:
        """Wait for it; False if nothing comes to it."""
        return self._reached.wait(60)

    def let_go(self) -> None:
        async def let_go(_: App) -> None:
            self._open.set()

        self._server.run(let_go)


class RecordedCommits:
    """The commits of requests within the block."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self.writes: list[Sequence[Write | Inserts]] = []

    def __enter__(self) -> Self:
        async def listen(app: App) -> None:
            database = app.services.store._database
            self._commit = database.commit

            async def commit(writes: Sequence[Write | Inserts]) -> None:
                if not all(map(_is_beside_requests, writes)):
                    self.writes.append(writes)
                await self._commit(writes)

            database.commit = commit  # type: ignore[method-assign]

        self._server.run(listen)
        return self

    def __exit__(self, *_: object) -> None:
        async def undo(app: App) -> None:
            app.services.store._database.commit = self._commit  # type: ignore[method-assign]

        self._server.run(undo)


def _is_beside_requests(write: Write | Inserts) -> bool:
    """Whether it is of the audit trail or the delivery, which commit when they like."""
    return re.search(r"\b(audit|outbox)\b", write.statement) is not None


class Program:
    """`poolhouse serve`, with as many workers as it was told."""

    def __init__(self, program: Server, data: Path, store: str | None) -> None:
        self._program = program
        self._settings = Settings(data=data, store=store)
        self.key = root_key(data)

    @property
    def port(self) -> int:
        return self._program.port

    @property
    def url(self) -> str:
        return self._program.url

    def cognito(self) -> Any:
        return cognito(self.url, self.key)

    def messages(self) -> list[tuple[Message, int]]:
        async def read() -> list[tuple[Message, int]]:
            store, _, _ = await open_store(self._settings)
            try:
                return await store.messages.due(_FOR_EVER, _ALL)
            finally:
                await store.close()

        return asyncio.run(read())


@dataclass
class World:
    """A place, the pools that were made there, and the words that the cases say most often."""

    place: Place
    functions: FunctionsServer | None = None
    _pools: dict[str, PoolForTest] = field(default_factory=dict)
    _domains: set[str] = field(default_factory=set)

    def pool(self, kind: str) -> PoolForTest:
        """The pool of this kind, made when it is first asked for."""
        if kind not in self._pools:
            client = {"ExplicitAuthFlows": FLOWS, **CLIENTS.get(kind, {})}
            settings = {"SmsConfiguration": SNS, **BY_EMAIL, **POOLS[kind]}
            made = PoolForTest(self.place.cognito(), client=client, **settings)
            if kind in MFA:
                made.cognito.set_user_pool_mfa_config(UserPoolId=made.id, **MFA[kind])
            self._pools[kind] = made
        return self._pools[kind]

    def domain(self, kind: str) -> str:
        """The path of the domain of this kind of pool, made when it is first asked for."""
        name = f"guessed-{kind}"
        if kind not in self._domains:
            pool = self.pool(kind)
            pool.cognito.create_user_pool_domain(UserPoolId=pool.id, Domain=name)
            self._domains.add(kind)
        return f"/domains/{name}"

    def client_that_hides(self, pool: PoolForTest) -> str:
        """Another app client, which doesn't tell who exists."""
        made = pool.cognito.create_user_pool_client(
            UserPoolId=pool.id,
            ClientName="hiding",
            ExplicitAuthFlows=FLOWS,
            PreventUserExistenceErrors="ENABLED",
        )
        return str(made["UserPoolClient"]["ClientId"])

    def confirmed(self, pool: PoolForTest, username: str, **attributes: str) -> None:
        """A user whom an administrator made, with PASSWORD and, at least, an email address."""
        attributes = {"email": f"{username}@home.example"} | attributes
        pool.cognito.admin_create_user(
            UserPoolId=pool.id,
            Username=username,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        self.set_password(pool, username, PASSWORD)

    def set_password(
        self, pool: PoolForTest, username: str, password: str, *, permanent: bool = True
    ) -> None:
        pool.cognito.admin_set_user_password(
            UserPoolId=pool.id, Username=username, Password=password, Permanent=permanent
        )

    def access_token(self, pool: PoolForTest, username: str) -> str:
        answer = AuthApi(pool, by_admin=False).by_password(username)
        return str(answer["AuthenticationResult"]["AccessToken"])

    def code_of(self, pool: PoolForTest, username: str) -> str:
        """The code of the newest message to this user."""
        found = [message for message, _ in self.place.messages()]
        mine = [each for each in found if (each.pool_id, each.username) == (pool.id, username)]
        return max(mine, key=lambda message: (message.created_at, message.id)).code

    def unsigned(self, operation: str, **members: Any) -> bytes:
        return call(operation, json.dumps(members).encode())

    def signed(self, operation: str, **members: Any) -> bytes:
        body = json.dumps(members).encode()
        region = self.place.cognito().meta.region_name
        headers = signed_headers(self.place.url, operation, body, self.place.key, region=region)
        return request(body, headers)


@dataclass(frozen=True, kw_only=True)
class Target:
    """One user's secret: requests with wrong guesses, that with the right one, and their answers.

    `right` is made when it is sent, since some secrets depend on the time.
    """

    wrong: Callable[[int], bytes]
    right: Callable[[], bytes]
    wrong_says: str
    right_says: str = "ok"
    afterwards: tuple[str, ...] = ()
    """What guesses may be answered once a right one was accepted."""

    @property
    def clears(self) -> bool:
        """Whether an accepted guess clears the failures before it."""
        return self.right_says in {"ok", TO_APP}


@dataclass(frozen=True, kw_only=True)
class Guessable:
    """Something that can be guessed, and how many guesses at it are answered.

    `limit` holds for an hour, the right guess included, or without `hourly` until the first lock.
    `covers` names challenges, purposes of codes, and counted actions.
    """

    name: str
    limit: int
    covers: tuple[str, ...]
    target: Callable[[World, str], Target]
    hourly: bool = False
    later: timedelta = timedelta(0)
    """How much later than the present the guesses come."""
    together: int = 100
    """Guesses that are released together. Those by SRP cost the server some milliseconds each."""
    right_among: bool = True
    """Whether the right guess is released with the others."""
    everywhere: bool = False
    """Whether they are released together on PostgreSQL and at several workers too."""


def wrong_codes(right: str) -> Callable[[int], str]:
    """Codes of the same form that are not this one, all different."""
    return lambda n: f"{(int(right) + 1 + n) % 10 ** len(right):0{len(right)}}"


def named(guessable: Guessable, username: str) -> str:
    """A name that no other case gives a user."""
    return re.sub("[^a-z]+", "-", f"{username}-{guessable.name.lower()}")
