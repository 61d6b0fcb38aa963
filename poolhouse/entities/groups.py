"""A group of a pool's users."""

from datetime import datetime

import msgspec


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group as kept. `key` is the name as the pool compares names, unique in the pool.

    Memberships are bound to the `id`: a group created again under an old name has no old members.
    """

    id: str
    pool_id: str
    key: str
    name: str
    description: str | None = None
    role_arn: str | None = None
    precedence: int | None = None
    """The lower, the earlier; None comes last."""
    created_at: datetime
    modified_at: datetime
    version: int = 1
