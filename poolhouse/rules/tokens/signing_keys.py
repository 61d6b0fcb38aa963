"""Decide which of a pool's signing keys sign and verify, and until when."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.rules.tokens.lifetimes import LONGEST

OVERLAP: Final = LONGEST + timedelta(hours=1)
"""How long a key verifies after it was retired: until the last token that it may have signed is
over, and a while for calls under way and clocks that differ.
"""

# UNVERIFIED: AWS's age. A short one: verifiers that cache the keys learn of new ones no sooner.
CACHED: Final = timedelta(minutes=5)
"""Maximum time that verifiers may cache the key set."""

PUBLISHED_BEFORE: Final = CACHED + timedelta(minutes=1)
"""Time that new keys are in the key set before they sign, with a minute for clocks that differ."""


def signing(keys: Iterable[PoolKey], use: KeyUse, now: datetime) -> PoolKey | None:
    """Return the key that signs: the oldest one of this use that isn't retired.

    Keys are retired ahead of time. Until that moment the next key is published and signs nothing.
    """
    serving = [key for key in keys if key.use is use and not is_retired(key, now)]
    return min(serving, key=lambda key: (key.created_at, key.kid), default=None)


def is_retired(key: PoolKey, now: datetime) -> bool:
    """Return whether the key signs no more."""
    return key.retired_at is not None and key.retired_at <= now


def is_rotating(keys: Iterable[PoolKey], now: datetime) -> bool:
    """Return whether new keys are published that don't sign yet."""
    return any(key.retired_at is not None and key.retired_at > now for key in keys)
