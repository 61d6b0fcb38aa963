"""Calling a function: the limit, the attempts, and what each failure is called on the wire."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeVar

import msgspec
import structlog

from poolhouse.errors.triggers import (
    TriggerRefused,
    TriggerTimedOut,
    TriggerUnreachable,
    UnrecognizableOutput,
)
from poolhouse.triggers import arns
from poolhouse.triggers.events import Event
from poolhouse.triggers.transports.contract import (
    ANSWER_LIMIT,
    FunctionResponse,
    Transport,
    TransportFailure,
    too_large,
)
from poolhouse.wire.errors import ServiceError

T = TypeVar("T")
Outcome = Literal["answered", "refused", "timed out", "unreachable", "unrecognizable"]
Observe = Callable[[str, Outcome, float], None]

LIMIT_SECONDS: Final = 5.0
# ev:triggers-2: after a time-out up to three attempts in all. UNVERIFIED: still so today?
ATTEMPTS: Final = 3
# UNVERIFIED: where does Cognito cut a function's message? Ours must not grow to megabytes.
_MESSAGE_LIMIT: Final = 8_192

_FAILURES: Final[dict[type[ServiceError], Outcome]] = {
    TriggerRefused: "refused",
    TriggerTimedOut: "timed out",
    TriggerUnreachable: "unreachable",
    UnrecognizableOutput: "unrecognizable",
}

_log = structlog.get_logger()


class _Output(msgspec.Struct, frozen=True):
    """A function's answer. Edits of the event outside `response` are ignored (ev:triggers-2)."""

    response: dict[str, object]


class _ErrorPayload(msgspec.Struct, frozen=True, rename="camel"):
    """Lambda's description of a failure; Cognito uses only the message."""

    error_message: str


class Invoker:
    """Runs a pool's functions, whichever transport each of them has.

    `transports` maps functions to transports: by ARN with or without a qualifier, or by bare
    name; `default` takes the others. `limit_seconds` is the time for one attempt, `attempts` how
    many there are after time-outs. `observe` gets the trigger, the outcome and the seconds of each
    call, all its attempts together.
    """

    def __init__(
        self,
        transports: Mapping[str, Transport],
        default: Transport | None = None,
        limit_seconds: float = LIMIT_SECONDS,
        observe: Observe = lambda _trigger, _outcome, _seconds: None,
        *,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._transports = transports
        self._default = default
        self._limit = limit_seconds
        self._observe = observe
        self._attempts = attempts

    @property
    def longest_seconds(self) -> float:
        """Return the maximum duration of a call, all its attempts together."""
        return self._limit * self._attempts

    async def call(self, trigger: str, arn: str, event: Event) -> dict[str, object]:
        """Run `trigger` (`PreSignUp`) and give the `response` of its answer, a JSON object.

        What the response may hold is each trigger's own matter. Raises TriggerRefused,
        TriggerUnreachable, TriggerTimedOut or UnrecognizableOutput.
        """
        return await self._observed(trigger, arn, event, _response)

    async def notify(self, trigger: str, arn: str, event: Event) -> None:
        """Run `trigger` and ignore what it answers, if anything, unless that is an error.

        Raises TriggerRefused, TriggerUnreachable or TriggerTimedOut.
        """
        await self._observed(trigger, arn, event, _payload)

    async def close(self) -> None:
        """Close every transport; one that several functions share is closed once."""
        open_ones = {id(each): each for each in (*self._transports.values(), self._default) if each}
        await asyncio.gather(*(transport.close() for transport in open_ones.values()))

    async def _observed(
        self, trigger: str, arn: str, event: Event, read: Callable[[str, FunctionResponse], T]
    ) -> T:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            answer = await self._attempt(trigger, arn, msgspec.json.encode(event))
            result = read(trigger, answer)
        except tuple(_FAILURES) as failure:
            outcome = _FAILURES[type(failure)]
            self._observe(trigger, outcome, loop.time() - started)
            _log.warning("trigger failed", trigger=trigger, function=arn, outcome=outcome)
            if failure.reason is None:
                failure.because(f"{arn} answered with an error")  # whose text may hold anything
            raise
        self._observe(trigger, "answered", loop.time() - started)
        return result

    async def _attempt(self, trigger: str, arn: str, payload: bytes) -> FunctionResponse:
        """Invoke the function, and again only after a time-out (ev:triggers-2).

        An error of the function is its response.
        """
        transport = self._transport(arn)
        if transport is None:
            # To Cognito, a function that is gone and one it may not invoke look alike.
            _log.warning("function has no transport", trigger=trigger, function=arn)
            raise TriggerUnreachable(trigger=trigger, error="AccessDeniedException").because(
                f"{arn} has no transport: name it in the setting `triggers`"
            )
        for _ in range(self._attempts):
            try:
                async with asyncio.timeout(self._limit):
                    return await transport.invoke(arn, payload, self._limit)
            except TimeoutError:
                continue
            except TransportFailure as failure:
                error = TriggerUnreachable(trigger=trigger, error=failure.reason)
                raise error.because(f"{arn}: {failure.reason}") from failure
        raise TriggerTimedOut(trigger=trigger).because(
            f"{arn} gave no answer in {self._limit:g} seconds, at {self._attempts} attempts"
        )

    def _transport(self, arn: str) -> Transport | None:
        found = (self._transports.get(name) for name in arns.candidates(arn))
        return next((transport for transport in found if transport is not None), self._default)


def _payload(trigger: str, answer: FunctionResponse) -> bytes:
    if len(answer.payload) > ANSWER_LIMIT:
        answer = too_large()
    if answer.function_error is not None:
        raise TriggerRefused(trigger=trigger, error=_message(answer.payload))
    return answer.payload


def _response(trigger: str, answer: FunctionResponse) -> dict[str, object]:
    payload = _payload(trigger, answer)
    try:
        return msgspec.json.decode(payload, type=_Output).response
    except (ValueError, RecursionError):  # not JSON, not UTF-8, the wrong shape; nested too deeply
        raise UnrecognizableOutput().because(
            f"{trigger}: the answer isn't a JSON object with an object `response`"
        ) from None


def _message(payload: bytes) -> str:
    try:
        message = msgspec.json.decode(payload, type=_ErrorPayload).error_message
    except (ValueError, RecursionError):
        # UNVERIFIED: what does Cognito say of an error without a message?
        return "null"
    return message[:_MESSAGE_LIMIT]
