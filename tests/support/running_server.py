"""A whole server inside the test process: a real socket, a real store, its own event loop."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import boto3
import uvicorn
from botocore.config import Config
from msgspec.structs import replace

from poolhouse import app as building
from poolhouse import metrics
from poolhouse.bootstrap.first_start import EVERYTHING
from poolhouse.config.settings import Settings
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.errors.protocol import ProtocolError
from poolhouse.http.protocol import Http1Protocol
from poolhouse.store import principals
from poolhouse.store.interface import UniqueViolation
from poolhouse.wire.operations import OPERATIONS
from support.prepared_keys import PreparedKeys

T = TypeVar("T")
ROOT_KEY = ("AKIAROOTROOTROOTROOT", "root/secret/access/key/of/tests/00000000")
ACCOUNT = "123456789012"
REGION = "eu-central-1"
SECONDS = 120
"""After which a server that doesn't answer has failed: the machine may be busy."""


def subclasses(cls: type[Any]) -> set[type[Any]]:
    return {cls, *(deeper for child in cls.__subclasses__() for deeper in subclasses(child))}


class RunningServer:
    """Started on a free port.

    `unlisted` gathers errors that the model doesn't list, `succeeded` names of operations.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.unlisted: list[tuple[str, str]] = []
        self.succeeded: set[str] = set()
        self.port = 0
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="poolhouse", daemon=True)

    def __enter__(self) -> "RunningServer":
        self._thread.start()
        assert self._ready.wait(SECONDS), "the server didn't start"
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(SECONDS)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, make: Callable[[building.App], Awaitable[T]]) -> T:
        """Run something on the server's loop, with the server's parts."""

        async def made() -> T:
            return await make(self.app)

        return asyncio.run_coroutine_threadsafe(made(), self._loop).result(SECONDS)

    def client(self, key: tuple[str, str] = ROOT_KEY, **more: Any) -> Any:
        """A boto3 client with an access key; retries off, so that a test sees every answer."""
        return boto3.client(
            "cognito-idp",
            endpoint_url=more.pop("endpoint_url", self.url),
            region_name=more.pop("region_name", self.settings.home_region),
            aws_access_key_id=key[0],
            aws_secret_access_key=key[1],
            config=Config(retries={"total_max_attempts": 1}, **more),
        )

    def administrator(self, name: str, policy: str, tags: dict[str, str] | None = None) -> Any:
        """A boto3 client of a new IAM user with one policy document."""
        secret = "s" * 40

        async def add(app: building.App) -> str:
            services = app.services
            now = datetime.now(UTC)
            arn = f"arn:aws:iam::{self.settings.account_id}:user/{name}"
            key_id = services.ids.access_key_id()
            await services.store.commit(
                principals.add(
                    Principal(arn=arn, policies={"Test": policy}, tags=tags or {}, created_at=now)
                ),
                services.store.principals.add_key(
                    AccessKey(id=key_id, principal_arn=arn, secret=secret, created_at=now)
                ),
            )
            return key_id

        return self.client((self.run(add), secret))

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            # A socket made without naming its protocol isn't given this by asyncio.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.port = listening.getsockname()[1]
            public_url = self.settings.public_url or self.url
            settings = replace(self.settings, public_url=public_url)
            self.app = await building.build(settings, PreparedKeys())
            self.app.server._api._observe = self._observe  # the tests' own ear at the pipeline
            await self.app.start()
            await _add_root(self.app)
            config = uvicorn.Config(
                cast(Any, self.app.server),
                interface="asgi3",
                http=Http1Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
            )
            self._server = uvicorn.Server(config)
            self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            self._loop.call_soon(self._ready.set)
            await self._server._serve([listening])
        await self.app.stop()

    def _observe(self, operation: str, outcome: str, seconds: float) -> None:
        metrics.request(operation, outcome, seconds)
        if operation not in OPERATIONS:
            return
        if outcome == "ok":
            self.succeeded.add(operation)
            return
        listed = {error.code for error in OPERATIONS[operation].errors}
        ours = {error.code for error in subclasses(ProtocolError) if hasattr(error, "code")}
        if outcome not in listed | ours:
            self.unlisted.append((operation, outcome))


async def _add_root(app: building.App) -> None:
    now = datetime.now(UTC)
    arn = f"arn:aws:iam::{app.settings.account_id}:root"
    key = AccessKey(id=ROOT_KEY[0], principal_arn=arn, secret=ROOT_KEY[1], created_at=now)
    root = Principal(arn=arn, policies={"Everything": EVERYTHING}, created_at=now)
    store = app.services.store
    with contextlib.suppress(UniqueViolation):
        await store.commit(principals.add(root), store.principals.add_key(key))


@contextlib.contextmanager
def running(directory: Path, **settings: Any) -> Iterator[RunningServer]:
    """A strict server over a data directory; on leaving, no error was outside the model."""
    chosen = Settings(
        **{
            "data": directory,
            "region": (REGION,),
            "account_id": ACCOUNT,
            "audit_refusals": 1_000_000,  # tests read the record of each refusal
            **settings,
        }
    )
    with RunningServer(chosen) as server:
        yield server
    assert server.unlisted == [], "errors that the model doesn't list for the operation"
