"""Counts of guesses that belong to an address, because no user is known yet.

An IPv6 address counts as its network of 64 bits, whose owner chooses the rest.
"""

from typing import NamedTuple

from poolhouse.crypto.contexts import Context
from poolhouse.http.client_addresses import network
from poolhouse.services.context import Caller, Services


class CountAtAddress(NamedTuple):
    """The holder of a count: an app client or a pool as seen from one address."""

    sub: str
    pool_id: str


def holder_of(
    services: Services, caller: Caller, name: str, pool_id: str, context: Context
) -> CountAtAddress:
    """Return the holder of the guesses at what `name` names, from the caller's address."""
    at = f"{name}\0{network(caller.source_ip or '')}".encode()
    return CountAtAddress(services.sealer.digest(at, context).hex(), pool_id)
