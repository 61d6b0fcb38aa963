"""The texts of a message: the function's, the pool's template's, or AWS's defaults."""

from datetime import UTC, datetime
from typing import Any

import pytest

from poolhouse.entities.messages import Channel, Occasion, SenderFunction
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.messages.templates import (
    MessageTexts,
    for_custom_sender,
    invitation,
    verification,
)
from poolhouse.wire.structs import UserPoolType, VerificationMessageTemplateType

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TEMPLATE = VerificationMessageTemplateType(
    EmailSubject="template", EmailMessage="template {####}", SmsMessage="template {####}"
)
USER = User(
    sub="0b1c",
    pool_id="eu-west-1_Barn",
    username="zoe",
    status=UserStatus.UNCONFIRMED,
    attributes={"email": "zoe@barn.example", "phone_number": "+12065550100"},
    created_at=NOW,
    modified_at=NOW,
)


def pool(template: VerificationMessageTemplateType | None = None, **settings: Any) -> Pool:
    return Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(VerificationMessageTemplate=template, **settings),
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
    )


def texts(
    of: Pool,
    words: MessageTexts,
    channel: Channel = Channel.EMAIL,
    occasion: Occasion = Occasion.SIGN_UP,
) -> tuple[str, str]:
    source = f"CustomMessage_{occasion}"
    sent = verification(of, USER, channel, "012345", source=source, id="m-1", now=NOW, words=words)
    return sent.subject, sent.body


@pytest.mark.parametrize(
    ("words", "subject", "body"),
    [
        (MessageTexts(), "template", "template 012345"),
        (MessageTexts(subject="own"), "own", "template 012345"),
        (MessageTexts(email="own {####}"), "template", "own 012345"),
        (MessageTexts(email="own {####}", subject="own"), "own", "own 012345"),
        (MessageTexts(email="<b>{####}</b> {username}"), "template", "<b>012345</b> {username}"),
    ],
)
def test_message_texts_of_the_function_override_the_template(
    words: MessageTexts, subject: str, body: str
) -> None:
    assert texts(pool(TEMPLATE), words) == (subject, body)


def test_message_texts_of_the_function_apply_to_sms() -> None:
    assert texts(pool(TEMPLATE), MessageTexts(sms="own {####}"), Channel.SMS) == ("", "own 012345")


def test_message_texts_of_the_function_for_an_invitation_are_filled() -> None:
    words = MessageTexts(email="<i>{username}</i>: {####}")
    source = "CustomMessage_AdminCreateUser"
    sent = invitation(
        pool(), USER, Channel.EMAIL, "a<b", source=source, id="m-1", now=NOW, words=words
    )
    assert sent is not None
    assert sent.body == "<i>zoe</i>: a&lt;b"


def test_message_texts_of_a_sign_in_code_are_its_own() -> None:
    """ev:users-13.1."""
    signing_in = Occasion.AUTHENTICATION
    body = "Your authentication code is 012345. "
    assert texts(pool(TEMPLATE), MessageTexts(), Channel.SMS, signing_in) == ("", body)
    assert texts(pool(TEMPLATE), MessageTexts(), Channel.EMAIL, signing_in)[1] == body
    custom = pool(SmsAuthenticationMessage="in with {####}")
    assert texts(custom, MessageTexts(), Channel.SMS, signing_in) == ("", "in with 012345")


def test_message_for_a_custom_sender_has_no_texts() -> None:
    function = SenderFunction(arn="arn", key_arn="key", user_attributes={})
    source = "CustomEmailSender_SignUp"
    sent = for_custom_sender(
        pool(TEMPLATE),
        USER,
        Channel.EMAIL,
        "012345",
        source=source,
        function=function,
        id="m-1",
        now=NOW,
    )
    assert (sent.subject, sent.body, sent.code) == ("", "", "012345")
    assert (sent.function, sent.trigger_source) == (function, source)
    assert "012345" not in repr(sent)
