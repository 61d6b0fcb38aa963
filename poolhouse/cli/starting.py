"""`poolhouse dev` and `poolhouse serve`."""

import socket
import sys

import typer

from poolhouse.cli.flags import OF_A_SERVER, refuse, takes_settings
from poolhouse.config import Settings


@takes_settings("dev", OF_A_SERVER)
def dev(settings: Settings) -> None:
    """Run a server for development: a ready pool, an inbox, any access key; loopback only."""
    from poolhouse.cli.preparing import prepare  # noqa: PLC0415 - each command loads its own

    prepare(settings)
    listener = _bind(settings)[0]
    from poolhouse.cli import banner, serving  # noqa: PLC0415 - after the preparations

    url = _url(settings, listener)
    raise typer.Exit(serving.run(settings, listener, lambda: _say(banner.text(settings, url))))


@takes_settings("serve", OF_A_SERVER)
def serve(settings: Settings) -> None:
    """Run a server for production; the first start makes an administrator and says where."""
    from poolhouse.cli.preparing import prepare  # noqa: PLC0415 - each command loads its own
    from poolhouse.cli.safety import insecurities  # noqa: PLC0415

    if mistakes := list(insecurities(settings)):
        refuse(mistakes)
    prepare(settings)
    listeners = _bind(settings)
    url = _url(settings, listeners[0])
    if settings.workers > 1:
        from poolhouse.cli import supervising  # noqa: PLC0415 - after the preparations

        raise typer.Exit(supervising.run(settings, listeners, lambda: _announce(url)))
    from poolhouse.cli import serving  # noqa: PLC0415 - after the preparations

    raise typer.Exit(serving.run(settings, listeners[0], lambda: _announce(url)))


def _bind(settings: Settings) -> list[socket.socket]:
    """Claim the address before anything large is loaded: a port in use is told at once."""
    from poolhouse.workers import bind  # noqa: PLC0415 - each command loads its own

    try:
        listeners = bind(settings.host, settings.port, settings.workers)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        refuse([f"Can't listen on {address}: {error.strerror or error}."], status=1)
    for listener in listeners:
        # Answers are small and written in two parts; waiting to join them costs 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listeners


def _url(settings: Settings, listener: socket.socket) -> str:
    """What clients on this machine call the server."""
    if settings.public_url is not None:
        return settings.public_url
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    scheme = "https" if settings.tls_certificate else "http"
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


def _announce(url: str) -> None:
    import structlog  # noqa: PLC0415 - after the preparations

    structlog.get_logger().info("ready", url=url)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
