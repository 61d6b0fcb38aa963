"""Derive what devices of a pool share."""

from poolhouse.crypto.contexts import Context
from poolhouse.entities.pools import Pool
from poolhouse.rules.auth import devices as rules
from poolhouse.services.context import Call


def group_key(call: Call, pool: Pool) -> str:
    """Return the key of the pool that its devices get beside their own."""
    return rules.group_key(call.services.sealer.digest(pool.id.encode(), Context.DEVICE_GROUP))
