"""Authentication methods, in the values of the tokens' claim `amr` (RFC 8176; ev:auth-17)."""

import enum


class Amr(enum.StrEnum):
    """One method by which a user has authenticated.

    `SWK` and `HWK` are passkeys, by where the key is kept. `MFA` says that there were several
    methods, or that a passkey has verified its user too.
    """

    PWD = "pwd"  # noqa: S105 - a claim's value
    OTP = "otp"
    """An authenticator app."""
    SMS = "sms"
    EMAIL_OTP = "email_otp"
    SWK = "swk"
    HWK = "hwk"
    MFA = "mfa"
