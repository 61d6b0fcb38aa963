"""Responses of PreSignUp, and the SDK in events; `golden_events` has the events."""

import json

import pytest
from support.sign_in_functions import about
from support.trigger_world import ARN

from poolhouse.triggers.events import Invocation, sdk_version
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.pre_sign_up import PreSignUp, PreSignUpAnswer, PreSignUpSource
from poolhouse.triggers.transports.contract import FunctionResponse
from poolhouse.wire.errors import ServiceError


class Recorder:
    """A transport that keeps the event and answers with `response`."""

    def __init__(self, response: object) -> None:
        self.response = response
        self.event: object = None

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        self.event = json.loads(payload)
        return FunctionResponse(payload=json.dumps({"response": self.response}).encode())

    async def close(self) -> None:
        pass


SIGN_UP = Invocation(
    pool_id="us-east-1_Example01",
    username="ann",
    client_id="1example23456789",
    user_agent="aws-sdk-nodejs/2.856.0 linux/v14.16.0 callback",
)


async def ask_pre_sign_up(
    response: object,
    source: PreSignUpSource = PreSignUpSource.SIGN_UP,
    attributes: dict[str, str] | None = None,
) -> PreSignUpAnswer:
    return await PreSignUp(source=source, validation_data=None, client_metadata=None).invoke(
        Invoker({ARN: Recorder(response)}), ARN, about(SIGN_UP, user_attributes=attributes or {})
    )


@pytest.mark.parametrize(
    ("user_agent", "version"),
    [
        ("aws-sdk-nodejs/2.856.0 linux/v14.16.0", "aws-sdk-nodejs-2.856.0"),
        ("aws-sdk-js/2.1639.0", "aws-sdk-js-2.1639.0"),
        ("Boto3/1.44.5 md/Botocore#1.44.5", "aws-sdk-unknown-unknown"),
        ("aws-sdk-js/" + "9" * 1000, "aws-sdk-unknown-unknown"),
        ("", "aws-sdk-unknown-unknown"),
        (None, "aws-sdk-unknown-unknown"),
    ],
)
def test_trigger_event_sdk_version_is_read_from_the_user_agent(
    user_agent: str | None, version: str
) -> None:
    assert sdk_version(user_agent) == version


async def test_pre_sign_up_response_may_confirm_and_verify() -> None:
    everything = {"autoConfirmUser": True, "autoVerifyEmail": True, "autoVerifyPhone": True}
    both = {"email": "ann@example.com", "phone_number": "+15550100"}
    assert await ask_pre_sign_up(everything, attributes=both) == PreSignUpAnswer(
        auto_confirm=True, auto_verify_email=True, auto_verify_phone=True
    )


@pytest.mark.parametrize("response", [{}, {"autoConfirmUser": None}, {"unknown": 1}])
async def test_pre_sign_up_response_missing_flags_are_false(response: object) -> None:
    assert await ask_pre_sign_up(response) == PreSignUpAnswer()


async def test_verifying_does_not_need_confirming() -> None:
    answer = await ask_pre_sign_up({"autoVerifyEmail": True}, attributes={"email": "a@b.example"})
    assert answer == PreSignUpAnswer(auto_verify_email=True)


@pytest.mark.parametrize("flag", ["autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"])
@pytest.mark.parametrize("value", ["true", "false", 1, 0, [], {}])
async def test_pre_sign_up_response_non_boolean_flag_is_refused(flag: str, value: object) -> None:
    with pytest.raises(ServiceError) as refusal:
        await ask_pre_sign_up({flag: value}, attributes={"email": "a@b.example"})
    assert refusal.value.code == "InvalidLambdaResponseException"


@pytest.mark.parametrize("flag", ["autoVerifyEmail", "autoVerifyPhone"])
@pytest.mark.parametrize("attributes", [{}, {"email": "", "phone_number": ""}])
async def test_verifying_an_attribute_that_is_not_there_is_an_error(
    flag: str, attributes: dict[str, str]
) -> None:
    # dg:user-pool-lambda-pre-sign-up
    with pytest.raises(ServiceError) as refusal:
        await ask_pre_sign_up({flag: True}, attributes=attributes)
    assert refusal.value.code == "InvalidLambdaResponseException"


@pytest.mark.parametrize(
    "response", [{"autoConfirmUser": True}, {"autoVerifyPhone": True}, {"autoVerifyEmail": "yes"}]
)
async def test_admin_create_user_ignores_the_answer(response: object) -> None:
    # yulin#462 and the guide
    answer = await ask_pre_sign_up(response, PreSignUpSource.ADMIN_CREATE_USER)
    assert answer == PreSignUpAnswer()
