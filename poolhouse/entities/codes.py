"""A one-time code, and how often somebody has tried."""

import enum
from datetime import datetime

import msgspec


class Purpose(enum.StrEnum):
    """What a code is good for; a code of one purpose doesn't serve another."""

    SIGN_UP = "sign_up"


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """An outstanding code of one user for one purpose; asking again replaces it.

    `digest` is the code's keyed hash. `attribute` is what the code proves: email or phone_number.
    """

    sub: str
    pool_id: str
    purpose: Purpose
    digest: bytes
    attribute: str
    created_at: datetime
    expires_at: datetime


class Action(enum.StrEnum):
    """What is counted per user, by AWS's name of the operation."""

    CONFIRM_SIGN_UP = "ConfirmSignUp"
    RESEND_CONFIRMATION_CODE = "ResendConfirmationCode"


class Attempts(msgspec.Struct, frozen=True, kw_only=True):
    """How often a user did something since the window began. `version` 0: not stored yet."""

    sub: str
    pool_id: str
    action: Action
    since: datetime
    count: int
    version: int = 0
