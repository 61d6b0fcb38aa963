"""Derive what devices of a pool share."""

from poolhouse.crypto.contexts import Context
from poolhouse.entities.pools import Pool
from poolhouse.rules.auth import devices as rules
from poolhouse.services.context import Call


def group_key(call: Call, pool: Pool) -> str:
    """What devices of the pool are given beside their keys."""
    return rules.group_key(call.services.sealer.digest(pool.id.encode(), Context.DEVICE_GROUP))
