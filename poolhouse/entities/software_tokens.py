"""An authenticator app as a user's second factor."""

import msgspec


class SoftwareToken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The secret that a user shares with an authenticator app. `version` 0: not stored yet.

    `secret` is the valid one, empty until a code has verified that the app has it. `pending` is one
    that was issued since, and replaces `secret` when a code of it is verified. `last_step` is the
    time step of the last code that was used; codes of it or of earlier steps are refused.
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
