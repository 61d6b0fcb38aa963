"""What the tokens of a pool name as their issuer: the address under which its keys are found."""

from functools import cache
from typing import Final
from urllib.parse import urlsplit

from poolhouse.entities.pools import Pool
from poolhouse.rules.aws.regions import domain
from poolhouse.wire.enums import IssuerType

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def own(pool_id: str, public_url: str) -> str:
    """Return the pool's address on this server, below which verifiers find discovery and keys.

    DIFFERS: AWS names an address of its own, where no verifier would find this server's keys.
    """
    return f"{public_url}/{pool_id}"


@cache
def names_of(public_url: str) -> frozenset[str]:
    """Return every address of the same server: on loopback, each name of the machine.

    Clients expect as issuer exactly the address that they have as endpoint.
    """
    url = urlsplit(public_url)
    if url.hostname not in _LOOPBACK:
        return frozenset({public_url})
    port = "" if url.port is None else f":{url.port}"
    hosts = (f"[{host}]" if ":" in host else host for host in _LOOPBACK)
    return frozenset(f"{url.scheme}://{host}{port}" for host in hosts)


def as_on_aws(pool: Pool) -> str:
    """Return the issuer that AWS would name (ev:auth-13), for code that expects its form."""
    configuration = pool.settings.IssuerConfiguration
    is_updated = configuration is not None and configuration.Type is IssuerType.UPDATED
    host = "issuer-cognito-idp" if is_updated else "cognito-idp"
    return f"https://{host}.{pool.region}.{domain(pool.region)}/{pool.id}"
