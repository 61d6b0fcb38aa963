"""A code by which a user signs in without the second factor, once."""

from datetime import datetime

import msgspec


class RecoveryCode(msgspec.Struct, frozen=True, kw_only=True):
    """An unused recovery code. `digest` is its keyed hash: the code itself isn't stored."""

    sub: str
    pool_id: str
    digest: bytes
    made_at: datetime

    def __repr__(self) -> str:
        return f"RecoveryCode(sub={self.sub!r})"
