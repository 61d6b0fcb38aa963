"""Builds every part and joins them; the only place that does."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from poolhouse import first_start
from poolhouse.clock import Clock, SettableClock
from poolhouse.config import Settings
from poolhouse.delivery.contract import Sender
from poolhouse.delivery.inbox import Inbox
from poolhouse.delivery.outbox import Delivery
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.messages import Channel, Message
from poolhouse.ids import Ids
from poolhouse.keys import MasterKey, Sealer, SigningKeyStock, new_wrapped_data_key
from poolhouse.operations.calls import Services
from poolhouse.operations.function_sender import FunctionSender
from poolhouse.operations.pool_keys import PoolKeys
from poolhouse.store.contract import Database
from poolhouse.store.opening import Store, data_key, migrate, open_database
from poolhouse.store.outbox import Outbox
from poolhouse.store.sweeping import Sweeper
from poolhouse.triggers import custom_sender
from poolhouse.triggers.configured import EVERY_FUNCTION, Means, transport
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import Transport
from poolhouse.web import metrics
from poolhouse.web.administrators import Administrators
from poolhouse.web.audit_trail import AuditTrail
from poolhouse.web.aws import AwsApi
from poolhouse.web.routes import routes
from poolhouse.web.server import Server

if TYPE_CHECKING:
    import httpx

DRAIN_SECONDS: Final = 10.0


def store_url(settings: Settings) -> str:
    """Where the store is: as set, in memory, or a file in the data directory."""
    if settings.memory:
        return "sqlite://"
    return settings.store or f"sqlite:///{settings.data / 'poolhouse.db'}"


async def open_store(settings: Settings) -> tuple[Store, Database, Sealer]:
    """Open the store, bring its tables up to date and unseal its data key.

    Raises `Unavailable`, `NewerStore`, or `WrongMasterKey` where the master key is another's.
    """
    if settings.memory:
        master = MasterKey(Ids().random_bytes(32))
    else:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        master = MasterKey.load_or_create(settings.master_key or settings.data / "master.key")
    database = await open_database(
        store_url(settings), metrics.commit_group, connections=settings.postgres_connections
    )
    await migrate(database)
    wrapped = await data_key(database, lambda: new_wrapped_data_key(master))
    sealer = Sealer(master, wrapped)
    return Store(database, sealer), database, sealer


class HttpClient:
    """The one HTTP client of a worker's trigger transports, made when the first of them needs it.

    Not one for the whole process: its connections belong to an event loop, and end with it.
    """

    def __init__(self) -> None:
        self._made: httpx.AsyncClient | None = None

    def __call__(self) -> "httpx.AsyncClient":
        import httpx  # noqa: PLC0415 - a tenth of a second that only who uses it should spend

        if self._made is None:
            # The invoker keeps the time.
            self._made = httpx.AsyncClient(timeout=None, trust_env=False)  # noqa: S113
        return self._made

    async def close(self) -> None:
        if self._made is not None:
            await self._made.aclose()


@dataclass
class App:
    """One worker process: the ASGI application and what runs beside it."""

    settings: Settings
    asgi: Server
    services: Services
    clock: Clock
    _delivery: Delivery
    _trail: AuditTrail
    _sweeper: Sweeper
    _http_client: HttpClient
    _beside: Sequence[asyncio.Task[None]] = ()

    async def start(self) -> None:
        """Make what a first start makes, then begin what runs beside the requests."""
        if self.settings.dev:
            await first_start.make_dev_pool(self.services, self.settings, self.clock.now())
        loop = asyncio.get_running_loop()
        self._beside = [
            loop.create_task(self._delivery.run()),
            loop.create_task(self._sweeper.run()),
        ]

    async def stop(self) -> None:
        """Finish what was accepted: messages under way, audit records, commits."""
        await self._delivery.drain(DRAIN_SECONDS)
        for task in self._beside:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.services.invoker.close()
        await self._http_client.close()
        await self._trail.close()
        self.services.new_keys.close()
        await self.services.store.close()


async def build(settings: Settings) -> App:
    """Make one worker's parts. Needs a running event loop."""
    store, _, sealer = await open_store(settings)
    clock = Clock()
    pool_clock = SettableClock() if settings.dev else clock
    ids = Ids(seed=settings.seed.encode() if settings.seed else None, fixed_code=settings.code)
    http_client = HttpClient()
    transports = _transports(settings, clock, ids, http_client)
    invoker = Invoker(
        transports,
        transports.get(EVERY_FUNCTION),
        limit_seconds=settings.trigger_seconds,
        observe=metrics.trigger,
    )
    # A time-out of a pool's sender is not tried again at once: it may have sent.
    sending = Invoker(
        transports,
        transports.get(EVERY_FUNCTION),
        limit_seconds=custom_sender.LIMIT_SECONDS,
        observe=metrics.trigger,
        attempts=1,
    )
    functions = FunctionSender(sending, None, settings.region, keeps=settings.dev)
    delivery = Delivery(
        Outbox(store),
        _senders(settings),
        pool_clock.now,
        ids.random_bytes,
        lambda channel, outcome, _: metrics.delivery(channel.value, outcome),
        functions=functions,
    )

    def hand_over(message: Message, client_metadata: Mapping[str, str] | None) -> None:
        functions.remember(message, client_metadata)
        delivery.hand_over(message)

    services = Services(
        store=store,
        sealer=sealer,
        ids=ids,
        invoker=invoker,
        pool_keys=PoolKeys(store),
        new_keys=SigningKeyStock(),
        region=settings.region,
        account_id=settings.account_id,
        wake_delivery=delivery.wake,
        hand_over=hand_over,
    )
    trail = AuditTrail(store, ids, clock, _print_record if settings.audit_log else None)
    administrators = Administrators(
        store,
        settings.region,
        settings.account_id,
        unknown_keys_are=first_start.stranger(settings, clock) if settings.dev else None,
    )
    api = AwsApi(services, administrators, trail, clock, metrics.request)
    server = Server(
        api,
        routes(
            store,
            inbox=settings.dev,
            clock=pool_clock if isinstance(pool_clock, SettableClock) else None,
            clock_set=delivery.wake,
        ),
        ids=ids,
        clock=clock,
        pool_clock=pool_clock,
        largest_body=settings.largest_body,
    )
    sweeper = Sweeper(store, pool_clock.now)
    return App(settings, server, services, pool_clock, delivery, trail, sweeper, http_client)


