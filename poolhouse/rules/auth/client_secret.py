"""Verify secrets of app clients: of operations without a username, and of a domain's endpoints.

ev:auth-1.2, ev:domain-1.5
"""

import hmac
import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.errors.auth import SecretMissing, SecretUnexpected

_DECOY: Final = "0" * 51
"""Is compared for clients that don't exist: it has the length of a generated secret."""
_IPV6_NETWORK: Final = 64
"""Bits of an IPv6 address that a network's owner doesn't choose."""


def matches(client: Client | None, readings: Sequence[str]) -> bool:
    """Return whether one of the readings of a given secret is one of the client's.

    Unknown clients cost the same. Every secret is compared with every reading, in constant time.
    """
    secrets = [secret.value for secret in client.secrets] if client else []
    found = [
        hmac.compare_digest(secret.encode(), reading.encode())
        for secret in secrets or [_DECOY]
        for reading in readings
    ]
    return bool(secrets) and True in found


@lru_cache(maxsize=1_000)
def network_of(address: str | None) -> str:
    """Return what guesses from an address are counted by: of IPv6 its network, else itself."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))


def check_given(client: Client, given: str | None) -> None:
    """Refuse a secret that is missing, or that is sent to a client without one."""
    if not client.secrets:
        if given:
            raise SecretUnexpected(client_id=client.id)
    elif not given:
        raise SecretMissing(client_id=client.id)
