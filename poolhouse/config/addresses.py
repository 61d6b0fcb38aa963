"""The addresses at which a server listens, and at which its users reach it."""

import ipaddress

from poolhouse.config.settings import Settings


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_be_reached_elsewhere(settings: Settings) -> bool:
    """Return whether clients use another address than the one listened on, such as a proxy's."""
    return settings.behind_proxy or is_wildcard(settings.host)


def is_wildcard(host: str) -> bool:
    """Return whether a host means every address of this machine, so that it names none."""
    return host in {"0.0.0.0", "::"}  # noqa: S104 - not to bind


def address(settings: Settings, port: int) -> str:
    """Return the address that users reach this server at; it listens on `port`.

    Behind a reverse proxy only the operator knows the address.
    """
    if settings.public_url is not None:
        return settings.public_url
    scheme = "http" if settings.tls_certificate is None else "https"
    return f"{scheme}://{_host(settings)}:{port}"


def secure_address(settings: Settings) -> str | None:
    """Return the address of dev mode's second port; None if there is none."""
    if settings.tls_port is None:
        return None
    return f"https://{_host(settings)}:{settings.tls_port}"


def _host(settings: Settings) -> str:
    return f"[{settings.host}]" if ":" in settings.host else settings.host
