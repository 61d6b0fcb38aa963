"""The keys that sign a pool's tokens: one for access tokens, one for ID tokens."""

import enum
from datetime import datetime

import msgspec


class KeyUse(enum.StrEnum):
    ACCESS = "access"
    ID = "id"


class PoolKey(msgspec.Struct, frozen=True, kw_only=True):
    """An RSA key pair of a pool; `private_der` is PKCS #8, sealed in the store."""

    kid: str
    pool_id: str
    use: KeyUse
    private_der: bytes
    created_at: datetime
    retired_at: datetime | None = None
    """Time from which another key signs, maybe in the future. Earlier signatures stay valid."""

    def __repr__(self) -> str:
        return f"PoolKey(kid={self.kid!r})"
