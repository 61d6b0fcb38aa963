"""Message templates, and code delivery details (ev:users-8.1, ev:users-13, ev:users-14)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.contacts import Contact
from poolhouse.entities.messages import Channel, Message
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.messages.delivery_details import code_target, decoy_contact, delivery_details
from poolhouse.rules.messages.templates import invitation, verification
from poolhouse.wire.enums import (
    DeliveryMediumType,
    UsernameAttributeType,
    VerifiedAttributeType,
)
from poolhouse.wire.structs import (
    AdminCreateUserConfigType,
    CodeDeliveryDetailsType,
    EmailConfigurationType,
    MessageTemplateType,
    UsernameConfigurationType,
    UserPoolType,
    VerificationMessageTemplateType,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DIGEST = bytes(range(32))
EMAIL, PHONE = Contact


def pool(settings: UserPoolType | None = None) -> Pool:
    return Pool(
        id="eu-west-1_Barn",
        settings=settings or UserPoolType(),
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
    )


def verifying(*attributes: str, case_sensitive: bool = False) -> Pool:
    return pool(
        UserPoolType(
            AutoVerifiedAttributes=[VerifiedAttributeType(name) for name in attributes],
            UsernameConfiguration=UsernameConfigurationType(CaseSensitive=case_sensitive),
        )
    )


def user(username: str = "zoe") -> User:
    return User(
        sub="0b1c",
        pool_id="eu-west-1_Barn",
        username=username,
        status=UserStatus.UNCONFIRMED,
        attributes={"email": "zoe@barn.example", "phone_number": "+12065550100"},
        created_at=NOW,
        modified_at=NOW,
    )


def verify(of: Pool, channel: Channel = Channel.EMAIL, name: str = "zoe") -> Message:
    return verification(
        of, user(name), channel, "012345", source="CustomMessage_SignUp", id="m-1", now=NOW
    )


def invite(
    of: Pool, channel: Channel = Channel.EMAIL, name: str = "zoe", password: str = "Pa-5"
) -> Message | None:
    source = "CustomMessage_AdminCreateUser"
    return invitation(of, user(name), channel, password, source=source, id="m-1", now=NOW)


def with_invitation(email: str | None, sms: str | None = None, subject: str | None = None) -> Pool:
    template = MessageTemplateType(EmailMessage=email, SMSMessage=sms, EmailSubject=subject)
    config = AdminCreateUserConfigType(InviteMessageTemplate=template)
    return pool(UserPoolType(AdminCreateUserConfig=config))


def test_verification_email_has_the_default_text_of_aws() -> None:
    """ev:users-13.1, read off pools made by the console."""
    assert verify(pool()) == Message(
        id="m-1",
        pool_id="eu-west-1_Barn",
        username="zoe",
        channel=Channel.EMAIL,
        destination="zoe@barn.example",
        trigger_source="CustomMessage_SignUp",
        subject="Your verification code",
        body="Your verification code is 012345. ",
        code="012345",
        created_at=NOW,
        due_at=NOW,
    )


def test_verification_sms_has_the_default_text_without_subject() -> None:
    sent = verify(pool(), Channel.SMS)
    assert (sent.destination, sent.subject) == ("+12065550100", "")
    assert sent.body == "Your verification code is 012345. "


def test_verification_template_replaces_the_default_texts() -> None:
    template = VerificationMessageTemplateType(
        EmailSubject="Hay", EmailMessage="<b>{####}</b> for the barn", SmsMessage="{####}, {####}!"
    )
    of = pool(UserPoolType(VerificationMessageTemplate=template))
    assert verify(of).subject == "Hay"
    assert verify(of).body == "<b>012345</b> for the barn"
    assert verify(of, Channel.SMS).body == "012345, 012345!"


def test_verification_template_is_read_from_the_older_members_too() -> None:
    """ev:users-3.1: the two mirror each other, and the template wins."""
    of = UserPoolType(
        EmailVerificationSubject="old subject",
        EmailVerificationMessage="old {####}",
        SmsVerificationMessage="old sms {####}",
        VerificationMessageTemplate=VerificationMessageTemplateType(EmailMessage="new {####}"),
    )
    assert verify(pool(of)).subject == "old subject"
    assert verify(pool(of)).body == "new 012345"
    assert verify(pool(of), Channel.SMS).body == "old sms 012345"


@pytest.mark.parametrize(
    "text", ["{username} {####}", "{email} {####}", "{####} {#####}", "{{####}"]
)
def test_verification_template_leaves_other_placeholders_as_text(text: str) -> None:
    """`{username}` works in invitations only (ev:users-13.1, aws-cdk#12931)."""
    template = VerificationMessageTemplateType(EmailMessage=text)
    sent = verify(pool(UserPoolType(VerificationMessageTemplate=template)))
    assert sent.body == text.replace("{####}", "012345")


def test_invitation_email_has_the_default_text_of_aws() -> None:
    sent = invite(pool())
    assert sent is not None
    assert sent.subject == "Your temporary password"
    assert sent.body == "Your username is zoe and temporary password is Pa-5. "
    assert sent.code == "Pa-5"
    assert sent.trigger_source == "CustomMessage_AdminCreateUser"


def test_invitation_sms_has_the_default_text() -> None:
    sent = invite(pool(), Channel.SMS)
    assert sent is not None
    assert sent.body == "Your username is zoe and temporary password is Pa-5. "


@pytest.mark.parametrize("channel", Channel)
def test_invitation_without_password_placeholder_is_not_delivered(channel: Channel) -> None:
    """The API's text on AdminCreateUser."""
    assert invite(with_invitation("Welcome, {username}", "Welcome, {username}"), channel) is None


def test_placeholders_in_a_subject_stay() -> None:
    """amplify-js#936: in a subject the code is not filled in."""
    sent = invite(with_invitation("{####}", subject="{####} for {username}"))
    assert sent is not None
    assert sent.subject == "{####} for {username}"


def test_invitation_values_are_not_filled_recursively() -> None:
    by_mail = invite(with_invitation("{username}: {####}"), name="{####}", password="{username}")
    assert by_mail is not None
    assert by_mail.body == "{####}: {username}"


def test_invitation_values_are_escaped_in_email() -> None:
    """A name that an unauthenticated caller chose must not become a link in our mail."""
    by_mail = invite(pool(), name='<a href="x">', password="a&b<c")
    by_sms = invite(pool(), Channel.SMS, name='<a href="x">', password="a&b<c")
    assert by_mail is not None
    assert by_sms is not None
    assert "is &lt;a href=&quot;x&quot;&gt; and" in by_mail.body
    assert "a&amp;b&lt;c. " in by_mail.body
    assert by_mail.code == "a&b<c"
    assert by_sms.body == 'Your username is <a href="x"> and temporary password is a&b<c. '


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ([], "0b1c"),
        (["email"], "zoe@barn.example"),
        (["phone_number"], "+12065550100"),
        (["phone_number", "email"], "zoe@barn.example"),
    ],
)
def test_invitation_has_the_name_that_the_user_signs_in_with(
    attributes: list[str], name: str
) -> None:
    kinds = [UsernameAttributeType(attribute) for attribute in attributes]
    sent = invite(pool(UserPoolType(UsernameAttributes=kinds)), name="0b1c")
    assert sent is not None
    assert sent.body.startswith(f"Your username is {name} and ")


