"""The names of a contact in each part of the API."""

import pytest

from poolhouse.entities.contacts import (
    BY_PREFERENCE,
    OF_ATTRIBUTE,
    OF_CHALLENGE,
    OF_CHANNEL,
    OF_MEDIUM,
    OF_RECOVERY_OPTION,
    Contact,
)


@pytest.mark.parametrize(
    ("contact", "words"),
    [
        (
            Contact.EMAIL,
            {
                "attribute": "email",
                "verified_attribute": "email_verified",
                "channel": "EMAIL",
                "medium": "EMAIL",
                "mfa": "EMAIL_OTP",
                "otp": "EMAIL_OTP",
                "factor": "EMAIL_OTP",
                "recovery_option": "verified_email",
                "purpose": "verify_email",
                "amr": "email_otp",
            },
        ),
        (
            Contact.PHONE,
            {
                "attribute": "phone_number",
                "verified_attribute": "phone_number_verified",
                "channel": "SMS",
                "medium": "SMS",
                "mfa": "SMS_MFA",
                "otp": "SMS_OTP",
                "factor": "SMS_OTP",
                "recovery_option": "verified_phone_number",
                "purpose": "verify_phone_number",
                "amr": "sms",
            },
        ),
    ],
)
def test_contact_has_the_name_of_each_part_of_the_api(
    contact: Contact, words: dict[str, str]
) -> None:
    assert {name: str(getattr(contact, name)) for name in words} == words
    assert f"{contact}" == words["attribute"]
    assert {words["attribute"]: "a value"}[contact] == "a value"


def test_contact_is_found_by_each_of_its_names() -> None:
    assert set(BY_PREFERENCE) == set(Contact)
    for contact in Contact:
        assert OF_ATTRIBUTE[contact.attribute] is contact
        assert OF_CHANNEL[contact.channel] is contact
        assert OF_MEDIUM[contact.medium] is contact
        assert OF_RECOVERY_OPTION[contact.recovery_option] is contact
        assert {OF_CHALLENGE[name] for name in contact.challenges} == {contact}
