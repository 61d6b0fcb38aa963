"""The events of CustomEmailSender and CustomSMSSender (ev:triggers-6.11)."""

import json

import pytest
from support.sign_in_functions import about
from support.trigger_world import ARN

from poolhouse.entities.messages import Channel, Occasion
from poolhouse.triggers.custom_sender import CustomSender, source
from poolhouse.triggers.events import Invocation
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import FunctionResponse
from poolhouse.wire.errors import UserLambdaValidationException

BY_ADMINISTRATOR = Invocation(pool_id="us-east-1_Example01", username="ann")


class Function:
    """A transport that keeps the event and gives one answer."""

    def __init__(self, answer: FunctionResponse) -> None:
        self.answer = answer
        self.event: object = None

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        self.event = json.loads(payload)
        return self.answer

    async def close(self) -> None:
        pass


async def send(function: Function, channel: Channel = Channel.EMAIL) -> None:
    await CustomSender(
        channel=channel,
        source=source(channel, Occasion.ADMIN_CREATE_USER),
        sealed_code="AYADeA==",
        client_metadata=None,
    ).invoke(
        Invoker({ARN: function}),
        ARN,
        about(BY_ADMINISTRATOR, user_attributes={"sub": "0b1c", "email": "ann@barn.example"}),
    )


@pytest.mark.parametrize(
    ("channel", "source", "type"),
    [
        (
            Channel.EMAIL,
            "CustomEmailSender_AdminCreateUser",
            "customEmailSenderRequestV1",
        ),
        (Channel.SMS, "CustomSMSSender_AdminCreateUser", "customSMSSenderRequestV1"),
    ],
)
async def test_custom_sender_event_has_the_encrypted_code(
    channel: Channel, source: str, type: str
) -> None:
    function = Function(FunctionResponse(payload=b"null"))
    await send(function, channel)
    assert function.event == {
        "version": "1",
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": "us-east-1_Example01",
        "userName": "ann",
        "callerContext": {
            "awsSdkVersion": "aws-sdk-unknown-unknown",
            "clientId": "CLIENT_ID_NOT_APPLICABLE",
        },
        "request": {
            "type": type,
            "code": "AYADeA==",
            "clientMetadata": None,
            "userAttributes": {"sub": "0b1c", "email": "ann@barn.example"},
        },
    }


@pytest.mark.parametrize("payload", [b"null", b"", b"{}", b'"sent"', b"not JSON", b"[" * 100_000])
async def test_custom_sender_response_is_ignored(payload: bytes) -> None:
    await send(Function(FunctionResponse(payload=payload)))


async def test_custom_sender_function_error_is_raised() -> None:
    payload = b'{"errorMessage": "no mail today"}'
    with pytest.raises(UserLambdaValidationException):
        await send(Function(FunctionResponse(payload=payload, function_error="Unhandled")))
