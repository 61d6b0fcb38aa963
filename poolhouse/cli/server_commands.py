"""`poolhouse dev` and `poolhouse serve`."""

import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click
from msgspec.structs import replace

from poolhouse.cli.flags import FAILED, OF_A_SERVER, refuse, takes_settings
from poolhouse.config.addresses import address, may_be_reached_elsewhere
from poolhouse.config.settings import Settings

if TYPE_CHECKING:
    from concurrent.futures import Future

    from poolhouse.cli.http_server import SecureListener
    from poolhouse.cli.local_tls import LocalTls
    from poolhouse.crypto.signing_keys import SigningKey

# Each command loads what it needs, after its preparations: see `process_setup`.
# ruff: noqa: PLC0415

_LAST_PORT: Final = 65_535


@click.command()
@takes_settings("dev", OF_A_SERVER)
def dev(settings: Settings) -> None:
    """Run a server for development, on loopback only.

    It has a user pool, an app client and an inbox ready to use, and accepts any access key.
    """
    from poolhouse.cli.certificate_check import unusable
    from poolhouse.cli.process_setup import prepare

    if mistakes := list(unusable(settings)):
        refuse(mistakes)
    prepare(settings)
    listener, operator = _bind(settings)[0], _bind_operator(settings)
    started_keys = _started_keys(settings)
    settings, url = _with_address(settings, listener)
    settings, tls, secure = _with_tls(settings)
    from poolhouse.bootstrap.functions import with_seeded
    from poolhouse.cli import banner
    from poolhouse.cli import server_process as serving

    def ready(domain: str | None) -> None:
        authority = None if tls is None else tls.wait_for_file()
        _print(banner.text(with_seeded(settings), url, domain, authority))

    def run() -> int:
        return serving.run(
            settings,
            listener,
            ready,
            operator=operator,
            secure=secure,
            started_keys=started_keys,
        )

    try:
        status = run() if settings.seed is None else _with_seed(run)
    finally:
        if tls is not None:
            tls.close()
    raise click.exceptions.Exit(status)


def _with_tls(
    settings: Settings,
) -> "tuple[Settings, LocalTls | None, SecureListener | None]":
    """Open the port of HTTPS, and begin to make the authority if this is the first start."""
    listener = _bind_second(settings)
    if listener is None:
        return settings, None, None
    from poolhouse.cli.http_server import SecureListener
    from poolhouse.cli.local_tls import LocalTls

    tls = LocalTls(None if settings.memory else settings.data, settings.host)
    tls.start()
    settings = replace(settings, tls_port=listener.getsockname()[1])
    return settings, tls, SecureListener(listener, tls.context)


def _bind_second(settings: Settings) -> socket.socket | None:
    """Return the socket of dev mode's HTTPS, unless the first one has a certificate.

    If no port is set, it is the next one, so that it is the same at every start; or a free one.
    """
    if settings.tls_certificate is not None:
        return None
    if settings.tls_port is not None:
        return _listeners(settings.host, settings.tls_port, 1, "--tls-port")[0]
    from poolhouse.cli.listeners import bind

    if settings.port < _LAST_PORT:
        with contextlib.suppress(OSError):
            return bind(settings.host, settings.port + 1, 1)[0]
    return _listeners(settings.host, 0, 1, "--tls-port")[0]


def _started_keys(settings: Settings) -> "Sequence[Future[SigningKey]]":
    """Begin to make the keys of the ready-made pool, if this start is going to create it."""
    from poolhouse.cli.permission_checks import STORE_FILE

    has_file = (settings.data / STORE_FILE).exists()
    if settings.store is not None or (has_file and not settings.memory):
        return ()
    from poolhouse.crypto.signing_keys import start_keys

    return start_keys(2)


def _with_seed(run: Callable[[], int]) -> int:
    """Read the seed file, or print each mistake in it on a line."""
    from poolhouse.bootstrap.seed.document import BadSeed

    try:
        return run()
    except BadSeed as bad:
        refuse(bad.mistakes, FAILED)


@click.command()
@takes_settings("serve", OF_A_SERVER)
def serve(settings: Settings) -> None:
    """Run a server for production.

    The first start creates an administrator and logs which file has the key.
    """
    from poolhouse.cli.certificate_check import unusable
    from poolhouse.cli.permission_checks import insecurities
    from poolhouse.cli.process_setup import prepare

    if mistakes := [*insecurities(settings), *unusable(settings)]:
        refuse(mistakes)
    # From now on it asks to load the certificate again; also a worker that isn't ready to yet.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    prepare(settings)
    listeners, operator = _bind(settings), _bind_operator(settings)
    is_guessed = settings.public_url is None and may_be_reached_elsewhere(settings)
    settings, url = _with_address(settings, listeners[0])
    operator_port = operator and operator.getsockname()[1]
    import structlog

    def ready() -> None:
        log = structlog.get_logger()
        if operator is not None:
            log.info("operator's listener", port=operator_port)
        log.info("ready", url=url, workers=settings.workers)
        for kind, names in _missing_senders(settings):
            log.warning(f"no {kind} can be sent: neither `{names[0]}` nor `{names[1]}` is set")
        if is_guessed:
            log.warning(
                "tokens and mails name this URL; if clients use another, set `public_url`", url=url
            )

    if settings.workers > 1:
        from poolhouse.cli import supervisor_process as supervising

        raise click.exceptions.Exit(supervising.run(settings, listeners, ready, operator))
    from poolhouse.cli import server_process as serving

    status = serving.run(settings, listeners[0], lambda _: ready(), operator=operator)
    raise click.exceptions.Exit(status)


def _missing_senders(settings: Settings) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield what can't be sent to users, and the two settings of which one is needed."""
    senders = {
        "email": ("smtp_host", "ses_endpoint"),
        "text message": ("sns_endpoint", "sms_webhook"),
    }
    for kind, names in senders.items():
        if all(getattr(settings, name) is None for name in names):
            yield kind, names


def _bind(settings: Settings) -> list[socket.socket]:
    return _listeners(settings.host, settings.port, settings.workers, "--port")


def _bind_operator(settings: Settings) -> socket.socket | None:
    if settings.operator_port is None:
        return None
    return _listeners(settings.operator_host, settings.operator_port, 1, "--operator-port")[0]


def _listeners(host: str, port: int, count: int, flag: str) -> list[socket.socket]:
    from poolhouse.cli.listeners import bind

    try:
        return bind(host, port, count)
    except OSError as error:
        advice = f" Choose another with {flag}." if error.errno == errno.EADDRINUSE else ""
        refuse([f"Can't listen on {host} port {port}: {error.strerror}.{advice}"], FAILED)


def _with_address(settings: Settings, listener: socket.socket) -> tuple[Settings, str]:
    """Return where users reach the server, now that the port is known: tokens and mails name it."""
    port = listener.getsockname()[1]
    url = address(settings, port)
    return replace(settings, port=port, public_url=url), url


def _print(text: str) -> None:
    """Print at once, even into a pipe: a program may be waiting there until the server is ready.

    A reader that has gone away is no reason to stop serving.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer would fail again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
