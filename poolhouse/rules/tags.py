"""The tags of a user pool (users.md §3.4)."""

import re
from collections.abc import Mapping
from typing import Final

from poolhouse.errors import BadTag

MOST: Final = 50

# The tagging guide: letters, digits, spaces and these signs, in keys and values.
_ALLOWED: Final = re.compile(r"[\w\s.:/=+\-@]*")


def check(tags: Mapping[str, str]) -> None:
    """Refuse tags that a pool cannot have. Lengths are the API model's to check.

    UNVERIFIED: the sentences. The guide has the rules alone; the one about `aws:` is that of other
    services.
    """
    if len(tags) > MOST:
        raise BadTag(text=f"A user pool can have at most {MOST} tags.")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise BadTag(text="aws: prefixed tag key names are not allowed for external use.")
        if not (_ALLOWED.fullmatch(key) and _ALLOWED.fullmatch(value)):
            raise BadTag(text="A tag can have letters, digits, spaces and _ . : / = + - @ only.")
