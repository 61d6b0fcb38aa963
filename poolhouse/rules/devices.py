"""Devices that a pool remembers (auth.md §12)."""

from poolhouse.entities.pools import Pool


def is_tracking(pool: Pool) -> bool:
    """Whether the pool remembers devices: so soon as it has a configuration of it, whatever it
    says.
    """
    return pool.settings.DeviceConfiguration is not None
