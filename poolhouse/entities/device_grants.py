"""A device's request for tokens, which a user allows or denies in a browser (RFC 8628)."""

from datetime import datetime

import msgspec

from poolhouse.entities.authorization import AuthorizationCode


class DeviceGrant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request that waits for its user, or has an answer.

    `digest` is the keyed hash of the device code, `user_code` that of the code that users type.
    `granted` is what the device's tokens are made of, once a user has allowed it.
    """

    digest: bytes
    user_code: str
    pool_id: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime
    source_ip: str | None = None
    """Where the request came from; the user is shown it."""
    user_agent: str | None = None
    granted: AuthorizationCode | None = None
    is_denied: bool = False
    version: int = 1

    @property
    def is_decided(self) -> bool:
        """Return whether a user has answered."""
        return self.is_denied or self.granted is not None

    def __repr__(self) -> str:
        return f"DeviceGrant(pool_id={self.pool_id!r}, client_id={self.client_id!r})"
