"""Ask devices that poll too often to slow down (RFC 8628 §3.5).

Each worker counts by itself, in memory: a poll that waits for its user writes nothing.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from poolhouse.rules.oauth.device_grants import INTERVAL

MOST: Final = 10_000
"""Devices that a worker remembers; beyond it the one that polled first is forgotten."""

_SLOWER: Final = timedelta(seconds=5)
_SLOWEST: Final = timedelta(minutes=1)
_TOLERANCE: Final = timedelta(seconds=1)
"""Differences of the time that two polls take over the network."""


class _Polled(NamedTuple):
    at: datetime
    interval: timedelta


class DevicePolls:
    """The last polls of devices, by the digests of their codes."""

    def __init__(self) -> None:
        self._polled: OrderedDict[bytes, _Polled] = OrderedDict()

    def is_too_soon(self, digest: bytes, now: datetime) -> bool:
        """Record a poll. Return True if it came too soon, which makes the interval longer."""
        last = self._polled.pop(digest, None)
        if last is None:
            self._keep(digest, _Polled(now, INTERVAL))
            return False
        is_early = last.at <= now < last.at + last.interval - _TOLERANCE
        if is_early:
            slower = min(last.interval + _SLOWER, _SLOWEST)
            self._keep(digest, _Polled(last.at, slower))
        else:
            self._keep(digest, _Polled(now, last.interval))
        return is_early

    def _keep(self, digest: bytes, polled: _Polled) -> None:
        self._polled[digest] = polled
        if len(self._polled) > MOST:
            self._polled.popitem(last=False)
