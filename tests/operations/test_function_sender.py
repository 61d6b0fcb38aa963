"""The sender that has pools' own functions send: its failures, its tries, and what it remembers."""

import json
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from poolhouse.delivery.contract import SendFailure
from poolhouse.entities.messages import Channel, Message, SenderFunction
from poolhouse.services.custom_sender import MOST_REMEMBERED, FunctionSender
from poolhouse.triggers.custom_sender import KeyUnusable
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import FunctionResponse, TransportFailure

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:send"
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/1"
MESSAGE = Message(
    id="m-1",
    pool_id="eu-west-1_Barn",
    username="zoe",
    channel=Channel.EMAIL,
    destination="zoe@barn.example",
    trigger_source="CustomEmailSender_SignUp",
    subject="",
    body="",
    code="012345",
    created_at=NOW,
    due_at=NOW,
    function=SenderFunction(
        arn=ARN,
        key_arn=KEY_ARN,
        user_attributes={"sub": "0b1c"},
        client_id="1example",
        user_agent="aws-sdk-js/2.1639.0 x",
    ),
)
THROWN = FunctionResponse(payload=b'{"errorMessage": "012345"}', function_error="Unhandled")


class Function:
    """A transport: `outcomes` are to come, then all goes well."""

    def __init__(self, *outcomes: FunctionResponse | Exception) -> None:
        self.outcomes = list(outcomes)
        self.requests: list[dict[str, object]] = []
        self.event: dict[str, object] = {}

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        self.event = json.loads(payload)
        self.requests.append(json.loads(payload)["request"])
        outcome = self.outcomes.pop(0) if self.outcomes else FunctionResponse(payload=b"null")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        pass


class Sealer:
    def __init__(self, *, unusable: str | None = None) -> None:
        self.unusable = unusable

    async def seal(self, code: str, key_arn: str, pool_id: str) -> str:
        if self.unusable is not None:
            raise KeyUnusable(self.unusable)
        return f"{code} for {pool_id} under {key_arn}"


def sender(function: Function, sealer: Sealer | None = None) -> FunctionSender:
    invoker = Invoker({ARN: function}, attempts=1)
    return FunctionSender(invoker, sealer or Sealer(), keeps=False)


async def failure_of(sending: FunctionSender, message: Message = MESSAGE) -> tuple[str, bool]:
    with pytest.raises(SendFailure) as failure:
        await sending.send(message)
    return failure.value.reason, failure.value.refused


async def test_custom_sender_gets_code_sealed_under_pool_key() -> None:
    function = Function()
    await sender(function).send(MESSAGE)
    assert function.event == {
        "version": "1",
        "triggerSource": "CustomEmailSender_SignUp",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_Barn",
        "userName": "zoe",
        "callerContext": {"awsSdkVersion": "aws-sdk-js-2.1639.0", "clientId": "1example"},
        "request": {
            "type": "customEmailSenderRequestV1",
            "code": f"012345 for eu-west-1_Barn under {KEY_ARN}",
            "clientMetadata": None,
            "userAttributes": {"sub": "0b1c"},
        },
    }


async def test_client_metadata_is_passed_to_the_function_until_it_is_sent() -> None:
    function = Function(THROWN)
    sending = sender(function)
    sending.remember(MESSAGE, {"locale": "de"})
    await failure_of(sending)
    for _ in range(2):
        await sending.send(MESSAGE)
    received = [request["clientMetadata"] for request in function.requests]
    assert received == [{"locale": "de"}, {"locale": "de"}, None]


async def test_oldest_client_metadata_is_dropped_beyond_limit() -> None:
    function = Function()
    sending = sender(function)
    many = [replace(MESSAGE, id=f"m-{number}") for number in range(MOST_REMEMBERED + 1)]
    for each in many:
        sending.remember(each, {"id": each.id})
    for each in (many[0], many[1], many[-1]):
        await sending.send(each)
    received = [request["clientMetadata"] for request in function.requests]
    assert received == [None, {"id": "m-1"}, {"id": f"m-{MOST_REMEMBERED}"}]


@pytest.mark.parametrize(
    ("outcome", "reason"), [(THROWN, "TriggerRefused"), (TimeoutError(), "TriggerTimedOut")]
)
async def test_failing_function_is_tried_three_times(
    outcome: FunctionResponse | Exception, reason: str
) -> None:
    """As Lambda tries asynchronous calls. Its words may hold the code, so they aren't repeated."""
    function = Function(*[outcome] * 3)
    sending = sender(function)
    tries = [await failure_of(sending, replace(MESSAGE, attempts=n)) for n in range(3)]
    assert tries == [(reason, False), (reason, False), (reason, True)]


async def test_unreachable_function_uses_no_try() -> None:
    function = Function(TransportFailure("Connection failed"))
    failure = await failure_of(sender(function), replace(MESSAGE, attempts=50))
    assert failure == ("function unreachable", False)


async def test_message_waits_without_usable_key() -> None:
    function = Function()
    locked = sender(function, Sealer(unusable="DisabledException"))
    assert await failure_of(locked) == ("key unusable: DisabledException", False)
    keyless = FunctionSender(Invoker({ARN: function}), None, keeps=False)
    assert await failure_of(keyless) == ("key unusable: no keys are set", False)
    assert function.requests == []
