"""One process that serves: builds the application, answers requests, and ends in good order."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any

import structlog
import uvloop

from poolhouse import app, metrics
from poolhouse.bootstrap import dev_domain, first_start
from poolhouse.cli import descriptors
from poolhouse.cli.http_server import (
    HttpServer,
    SecureListener,
    operator_server,
    public_server,
    serving,
)
from poolhouse.cli.stop import CUT_SHORT, Stop
from poolhouse.cli.store_errors import STORE_FAILURES, sentence
from poolhouse.cli.supervisor_link import SupervisorLink
from poolhouse.cli.tls_certificate import TlsCertificates
from poolhouse.cli.worker_reports import METRICS, READINESS
from poolhouse.clock import Clock
from poolhouse.config.settings import Settings
from poolhouse.crypto.signing_keys import SigningKey
from poolhouse.ids import Ids
from poolhouse.server.operator_port import OperatorPages

_log = structlog.get_logger()

Ready = Callable[[str | None], None]
"""What is called when the first request can be answered: with the address of dev mode's domain."""


def run(
    settings: Settings,
    listener: socket.socket,
    ready: Ready,
    *,
    operator: socket.socket | None = None,
    supervisor: socket.socket | None = None,
    secure: SecureListener | None = None,
    started_keys: Sequence[Future[SigningKey]] = (),
) -> int:
    """Serve until a signal, or the end of the supervisor, ends it; the exit status.

    `operator` is the socket of the operator's listener, `supervisor` the channel of a worker,
    `secure` the second socket of dev mode. `started_keys` are signing keys that are being made for
    the first pool.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(listener)
        if operator is not None:
            stack.enter_context(operator)
        if secure is not None:
            stack.enter_context(secure.listener)
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        try:
            process = _Process(settings, ready, secure, started_keys)
            runner.run(process.serve(listener, operator, supervisor))
        except (*STORE_FAILURES, first_start.AnotherRegion) as error:
            _log.error("can't start", reason=sentence(error))
            return 1
    return 0


class _Process:
    """This process, from its start to its end."""

    def __init__(
        self,
        settings: Settings,
        ready: Ready,
        secure: SecureListener | None,
        started_keys: Sequence[Future[SigningKey]],
    ) -> None:
        self._settings = settings
        self._ready = ready
        self._secure = secure
        self._started_keys = started_keys
        self._supervisor_link: SupervisorLink | None = None

    async def serve(
        self,
        listener: socket.socket,
        operator: socket.socket | None,
        supervisor: socket.socket | None,
    ) -> None:
        """Serve until the stop has ended. Raises what keeps the application from starting."""
        settings = self._settings
        stop = Stop(
            settings.stop_seconds,
            twice_ends=supervisor is None,
            logs=supervisor is None and not settings.dev,
        )
        if supervisor is not None:
            self._supervisor_link = SupervisorLink(supervisor, lambda: stop.begin("no supervisor"))
        certificate = TlsCertificates.of(settings)
        self._take_hang_ups(stop, certificate)
        async with contextlib.AsyncExitStack() as stack:
            if self._supervisor_link is not None:
                stack.push_async_callback(self._supervisor_link.close)
            application = await _unless_stopped(stop, _started(settings, self._started_keys))
            if application is None:
                return
            stack.push_async_callback(_finish, application, stop)
            await stack.enter_async_context(_beside(descriptors.watch()))
            if certificate is not None:
                await stack.enter_async_context(_beside(certificate.watch()))
            if operator is not None:
                pages = OperatorPages(_verdict(application, stop), _exposition)
                await stack.enter_async_context(serving(operator_server(pages), operator))
            domain = await _dev_domain(application)
            server = public_server(
                application.server,
                settings,
                certificate,
                stop.request_seconds,
                lambda: self._report_ready(server, application, certificate, domain),
                secure=self._secure,
            )
            await stack.enter_async_context(_beside(_pass_on(stop, server)))
            await server.serve(sockets=[listener])
        stop.end()

    def _report_ready(
        self,
        server: HttpServer,
        application: app.App,
        certificate: TlsCertificates | None,
        domain: str | None,
    ) -> None:
        if self._supervisor_link is None:
            self._ready(domain)
            return

        async def snapshot() -> list[metrics.Family]:
            return metrics.snapshot()

        answers = {METRICS: snapshot, READINESS: application.readiness.verdict}
        self._supervisor_link.serve(server, answers, lambda: _reload(certificate))

    def _take_hang_ups(self, stop: Stop, certificate: TlsCertificates | None) -> None:
        """Load the certificates again at SIGHUP. Dev mode ends: its terminal was closed.

        Under `nohup` the signal is ignored, and stays so.
        """
        if self._settings.dev:
            if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
                return
            react: Callable[[], None] = lambda: stop.begin("SIGHUP")  # noqa: E731
        else:
            react = lambda: _reload(certificate)  # noqa: E731
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, react)


async def _started(settings: Settings, started_keys: Sequence[Future[SigningKey]]) -> app.App:
    application = await app.build(settings, started_keys=started_keys)
    if not settings.dev:
        _load_what_requests_need()
        # Ids of its own: an administrator's key must never come from a seed.
        store, now = application.services.store, Clock().now()
        file = await first_start.make_root(store, Ids(), application.settings, now)
        if file is not None:
            _log.warning(
                "created the first administrator, whose key is in this file", file=str(file)
            )
    await application.start()
    return application


async def _dev_domain(application: app.App) -> str | None:
    """Return the address of the ready-made pool's domain, as seeds and developers left it."""
    settings = application.settings
    if not settings.dev:
        return None
    return await dev_domain.domain_url(application.services, first_start.dev_pool_id(settings))


def _load_what_requests_need() -> None:
    """Load what dev mode loads with the first request that needs it."""
    from poolhouse.auth import engine  # noqa: F401, PLC0415
    from poolhouse.oauth import routes  # noqa: F401, PLC0415
    from poolhouse.operations.registry import TABLE  # noqa: PLC0415
    from poolhouse.rules.auth import srp_powers  # noqa: F401, PLC0415

    TABLE.load()


async def _unless_stopped(stop: Stop, starting: Coroutine[Any, Any, app.App]) -> app.App | None:
    """Return what starts, or None if the stop begins before."""
    start, stopping = asyncio.ensure_future(starting), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({start, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not start.done():
            start.cancel()
    return await start if start.done() else None


async def _finish(application: app.App, stop: Stop) -> None:
    """Finish what was accepted, in what is left of the stop's time."""
    try:
        finished = await application.stop(stop.seconds_left)
    except STORE_FAILURES as error:
        _log.error("not everything was stored", reason=sentence(error))
        finished = False
    if not finished:
        # What is left hangs, perhaps in a thread that the interpreter would wait for.
        os._exit(CUT_SHORT)


def _verdict(application: app.App, stop: Stop) -> Callable[[], Coroutine[Any, Any, str]]:
    async def verdict() -> str:
        return "stopping" if stop.has_begun else await application.readiness.verdict()

    return verdict


async def _exposition() -> bytes:
    return metrics.exposition()


def _reload(certificate: TlsCertificates | None) -> None:
    if certificate is None:
        _log.info("no TLS certificate to reload: none is set")
    else:
        certificate.reload()


async def _pass_on(stop: Stop, server: HttpServer) -> None:
    await stop.wait()
    server.should_exit = True


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do something for as long as the block runs."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