@pytest.mark.parametrize(
    ("configuration", "sender"),
    [
        (EmailConfigurationType(), ""),
        (EmailConfigurationType(From="Barn <hay@barn.example>"), "Barn <hay@barn.example>"),
        (
            EmailConfigurationType(
                SourceArn="arn:aws:ses:eu-west-1:123456789012:identity/hay@barn.example"
            ),
            "hay@barn.example",
        ),
        (
            EmailConfigurationType(
                SourceArn="arn:aws:ses:eu-west-1:123456789012:identity/barn.example"
            ),
            "",
        ),
        (
            EmailConfigurationType(
                From="from@barn.example",
                SourceArn="arn:aws:ses:eu-west-1:123456789012:identity/hay@barn.example",
            ),
            "from@barn.example",
        ),
    ],
)
def test_email_sender_is_the_address_of_the_pool(
    configuration: EmailConfigurationType, sender: str
) -> None:
    """ev:users-13.2; "" is the server's own address."""
    of = pool(UserPoolType(EmailConfiguration=configuration))
    assert verify(of).sender == sender
    assert verify(of, Channel.SMS).sender == ""


def test_email_reply_to_is_the_address_of_the_pool() -> None:
    mailing = EmailConfigurationType(ReplyToEmailAddress="help@barn.example")
    of = pool(UserPoolType(EmailConfiguration=mailing))
    assert verify(of).reply_to == "help@barn.example"
    assert verify(of, Channel.SMS).reply_to == ""


