"""The rules of calling (ev:triggers-2): attempts, choice of transport, what is told to whom."""

import asyncio
import json

import msgspec
import pytest
from support.captured_logs import capture_logs
from support.trigger_world import ARN

from poolhouse.triggers.events import Event
from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import FunctionResponse, TransportFailure, error_answer
from poolhouse.wire.errors import ServiceError

GOOD = FunctionResponse(
    payload=b'{"response": {"autoConfirmUser": true}, "userName": "somebody else"}'
)
NEVER = "never answers"


class Script:
    """A transport whose attempts go as written: an answer, a failure, or no end."""

    def __init__(self, *attempts: FunctionResponse | Exception | str) -> None:
        self.attempts = list(attempts)
        self.called_with: list[str] = []
        self.closed = 0

    async def invoke(self, arn: str, payload: bytes, deadline: float) -> FunctionResponse:
        self.called_with.append(arn)
        attempt = self.attempts.pop(0)
        if isinstance(attempt, FunctionResponse):
            return attempt
        if isinstance(attempt, Exception):
            raise attempt
        never: asyncio.Future[FunctionResponse] = asyncio.get_running_loop().create_future()
        return await never

    async def close(self) -> None:
        self.closed += 1


async def test_trigger_invocation_returns_only_the_response(an_event: Event) -> None:
    response = await Invoker({ARN: Script(GOOD)}).call("PreSignUp", ARN, an_event)
    assert response == {"autoConfirmUser": True}


@pytest.mark.parametrize("time_outs", [1, 2])
async def test_trigger_invocation_retries_a_timeout_up_to_three_attempts(
    an_event: Event, time_outs: int
) -> None:
    script = Script(*[NEVER] * time_outs, GOOD)
    await Invoker({ARN: script}, limit_seconds=0.005).call("PreSignUp", ARN, an_event)
    assert script.attempts == []


async def test_trigger_invocation_fails_after_the_third_timeout(an_event: Event) -> None:
    script = Script(NEVER, NEVER, TimeoutError(), GOOD)
    with pytest.raises(ServiceError, match="Socket timeout while invoking Lambda function"):
        await Invoker({ARN: script}, limit_seconds=0.005).call("PreSignUp", ARN, an_event)
    assert script.attempts == [GOOD]


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (TransportFailure("ServiceException"), f"{ARN}: ServiceException"),
        (error_answer("Error", "secret of alice"), f"{ARN} answered with an error"),
        (FunctionResponse(payload=b"null"), "PreSignUp: the answer isn't a JSON object"),
    ],
)
async def test_call_that_fails_gives_the_log_a_reason_without_the_functions_text(
    an_event: Event, attempt: FunctionResponse | Exception, reason: str
) -> None:
    with pytest.raises(ServiceError) as failed:
        await Invoker({ARN: Script(attempt)}).call("PreSignUp", ARN, an_event)
    assert (failed.value.reason or "").startswith(reason)
    assert "alice" not in (failed.value.reason or "")


@pytest.mark.parametrize(
    "attempt",
    [
        TransportFailure("ServiceException"),
        error_answer("Error", "boom"),
        FunctionResponse(payload=b"null"),
    ],
)
async def test_trigger_invocation_retries_only_timeouts(
    an_event: Event, attempt: FunctionResponse | Exception
) -> None:
    script = Script(attempt, GOOD)
    with pytest.raises(ServiceError):
        await Invoker({ARN: script}).call("PreSignUp", ARN, an_event)
    assert script.attempts == [GOOD]


@pytest.mark.parametrize("name", [f"{ARN}:live", ARN, "welcome"])
async def test_trigger_function_is_found_by_exact_arn_unqualified_arn_or_name(
    an_event: Event, name: str
) -> None:
    script = Script(GOOD)
    await Invoker({name: script, "other": Script()}).call("PreSignUp", f"{ARN}:live", an_event)
    assert script.called_with == [f"{ARN}:live"]


async def test_trigger_function_most_exact_name_overrides_the_default(an_event: Event) -> None:
    exact, plain, default = Script(GOOD), Script(GOOD), Script(GOOD)
    invoker = Invoker({f"{ARN}:live": exact, "welcome": plain}, default)
    for arn in (f"{ARN}:live", f"{ARN}:7", ARN.replace("welcome", "other")):
        await invoker.call("PreSignUp", arn, an_event)
    assert [exact.called_with, plain.called_with] == [[f"{ARN}:live"], [f"{ARN}:7"]]
    assert default.called_with == [ARN.replace("welcome", "other")]


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b'{"errorMessage": "{trigger}"}', "{trigger}"),
        (b'{"errorMessage": ""}', ""),
        (b'{"errorMessage": null}', "null"),
        (b"not JSON", "null"),
        (json.dumps({"errorMessage": "x" * 100_000}).encode(), "x" * 8_192),
    ],
)
async def test_trigger_error_shows_only_the_error_message(
    an_event: Event, payload: bytes, shown: str
) -> None:
    script = Script(FunctionResponse(payload=payload, function_error="Handled"))
    with pytest.raises(ServiceError) as refusal:
        await Invoker({ARN: script}).call("PreSignUp", ARN, an_event)
    assert str(refusal.value) == f"PreSignUp failed with error {shown}."


async def test_trigger_invocation_is_observed_with_its_outcome(an_event: Event) -> None:
    observed: list[tuple[str, str]] = []
    script = Script(
        GOOD,
        error_answer("Error", "boom"),
        TransportFailure("AccessDeniedException"),
        FunctionResponse(payload=b"null"),
        *[NEVER] * 3,
    )
    invoker = Invoker(
        {ARN: script},
        limit_seconds=0.005,
        observe=lambda trigger, outcome, _seconds: observed.append((trigger, outcome)),
    )
    for _ in range(5):
        try:
            await invoker.call("PreSignUp", ARN, an_event)
        except ServiceError:
            continue
    outcomes = ["answered", "refused", "unreachable", "unrecognizable", "timed out"]
    assert observed == [("PreSignUp", outcome) for outcome in outcomes]


async def test_trigger_invocation_never_logs_event_or_response(an_event: Event) -> None:
    event = msgspec.structs.replace(
        an_event, request={"clientMetadata": {"card": "secret of the user"}}
    )
    script = Script(
        error_answer("Error", "secret of the user"), FunctionResponse(payload=b'"secret of"')
    )
    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(ServiceError):
                await Invoker({ARN: script}).call("PreSignUp", ARN, event)
    assert [log["outcome"] for log in logs] == ["refused", "unrecognizable"]
    assert "secret" not in str(logs)


async def test_closing_closes_a_shared_transport_once() -> None:
    shared, default = Script(), Script()
    await Invoker({"a": shared, "b": shared}, default).close()
    assert (shared.closed, default.closed) == (1, 1)
