"""A user's email address and phone number, in the words of each part of the API."""

import enum
from typing import Final, Self

from poolhouse.entities.amr import Amr
from poolhouse.entities.codes import Purpose
from poolhouse.entities.messages import Channel
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.enums import DeliveryMediumType, RecoveryOptionNameType


class Contact(enum.StrEnum):
    """An address for codes and invitations. The value is the attribute's name."""

    _value_: str
    channel: Channel
    """The channel of messages to it."""
    medium: DeliveryMediumType
    """The same in requests and responses."""
    mfa: Challenge
    """The challenge of a code as second factor."""
    otp: Challenge
    """The challenge of a code as first factor."""
    factor: Factor
    """The first factor in USER_AUTH."""
    recovery_option: RecoveryOptionNameType
    purpose: Purpose
    """The purpose of a code that verifies the attribute."""
    amr: Amr
    """The method that a code sent there adds to the claim `amr`."""

    EMAIL = (
        "email",
        Channel.EMAIL,
        DeliveryMediumType.EMAIL,
        Challenge.EMAIL_OTP,
        Challenge.EMAIL_OTP,
        Factor.EMAIL_OTP,
        RecoveryOptionNameType.VERIFIED_EMAIL,
        Purpose.VERIFY_EMAIL,
        Amr.EMAIL_OTP,
    )
    PHONE = (
        "phone_number",
        Channel.SMS,
        DeliveryMediumType.SMS,
        Challenge.SMS_MFA,
        Challenge.SMS_OTP,
        Factor.SMS_OTP,
        RecoveryOptionNameType.VERIFIED_PHONE_NUMBER,
        Purpose.VERIFY_PHONE_NUMBER,
        Amr.SMS,
    )

    def __new__(  # noqa: PLR0917 - an enumeration passes its members' values by position
        cls,
        attribute: str,
        channel: Channel,
        medium: DeliveryMediumType,
        mfa: Challenge,
        otp: Challenge,
        factor: Factor,
        recovery_option: RecoveryOptionNameType,
        purpose: Purpose,
        amr: Amr,
    ) -> Self:
        contact = str.__new__(cls, attribute)
        contact._value_ = attribute
        contact.channel, contact.medium = channel, medium
        contact.mfa, contact.otp, contact.factor = mfa, otp, factor
        contact.recovery_option, contact.purpose, contact.amr = recovery_option, purpose, amr
        return contact

    @property
    def attribute(self) -> str:
        """Return the name of the user's attribute."""
        return self._value_

    @property
    def verified_attribute(self) -> str:
        """Return the name of the attribute that says whether the contact is verified."""
        return f"{self._value_}_verified"

    @property
    def challenges(self) -> tuple[Challenge, ...]:
        """Return the challenges that a code sent there answers."""
        return (self.mfa, self.otp)


OF_ATTRIBUTE: Final = {contact.attribute: contact for contact in Contact}
OF_CHALLENGE: Final = {name: contact for contact in Contact for name in contact.challenges}
OF_CHANNEL: Final = {contact.channel: contact for contact in Contact}
OF_MEDIUM: Final = {contact.medium: contact for contact in Contact}
OF_RECOVERY_OPTION: Final = {contact.recovery_option: contact for contact in Contact}

BY_PREFERENCE: Final = (Contact.PHONE, Contact.EMAIL)
"""The order in which codes go to them, unless the pool is configured otherwise."""
