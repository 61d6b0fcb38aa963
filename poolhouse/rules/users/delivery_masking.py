"""Mask the contact that a code was sent to: `CodeDeliveryDetails.Destination`."""

from typing import Final

_DIGITS_SHOWN: Final = 4


def mask_email(email: str) -> str:
    """Return `z***@b***` for `zoe@barn.example`, whatever the lengths (ev:users-13.6)."""
    mailbox, _, domain = email.rpartition("@")
    return f"{mailbox[:1]}***@{domain[:1]}***"


def mask_phone(phone_number: str) -> str:
    """Return `+*******0100` for `+12065550100`: a star for every digit but the last four."""
    digits = phone_number.removeprefix("+")
    if len(digits) <= _DIGITS_SHOWN:  # no real number; the four would be all of it
        return "+" + "*" * len(digits)
    return f"+{'*' * (len(digits) - _DIGITS_SHOWN)}{digits[-_DIGITS_SHOWN:]}"
