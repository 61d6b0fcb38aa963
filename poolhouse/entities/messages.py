"""A message to a user: what waits in the outbox and what the inbox shows."""

import enum
from collections.abc import Mapping
from datetime import datetime

import msgspec


class Channel(enum.StrEnum):
    EMAIL = "EMAIL"
    SMS = "SMS"


class Occasion(enum.StrEnum):
    """The reason of a message; the ending of the trigger sources of all message triggers."""

    SIGN_UP = "SignUp"
    ADMIN_CREATE_USER = "AdminCreateUser"
    RESEND_CODE = "ResendCode"
    FORGOT_PASSWORD = "ForgotPassword"  # noqa: S105 - no password
    UPDATE_USER_ATTRIBUTE = "UpdateUserAttribute"
    VERIFY_USER_ATTRIBUTE = "VerifyUserAttribute"
    AUTHENTICATION = "Authentication"


class SenderFunction(msgspec.Struct, frozen=True, kw_only=True):
    """The pool's function that sends a message instead of us, and members of its event.

    `key_arn` is the pool's KMS key, which the code is sealed under on its way. ClientMetadata is
    in the event too, but not here: this is stored.
    """

    arn: str
    key_arn: str
    user_attributes: Mapping[str, str]
    client_id: str | None = None
    user_agent: str | None = None

    def __repr__(self) -> str:
        return f"SenderFunction(arn={self.arn!r})"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One email or text message, ready to send; `code` is the code or password inside it.

    `attempts` counts the tries that failed; `due_at` is when the next one is due. With a `function`
    the pool sends it itself.
    """

    id: str
    pool_id: str
    username: str
    channel: Channel
    destination: str
    trigger_source: str
    subject: str
    body: str
    code: str
    sender: str = ""
    reply_to: str = ""
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    function: SenderFunction | None = None
    decoy: bool = False
    """The message is for a decoy user: it takes the same work, and is dropped instead of sent."""

    def __repr__(self) -> str:
        return f"Message(id={self.id!r}, channel={self.channel.value})"
