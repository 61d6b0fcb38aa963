"""The second factors of a user."""

from datetime import datetime

import msgspec


class MfaSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user's enabled second factors, and the preferred one by its challenge's name."""

    sms: bool = False
    email: bool = False
    software_token: bool = False
    passkey: bool = False
    """A passkey with user verification counts as both factors."""
    preferred: str | None = None
    changed_at: datetime | None = None
    """Time of the last registered or changed factor; `rules.auth.factor_changes` sets it."""


NO_MFA = MfaSettings()
