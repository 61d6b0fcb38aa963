"""An authenticator app as a user's second factor."""

import msgspec


class SoftwareToken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a user shares with an authenticator app (TOTP). `version` 0: not stored yet.

    `secret` is the one that counts, empty as long as no code has proved that the app has it.
    `pending` is one that was handed out since: it takes the place of `secret` when a code of it
    comes back. `last_step` is the time step of the last code that was used; no code of it, or of
    one before it, counts again.
    """

    sub: str
    pool_id: str
    secret: bytes = b""
    pending: bytes = b""
    last_step: int = 0
    device_name: str | None = None
    version: int = 0

    def __repr__(self) -> str:
        return f"SoftwareToken(sub={self.sub!r})"

    @property
    def is_registered(self) -> bool:
        return bool(self.secret)
