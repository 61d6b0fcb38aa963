"""Fixtures for tests of the sign-in's triggers: a function that keeps its events."""

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from poolhouse.triggers.events import Invocation
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import FunctionResponse
from support.trigger_world import ARN

INVOCATION = Invocation(
    pool_id="us-east-1_Example01",
    username="zoe",
    client_id="1example23456789",
    user_agent="aws-sdk-nodejs/2.856.0 linux/v14.16.0 callback",
)


def about(
    invocation: Invocation,
    *,
    user_attributes: Mapping[str, str],
    user_not_found: bool | None = None,
) -> Invocation:
    """Return the invocation about a user with these attributes."""
    return replace(invocation, user_attributes=user_attributes, user_not_found=user_not_found)


ATTRIBUTES = {
    "sub": "f4688488-5081-7055-0123-456789abcdef",
    "cognito:user_status": "CONFIRMED",
    "email": "zoe@home.example",
    "email_verified": "true",
}


class Function:
    """A transport that keeps the events and answers each with `response`."""

    def __init__(self, response: object = None) -> None:
        self.response = {} if response is None else response
        self.events: list[Any] = []

    @property
    def invoker(self) -> Invoker:
        return Invoker({ARN: self})

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        self.events.append(json.loads(payload))
        return FunctionResponse(payload=json.dumps({"response": self.response}).encode())

    async def close(self) -> None:
        pass


def event(source: str, request: object, response: object, version: str = "1") -> dict[str, object]:
    """The event of INVOCATION, as ev:triggers-3 has it."""
    return {
        "version": version,
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": "us-east-1_Example01",
        "userName": "zoe",
        "callerContext": {
            "awsSdkVersion": "aws-sdk-nodejs-2.856.0",
            "clientId": "1example23456789",
        },
        "request": request,
        "response": response,
    }
