"""Builds every part and joins them; the only place that does."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from poolhouse import metrics
from poolhouse.api.endpoint import CognitoEndpoint
from poolhouse.api.iam_authentication import IamAuthentication
from poolhouse.api.iam_authorization import IamAuthorization
from poolhouse.api.request_log import RequestLog
from poolhouse.audit.printed_records import PrintedRecords
from poolhouse.audit.writer import AuditTrail
from poolhouse.bootstrap import first_start, senders
from poolhouse.bootstrap import functions as configured_functions
from poolhouse.bootstrap.page_changes import page_changes
from poolhouse.bootstrap.store import open_store
from poolhouse.clock import Clock, SettableClock
from poolhouse.config.addresses import address, secure_address
from poolhouse.config.settings import Settings, log_level
from poolhouse.crypto.signing_keys import SharedPrimeKeyStock, SigningKey, SigningKeyStock
from poolhouse.delivery.inbox import Inbox
from poolhouse.delivery.outbox import OutboxWorker
from poolhouse.entities.messages import Message
from poolhouse.http.asgi import AsgiApplication, LazyApplication
from poolhouse.http.client import HttpClient
from poolhouse.http.document_fetch import DocumentFetch
from poolhouse.ids import Ids, before_ids_of
from poolhouse.oauth.endpoints import DomainEndpoints, Endpoint
from poolhouse.oauth.sites import Sites
from poolhouse.server.health import Readiness
from poolhouse.server.router import Server, log_failed_request
from poolhouse.server.routes import routes
from poolhouse.services import rate_limits
from poolhouse.services.context import Services
from poolhouse.services.custom_sender import FunctionSender
from poolhouse.services.document_fetches import DocumentFetches
from poolhouse.services.domain_extras import DomainExtras
from poolhouse.services.domain_urls import DomainUrls
from poolhouse.services.latency_matching import LatencyHistory
from poolhouse.services.rate_limits import RateLimit
from poolhouse.services.request_recorder import RequestRecorder
from poolhouse.services.signing_key_cache import SigningKeyCache
from poolhouse.services.verified_token_cache import VerifiedTokenCache
from poolhouse.store.garbage_collection import GarbageCollector
from poolhouse.store.outbox import Outbox
from poolhouse.triggers.factory import EVERY_FUNCTION
from poolhouse.triggers.invoke import Invoker

DRAIN_SECONDS: Final = 10.0
STOP_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 2.0
"""Maximum seconds that the inbox waits for what was queued a moment ago."""

_SPARE_KEYS: Final = 4
_SPARE_KEYS_OF_DEV: Final = 16
"""In dev mode test suites make many pools. Making these keys takes 1.2 s of one core after each
start, at low priority."""

_log = structlog.get_logger()


@dataclass
class App:
    """One worker process: what answers requests, and what runs beside it."""

    settings: Settings
    server: Server
    services: Services
    clock: Clock
    _delivery: OutboxWorker
    _trail: AuditTrail
    _requests: RequestLog
    _collector: GarbageCollector
    _http_client: HttpClient
    _closing: contextlib.AsyncExitStack
    readiness: Readiness
    _beside: Sequence[asyncio.Task[None]] = ()

    async def start(self) -> None:
        """Make what a first start makes, then begin what runs beside the requests."""
        if self.settings.dev:
            # The rows of a deleted starter pool must be gone before it can be created again.
            await self._collector.collect()
            await first_start.make_dev_pool(self.services, self.settings, self.clock.now())
            if self.settings.seed is not None:
                await _apply_seed(self.services, self.settings, self.clock.now())
        # Not before: a first start needs the processor for itself.
        self.services.new_keys.fill()
        loop = asyncio.get_running_loop()
        self._beside = [
            loop.create_task(self._delivery.run()),
            loop.create_task(self._collector.run()),
        ]

    async def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Finish what was accepted: messages under way, audit records, commits.

        Returns False if that took longer than `seconds`, and what was left to do is given up.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._finish(seconds)
        except TimeoutError:
            _log.error("stopped before everything was stored", audit_records=self._trail.waiting)
            return False
        return True

    async def _finish(self, seconds: float) -> None:
        # A mail server that hangs must leave time to store what is to be stored.
        await self._delivery.drain(min(DRAIN_SECONDS, seconds / 2))
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self._closing.aclose()
        await self.services.invoker.close()
        await self._http_client.close()
        self.services.client_documents.close()
        self._requests.close()
        await self.readiness.close()
        await self._trail.close()
        self.services.new_keys.close()
        await self.services.store.close()


async def build(
    settings: Settings,
    new_keys: SigningKeyStock | None = None,
    *,
    started_keys: Sequence[Future[SigningKey]] = (),
) -> App:
    """Make one worker's parts. Needs a running event loop.

    `new_keys` is where new pools get their signing keys, unless the worker makes a stock itself,
    which begins with `started_keys`.
    """
    settings = configured_functions.with_seeded(settings)
    store, _, sealer = await open_store(settings, processes=settings.workers)
    clock = Clock()
    pool_clock = SettableClock() if settings.dev else clock
    ids = Ids(
        seed=settings.fixed_ids.encode() if settings.fixed_ids else None, fixed_code=settings.code
    )
    http_client = HttpClient()
    closing = contextlib.AsyncExitStack()
    transports = configured_functions.transports(settings, clock, ids, http_client)
    invoker = Invoker(
        transports,
        transports.get(EVERY_FUNCTION),
        limit_seconds=settings.trigger_seconds,
        observe=metrics.trigger,
    )
    functions = FunctionSender(
        configured_functions.invoker_of_senders(transports),
        configured_functions.code_sealer(settings, clock, http_client),
        keeps=settings.dev,
    )
    delivery = OutboxWorker(
        Outbox(store),
        senders.of_channels(settings, clock, http_client, closing),
        pool_clock.now,
        ids.random_bytes,
        lambda channel, outcome, _: metrics.delivery(channel.value, outcome),
        # Dev mode's inbox stands in for functions too, until there is a key to seal codes with.
        functions=Inbox() if settings.dev and settings.sender_key is None else functions,
    )

    def hand_over(message: Message, client_metadata: Mapping[str, str] | None) -> None:
        functions.remember(message, client_metadata)
        delivery.hand_over(message)

    services = Services(
        store=store,
        sealer=sealer,
        ids=ids,
        invoker=invoker,
        signing_keys=SigningKeyCache(store),
        verified_tokens=VerifiedTokenCache(store.configuration),
        new_keys=new_keys or _key_stock(settings, started_keys),
        account_id=settings.account_id,
        public_url=address(settings, settings.port),
        domain_urls=DomainUrls(settings.domain_url, by_path_only=settings.dev),
        extras=DomainExtras.of(settings),
        page_changes=page_changes(settings),
        aws_issuer=settings.aws_issuer,
        wake_delivery=delivery.wake,
        hand_over=hand_over,
        latencies=LatencyHistory(clock.monotonic, ids.random_bytes, asyncio.sleep),
        watching=delivery.watching,
        secure_url=secure_address(settings),
        client_documents=DocumentFetches(
            DocumentFetch(is_private_allowed=settings.private_documents), clock.monotonic
        ),
        registrations=RateLimit(
            clock.monotonic,
            of_address=rate_limits.REGISTRATIONS_OF_ADDRESS,
            of_all=rate_limits.REGISTRATIONS_OF_ALL,
        ),
        device_requests=RateLimit(
            clock.monotonic,
            of_address=rate_limits.DEVICES_OF_ADDRESS,
            of_all=rate_limits.DEVICES_OF_ALL,
        ),
    )
    trail = AuditTrail(
        store,
        ids,
        clock,
        PrintedRecords().print if settings.audit_log else None,
        refusals_a_minute=settings.audit_refusals,
    )
    authentication = IamAuthentication(
        store,
        None if settings.dev else settings.region,
        address(settings, settings.port),
        first_start.dev_administrator(settings, clock) if settings.dev else None,
    )
    requests = RequestLog(
        log_level(settings),
        refusals_a_minute=None if settings.dev else settings.audit_refusals,
        monotonic=clock.monotonic,
    )
    api = CognitoEndpoint(
        services,
        authentication,
        IamAuthorization(settings.account_id),
        trail=trail,
        clock=clock,
        observe=metrics.request,
        requests=requests,
        is_dev=settings.dev,
    )
    recorder = RequestRecorder(services, trail, clock, metrics.request, requests.endpoint_answered)
    readiness = Readiness(store.reach, clock.monotonic)
    server = Server(
        api,
        routes(services, readiness),
        LazyApplication(
            lambda: _pages(
                settings,
                services,
                api,
                requests=requests,
                recorder=recorder,
                clock=pool_clock,
                delivery=delivery,
            ),
            log_failed_request,
        ),
        DomainEndpoints(
            recorder, Sites(services, at_root=settings.dev), lambda: _endpoints(services)
        ),
        requests=requests,
        ids=ids,
        clock=clock,
        pool_clock=pool_clock,
        largest_body=settings.largest_body,
    )
    retention = timedelta(days=settings.audit_days)
    collector = GarbageCollector(
        store,
        pool_clock.now,
        # Not the pool's clock: in dev mode that may be of another year.
        first_audit_id=(lambda: before_ids_of(clock.now() - retention)) if retention else None,
    )
    return App(
        settings,
        server,
        services,
        pool_clock,
        delivery,
        trail,
        requests,
        collector,
        http_client,
        closing,
        readiness,
    )


def _endpoints(services: Services) -> Mapping[tuple[str, str], Endpoint]:
    from poolhouse.oauth.routes import (  # noqa: PLC0415 - when a domain is asked first
        endpoints,
    )

    return endpoints(services.extras)


def _pages(
    settings: Settings,
    services: Services,
    api: CognitoEndpoint,
    *,
    requests: RequestLog,
    recorder: RequestRecorder,
    clock: Clock,
    delivery: OutboxWorker,
) -> AsgiApplication:
    """Make the web application."""
    from poolhouse.server.web_application import (  # noqa: PLC0415 - when a page is asked for
        web_application,
    )

    dev = None
    if isinstance(clock, SettableClock):
        from poolhouse.dev.overview import Examples  # noqa: PLC0415 - for dev mode only
        from poolhouse.server.dev_routes import DevMode  # noqa: PLC0415 - likewise

        dev = DevMode(
            clock,
            clock_set=delivery.wake,
            settle=lambda: delivery.settle(SETTLE_SECONDS),
            examples=Examples(
                first_start.CLIENT_ID,
                first_start.ACCESS_KEY_ID,
                first_start.SECRET_ACCESS_KEY,
                settings.home_region,
            ),
        )
    return web_application(services, api, requests, recorder, dev)


def _key_stock(settings: Settings, started: Sequence[Future[SigningKey]]) -> SigningKeyStock:
    """Choose where new pools get their signing keys: keys that reach a disk share nothing."""
    size = settings.spare_keys
    if size is None:
        size = _SPARE_KEYS_OF_DEV if settings.dev else _SPARE_KEYS
    kind = SharedPrimeKeyStock if settings.dev and settings.memory else SigningKeyStock
    return kind(size, started)


async def _apply_seed(services: Services, settings: Settings, now: datetime) -> None:
    from poolhouse.bootstrap.seed import apply as applying  # noqa: PLC0415 - likewise
    from poolhouse.bootstrap.seed import document as seeds  # noqa: PLC0415 - likewise

    assert settings.seed is not None
    await applying.apply(services, seeds.read(settings.seed, settings.home_region), now)
