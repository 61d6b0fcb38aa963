"""CustomMessage: what the function is told, and which of its words are taken (ev:triggers-6.6)."""

import json

import pytest
from support.sign_in_functions import about
from support.trigger_world import ARN

from poolhouse.entities.messages import Channel, Occasion
from poolhouse.rules.messages.templates import MessageTexts
from poolhouse.triggers.custom_message import CustomMessage
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import FunctionResponse
from poolhouse.wire.errors import InvalidLambdaResponseException

BY_CLIENT = Invocation(pool_id="us-east-1_Example01", username="ann", client_id="1example")
CODE, NAME = "{####}", "{username}"


class Function:
    """A transport that keeps the event and answers with `response`."""

    def __init__(self, response: object) -> None:
        self.response = response
        self.event: object = None

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        self.event = json.loads(payload)
        return FunctionResponse(payload=json.dumps({"response": self.response}).encode())

    async def close(self) -> None:
        pass


async def words(
    response: object,
    *channels: Channel,
    occasion: Occasion = Occasion.SIGN_UP,
    by_link: bool = False,
) -> MessageTexts:
    return await CustomMessage(
        occasion=occasion,
        channels=channels or (Channel.EMAIL,),
        by_link=by_link,
        client_metadata=None,
    ).invoke(Invoker({ARN: Function(response)}), ARN, about(BY_CLIENT, user_attributes={}))


@pytest.mark.parametrize(
    ("occasion", "source", "username_parameter"),
    [
        (Occasion.SIGN_UP, "CustomMessage_SignUp", None),
        (Occasion.ADMIN_CREATE_USER, "CustomMessage_AdminCreateUser", "{username}"),
        (Occasion.RESEND_CODE, "CustomMessage_ResendCode", None),
        (Occasion.FORGOT_PASSWORD, "CustomMessage_ForgotPassword", None),
        (Occasion.UPDATE_USER_ATTRIBUTE, "CustomMessage_UpdateUserAttribute", None),
        (Occasion.VERIFY_USER_ATTRIBUTE, "CustomMessage_VerifyUserAttribute", None),
        (Occasion.AUTHENTICATION, "CustomMessage_Authentication", None),
    ],
)
async def test_custom_message_event_has_placeholders_and_never_the_code(
    occasion: Occasion, source: str, username_parameter: str | None
) -> None:
    function = Function({})
    await CustomMessage(
        occasion=occasion, channels=[Channel.EMAIL], by_link=False, client_metadata={"locale": "de"}
    ).invoke(
        Invoker({ARN: function}),
        ARN,
        about(BY_CLIENT, user_attributes={"sub": "0b1c", "cognito:user_status": "UNCONFIRMED"}),
    )
    assert function.event == {
        "version": "1",
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": "us-east-1_Example01",
        "userName": "ann",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example"},
        "request": {
            "userAttributes": {"sub": "0b1c", "cognito:user_status": "UNCONFIRMED"},
            "codeParameter": "{####}",
            "linkParameter": "{##Click Here##}",
            "usernameParameter": username_parameter,
            "clientMetadata": {"locale": "de"},
        },
        "response": {"smsMessage": None, "emailMessage": None, "emailSubject": None},
    }


ALL = {"smsMessage": f"s {CODE}", "emailMessage": f"e {CODE}", "emailSubject": "hay"}
INVITED = {"smsMessage": f"{NAME} {CODE}", "emailMessage": f"{CODE} for {NAME}"}


@pytest.mark.parametrize(
    ("response", "channels", "taken"),
    [
        (ALL, (Channel.EMAIL,), MessageTexts(email=f"e {CODE}", subject="hay")),
        (ALL, (Channel.SMS,), MessageTexts(sms=f"s {CODE}")),
        (ALL, tuple(Channel), MessageTexts(email=f"e {CODE}", subject="hay", sms=f"s {CODE}")),
        ({}, tuple(Channel), MessageTexts()),
        (dict.fromkeys(ALL), tuple(Channel), MessageTexts()),
        (dict.fromkeys(ALL, ""), tuple(Channel), MessageTexts()),
        ({"emailSubject": "only this"}, (Channel.EMAIL,), MessageTexts(subject="only this")),
        # What isn't sent isn't looked at.
        (ALL | {"smsMessage": 7}, (Channel.EMAIL,), MessageTexts(email=f"e {CODE}", subject="hay")),
        (ALL | {"emailMessage": "no code"}, (Channel.SMS,), MessageTexts(sms=f"s {CODE}")),
        ({"smsMessage": CODE + "x" * 134}, (Channel.SMS,), MessageTexts(sms=CODE + "x" * 134)),
        (
            {"emailMessage": CODE + "x" * 19_994, "emailSubject": "x" * 140},
            (Channel.EMAIL,),
            MessageTexts(email=CODE + "x" * 19_994, subject="x" * 140),
        ),
    ],
)
async def test_custom_message_texts_apply_to_the_medium_sent(
    response: object, channels: tuple[Channel, ...], taken: MessageTexts
) -> None:
    assert await words(response, *channels) == taken


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        ({"emailMessage": "Hello!"}, "emailMessage does not contain {####}."),
        ({"smsMessage": "Hello!"}, "smsMessage does not contain {####}."),
        ({"emailMessage": "{##Click Here##}"}, "emailMessage does not contain {####}."),
        ({"smsMessage": CODE + "x" * 135}, "smsMessage is longer than 140 characters."),
        ({"emailMessage": CODE + "x" * 19_995}, "emailMessage is longer than 20000 characters."),
        ({"emailSubject": "x" * 141}, "emailSubject is longer than 140 characters."),
    ],
)
async def test_custom_message_texts_that_cannot_be_sent_are_refused(
    response: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidLambdaResponseException) as refusal:
        await words(response, *Channel)
    assert str(refusal.value) == f"Invalid lambda response: {sentence}"


@pytest.mark.parametrize("value", [7, True, [CODE], {"text": CODE}])
async def test_custom_message_texts_that_are_no_strings_are_refused(value: object) -> None:
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await words({"emailMessage": value})


async def test_custom_message_invitation_without_username_placeholder_is_refused() -> None:
    invited = Occasion.ADMIN_CREATE_USER
    taken = await words(INVITED, *Channel, occasion=invited)
    assert (taken.sms, taken.email) == (f"{NAME} {CODE}", f"{CODE} for {NAME}")
    with pytest.raises(InvalidLambdaResponseException) as refusal:
        await words({"smsMessage": f"only {CODE}"}, Channel.SMS, occasion=invited)
    sentence = "Invalid lambda response: smsMessage does not contain {username}."
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("text", ["{##Click Here##}", "{##Verify Email##}", "{####}"])
async def test_custom_message_email_may_have_a_link_placeholder_where_links_confirm(
    text: str,
) -> None:
    assert (await words({"emailMessage": text}, by_link=True)).email == text
    with pytest.raises(InvalidLambdaResponseException):
        await words({"smsMessage": "{##Click Here##}"}, Channel.SMS, by_link=True)