def _transports(
    settings: Settings, clock: Clock, ids: Ids, client: HttpClient
) -> Mapping[str, Transport]:
    """The functions that triggers may name, by ARN or name."""
    places = dict(settings.triggers)
    if settings.dev:
        places.setdefault(first_start.FUNCTION, first_start.handler(settings))
    means = Means(
        client=client,
        now=clock.now,
        new_request_id=ids.request_id,
        folder=Path.cwd(),
        python=sys.executable,
        node=shutil.which("node") or "node",
    )
    return {function: transport(function, place, means) for function, place in places.items()}


def _senders(settings: Settings) -> Mapping[Channel, Sender]:
    """Dev mode keeps every message in the inbox; otherwise email goes to the mail server."""
    if settings.dev:
        inbox = Inbox()
        return dict.fromkeys(Channel, inbox)
    if settings.smtp_host is None:
        return {}
    from poolhouse.delivery.smtp import Smtp  # noqa: PLC0415 - only who sends mail pays for it

    return {
        Channel.EMAIL: Smtp(
            settings.smtp_host,
            settings.smtp_port,
            username=settings.smtp_username,
            password=settings.smtp_password,
            tls=settings.smtp_tls,
            from_address=settings.email_from,
        )
    }


def _print_record(record: AuditRecord) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(record) + b"\n")
    sys.stdout.buffer.flush()
