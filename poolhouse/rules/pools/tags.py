"""The tags of a user pool (ev:users-3.4)."""

import re
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from poolhouse.entities.pools import Pool
from poolhouse.errors.pools import BadTag
from poolhouse.errors.protocol import InvalidParameter

MOST: Final = 50

# The tagging guide: letters, digits, spaces and these signs, in keys and values.
_ALLOWED: Final = re.compile(r"[\w\s.:/=+\-@]*")


def check(tags: Mapping[str, str]) -> None:
    """Refuse tags that CreateUserPool or UpdateUserPool gives. Lengths are the API model's."""
    if fault := _fault(tags):
        raise BadTag(text=fault)


def tag(pool: Pool, given: Mapping[str, str]) -> Pool:
    """Return the pool with more tags, or other values for those that it has.

    The model has no UserPoolTaggingException for TagResource. UNVERIFIED: is a bad tag an invalid
    parameter there, as here? And do tags leave the pool's LastModifiedDate alone?
    """
    tags = {**pool.tags, **given}
    if fault := _fault(tags):
        raise InvalidParameter(text=fault)
    return _with_tags(pool, tags)


def untag(pool: Pool, keys: Collection[str]) -> Pool:
    """Return the pool without these tags.

    UNVERIFIED: are keys that it doesn't have ignored?
    """
    return _with_tags(pool, {key: value for key, value in pool.tags.items() if key not in keys})


def _with_tags(pool: Pool, tags: dict[str, str]) -> Pool:
    settings = msgspec.structs.replace(pool.settings, UserPoolTags=tags)
    return msgspec.structs.replace(pool, settings=settings)


def _fault(tags: Mapping[str, str]) -> str | None:
    """Return what a pool's tags must not be.

    UNVERIFIED: the sentences. The guide has the rules alone; the one about `aws:` is that of other
    services.
    """
    if len(tags) > MOST:
        return f"A user pool can have at most {MOST} tags."
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            return "aws: prefixed tag key names are not allowed for external use."
        if not (_ALLOWED.fullmatch(key) and _ALLOWED.fullmatch(value)):
            return "A tag can have letters, digits, spaces and _ . : / = + - @ only."
    return None
