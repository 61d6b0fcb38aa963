"""The sentences of ev:triggers-2.1, the same whichever way a function runs."""

import json
from collections.abc import Callable

import msgspec
import pytest
from support.trigger_world import ARN, Server, http

from poolhouse.triggers.events import Event
from poolhouse.triggers.factory import TransportDependencies, transport
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import Transport
from poolhouse.wire.errors import ServiceError

# What the function does, and: exception, message.
TABLE = {
    "throws": ("UserLambdaValidationException", "PreSignUp failed with error No guests, please."),
    "null": ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    "not JSON": ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    "a list": ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    "no response": ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    "response is text": ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    "response is null": ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    "too deep": ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    "too large": (
        "UserLambdaValidationException",
        "PreSignUp failed with error Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes)..",
    ),
    "hangs": (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.",
    ),
}

BODIES = {
    "null": b"null",
    "not JSON": b'{"response": {"a": NaN}}',
    "a list": b"[]",
    "no response": b'{"version": "1"}',
    "response is text": b'{"response": "yes"}',
    "response is null": b'{"response": null}',
    "too deep": b'{"response": {"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "too large": b'{"response": {"a": "' + b"x" * 6_291_556 + b'"}}',
}

PYTHON = """
    import time
    import sys
    sys.setrecursionlimit(50_000)
    answers = {
        "null": None,
        "not JSON": {"response": {"a": float("nan")}},
        "a list": [],
        "no response": {"version": "1"},
        "response is text": {"response": "yes"},
        "response is null": {"response": None},
        "too large": {"response": {"a": "x" * 6_291_556}},
    }
    deep = []
    for _ in range(5_000):
        deep = [deep]
    answers["too deep"] = {"response": {"a": deep}}
    def handler(event, context):
        behaviour = event["userName"]
        if behaviour == "throws":
            raise ValueError("No guests, please")
        while behaviour == "hangs":
            pass
        return answers[behaviour]
"""

NODE = """
    const answers = {
      "null": undefined,
      "not JSON": { toJSON: () => 1 },
      "a list": [],
      "no response": { version: "1" },
      "response is text": { response: "yes" },
      "response is null": { response: null },
      "too large": { response: { a: "x".repeat(6291556) } },
    };
    let deep = [];
    for (let depth = 0; depth < 2000; depth++) deep = [deep];
    answers["too deep"] = { response: { a: deep } };
    export const handler = async (event) => {
      const behaviour = event.userName;
      if (behaviour === "throws") throw new Error("No guests, please");
      while (behaviour === "hangs");
      return answers[behaviour];
    };
"""


def lambda_reply(behaviour: str) -> bytes:
    if behaviour == "throws":
        error = {"errorMessage": "No guests, please", "errorType": "Error", "trace": []}
        return http(200, json.dumps(error).encode(), "X-Amz-Function-Error: Unhandled")
    return http(200, BODIES.get(behaviour, b""))


def webhook_reply(behaviour: str) -> bytes:
    if behaviour == "throws":
        return http(403, b"No guests, please", "Content-Type: text/plain")
    return http(200, BODIES.get(behaviour, b""))


@pytest.fixture
def run(
    server: Server, means: TransportDependencies, handler: Callable[..., Transport]
) -> Callable[[str, str], Transport]:
    def run(kind: str, behaviour: str) -> Transport:
        server.hangs = behaviour == "hangs"
        if kind == "lambda":
            server.reply = lambda_reply(behaviour)
            return transport(ARN, f"lambda+{server.url}", means)
        if kind == "webhook":
            server.reply = webhook_reply(behaviour)
            return transport(ARN, f"{server.url}/hook", means)
        return handler("app.py", PYTHON) if kind == "python" else handler("app.mjs", NODE)

    return run


def named(event: Event, username: str) -> Event:
    return msgspec.structs.replace(event, user_name=username)


@pytest.mark.parametrize("kind", ["lambda", "webhook", "python", "node"])
@pytest.mark.parametrize("behaviour", TABLE)
async def test_trigger_failures_have_their_exception_and_sentence(
    run: Callable[[str, str], Transport], an_event: Event, kind: str, behaviour: str
) -> None:
    # A function that hangs is given up after three attempts (ev:triggers-2), each quite short.
    invoker = Invoker(
        {ARN: run(kind, behaviour)}, limit_seconds=0.05 if behaviour == "hangs" else 10
    )
    with pytest.raises(ServiceError) as refusal:
        await invoker.call("PreSignUp", ARN, named(an_event, behaviour))
    assert (refusal.value.code, str(refusal.value)) == TABLE[behaviour]
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.py", "import os\ndef handler(event, context): os._exit(129)"),
        ("app.py", "import sys\ndef handler(event, context): sys.exit(129)"),
        ("app.cjs", "exports.handler = async () => process.exit(129);"),
    ],
)
async def test_trigger_runtime_crash_has_the_sentence_of_lambda(
    handler: Callable[..., Transport], an_event: Event, name: str, text: str
) -> None:
    # amplify-js#9127
    invoker = Invoker({ARN: handler(name, text)})
    with pytest.raises(ServiceError) as refusal:
        await invoker.call("DefineAuthChallenge", ARN, an_event)
    assert refusal.value.code == "UserLambdaValidationException"
    assert str(refusal.value) == (
        "DefineAuthChallenge failed with error RequestId: request-2 Error: "
        "Runtime exited with error: exit status 129."
    )


async def test_trigger_access_denied_by_lambda_is_unexpected_lambda_exception(
    server: Server, means: TransportDependencies, an_event: Event
) -> None:
    # service-workbench-on-aws#1136
    server.reply = http(403, b'{"Message": "no"}', "x-amzn-ErrorType: AccessDeniedException")
    invoker = Invoker({ARN: transport(ARN, f"lambda+{server.url}", means)})
    with pytest.raises(ServiceError) as refusal:
        await invoker.call("PreSignUp", ARN, an_event)
    assert refusal.value.code == "UnexpectedLambdaException"
    assert str(refusal.value) == "PreSignUp invocation failed due to error AccessDeniedException."


async def test_trigger_without_transport_is_unexpected_lambda_exception(
    an_event: Event,
) -> None:
    with pytest.raises(ServiceError) as refusal:
        await Invoker({}).call("PostConfirmation", ARN, an_event)
    assert refusal.value.code == "UnexpectedLambdaException"
    assert str(refusal.value) == (
        "PostConfirmation invocation failed due to error AccessDeniedException."
    )