BOTH = {"email": "zoe@barn.example", "phone_number": "+12065550100"}


@pytest.mark.parametrize(
    ("auto_verified", "attributes", "target"),
    [
        ([], BOTH, None),
        (["email"], BOTH, EMAIL),
        (["phone_number"], BOTH, PHONE),
        (["email", "phone_number"], BOTH, PHONE),  # amplify-js#1959: both supplied, SMS only
        (["email", "phone_number"], {"email": "zoe@barn.example"}, EMAIL),
        (["email"], {"phone_number": "+12065550100"}, None),
        (["email"], {"email": ""}, None),
        (["email"], BOTH | {"email_verified": "false"}, EMAIL),
        (["email"], BOTH | {"email_verified": "true"}, None),
        (["email", "phone_number"], BOTH | {"phone_number_verified": "true"}, EMAIL),
    ],
)
def test_code_target_is_the_first_unverified_contact(
    auto_verified: list[str], attributes: dict[str, str], target: Contact | None
) -> None:
    """ev:users-8.1."""
    assert code_target(verifying(*auto_verified), attributes) is target


def details(attribute: str, destination: str) -> CodeDeliveryDetailsType:
    medium = DeliveryMediumType.EMAIL if attribute == "email" else DeliveryMediumType.SMS
    return CodeDeliveryDetailsType(
        AttributeName=attribute, DeliveryMedium=medium, Destination=destination
    )


def test_delivery_details_mask_where_the_code_went() -> None:
    """floci#1898, measured on the live service."""
    assert delivery_details(EMAIL, "zoe@barn.example") == details("email", "z***@b***")
    assert delivery_details(PHONE, "+551198898920") == details("phone_number", "+********8920")


def shown_of(pool: Pool, name: str, digest: bytes = DIGEST) -> CodeDeliveryDetailsType:
    """Return what the caller learns of a code for an unknown user."""
    return delivery_details(*decoy_contact(pool, name, digest))


@pytest.mark.parametrize(
    ("auto_verified", "name", "shown"),
    [
        (["email"], "zoe@barn.example", details("email", "z***@b***")),
        (["email", "phone_number"], "zoe@barn.example", details("email", "z***@b***")),
        (["phone_number"], "+551198898920", details("phone_number", "+********8920")),
        ([], "+551198898920", details("phone_number", "+********8920")),
        (["email"], "zoe", details("email", "a***@b***")),
        ([], "zoe", details("email", "a***@b***")),
        (["email"], "+551198898920", details("email", "a***@b***")),
        (["email", "phone_number"], "zoe", details("phone_number", "+*******2069")),
        (["phone_number"], "zoe@barn.example", details("phone_number", "+*******2069")),
    ],
)
def test_code_delivery_of_an_unknown_user_has_the_form_of_a_known_one(
    auto_verified: list[str], name: str, shown: CodeDeliveryDetailsType
) -> None:
    """ev:users-14: by the form of the name and the pool's settings."""
    assert shown_of(verifying(*auto_verified), name) == shown


def test_code_delivery_of_an_unknown_user_follows_the_pools_case() -> None:
    folding, exact = verifying("email"), verifying("email", case_sensitive=True)
    assert shown_of(folding, "Zoe@Barn.example").Destination == "z***@b***"
    assert shown_of(exact, "Zoe@Barn.example").Destination == "Z***@B***"


@given(st.text(max_size=30), st.binary(min_size=32, max_size=32), st.booleans())
def test_code_delivery_of_any_unknown_name_is_plausible(
    name: str, digest: bytes, by_phone: bool
) -> None:
    shown = shown_of(verifying("phone_number" if by_phone else "email"), name, digest)
    assert shown.AttributeName == ("phone_number" if by_phone else "email")
    assert shown.Destination is not None
    if by_phone:
        assert shown.Destination.startswith("+*******") or name.startswith("+")
    else:
        local, domain = shown.Destination.split("@")
        assert (len(local), len(domain)) == (4, 4)
