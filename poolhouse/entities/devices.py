"""A device that a user signs in with, and that the pool remembers."""

from datetime import datetime

import msgspec


class Device(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device, from the moment it was confirmed.

    It proves itself by SRP, with the names `group_key` and `key` and a secret it made itself, of
    which `salt` and `verifier` are kept; both are written as `rules.auth.srp.pad` writes numbers.
    Only a remembered one may do so instead of the user's second factor.
    """

    key: str
    sub: str
    pool_id: str
    group_key: str
    salt: bytes
    verifier: bytes
    remembered: bool = False
    name: str | None = None
    last_ip: str | None = None
    created_at: datetime
    modified_at: datetime
    authenticated_at: datetime
    version: int = 1

    def __repr__(self) -> str:
        return f"Device(key={self.key!r})"


class BrowserDevice(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a browser keeps of its device: whose it is, its key, and the secret it proves it by."""

    pool_id: str
    sub: str
    key: str
    secret: bytes

    def __repr__(self) -> str:
        return f"BrowserDevice(key={self.key!r})"
