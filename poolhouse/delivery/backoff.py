"""Calculate the pause of a message between two tries."""

from datetime import timedelta
from typing import Final

SHORTEST: Final = timedelta(seconds=1)
LONGEST: Final = timedelta(hours=1)
_LONGEST_BASE: Final = LONGEST / 1.5
_DOUBLINGS: Final = 12  # 2^12 seconds are more than the longest

RANDOM_BYTES: Final = 4


def pause(failures: int, random_bytes: bytes) -> timedelta:
    """Return how long to wait after `failures` failed tries (1 or more); `RANDOM_BYTES` decide.

    Twice as long each time, from a second up to an hour, each up to half of it longer: after an
    outage of the mail server, what waited must not all come back in the same second.
    """
    base: timedelta = min(SHORTEST * (1 << min(failures - 1, _DOUBLINGS)), _LONGEST_BASE)
    jitter = int.from_bytes(random_bytes, "big") / (1 << 8 * RANDOM_BYTES)
    return base * (1 + jitter / 2)
