"""Verification codes and counts of attempts."""

import enum
from datetime import datetime
from typing import Protocol

import msgspec


class Purpose(enum.StrEnum):
    """The purpose of a code; it can't be used for another one."""

    SIGN_UP = "sign_up"
    VERIFY_EMAIL = "verify_email"
    VERIFY_PHONE_NUMBER = "verify_phone_number"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - no password


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """An outstanding code of one user for one purpose; asking again replaces it.

    `digest` is the code's keyed hash. `attribute` is what the code proves: email or phone_number.
    `pending` is the value that this attribute takes once the code has proved it; None: the code
    proves the value that the user has.
    """

    sub: str
    pool_id: str
    purpose: Purpose
    digest: bytes
    attribute: str
    pending: str | None = None
    created_at: datetime
    expires_at: datetime


class Action(enum.StrEnum):
    """An action that is counted per user: mostly an operation, by AWS's name."""

    CONFIRM_SIGN_UP = "ConfirmSignUp"
    RESEND_CONFIRMATION_CODE = "ResendConfirmationCode"
    GET_USER_ATTRIBUTE_VERIFICATION_CODE = "GetUserAttributeVerificationCode"
    VERIFY_USER_ATTRIBUTE = "VerifyUserAttribute"
    FORGOT_PASSWORD = "ForgotPassword"  # noqa: S105 - no password
    CONFIRM_FORGOT_PASSWORD = "ConfirmForgotPassword"  # noqa: S105 - no password
    CHANGE_PASSWORD = "ChangePassword"  # noqa: S105 - no password
    PASSWORD = "Password"  # noqa: S105 - no password
    """Failures to give the right password, in any operation."""
    MFA = "Mfa"
    """Failures to give the right second factor."""
    FIRST_FACTOR_CODE = "FirstFactorCode"
    """Failures to give the right code that begins a sign-in."""
    SIGN_IN_CODE = "SignInCode"
    """Codes for the start of a sign-in, which unauthenticated callers can request."""
    SECOND_FACTOR_MESSAGE = "SecondFactorMessage"
    """Codes that were sent as second factors, after another proof."""
    CLIENT_SECRET = "ClientSecret"  # noqa: S105 - no password
    """Failures to give an app client's secret, by client and address."""
    DEVICE_USER_CODE = "DeviceUserCode"
    """Failures to give a code that a device shows, by pool and address."""
    UPDATE_USER_ATTRIBUTES = "UpdateUserAttributes"
    """Codes that were sent to contacts that users gave themselves."""


class Holder(Protocol):
    """An owner of guessable secrets and the counts of guesses at them.

    A user, or an app client as seen from one address.
    """

    @property
    def sub(self) -> str: ...

    @property
    def pool_id(self) -> str: ...


class AttemptCount(msgspec.Struct, frozen=True, kw_only=True):
    """A user's attempts since the window began. `version` 0: not stored yet."""

    sub: str
    pool_id: str
    action: Action
    since: datetime
    count: int
    version: int = 0
