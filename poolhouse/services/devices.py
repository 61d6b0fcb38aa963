"""Derive what devices of a pool share."""

from poolhouse.entities.pools import Pool
from poolhouse.rules.auth import devices as rules
from poolhouse.services.context import Call


def group_key(call: Call, pool: Pool) -> str:
    """What devices of the pool are given beside their keys."""
    return rules.group_key(call.services.sealer.digest("device group", pool.id.encode()))
