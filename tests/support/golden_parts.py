"""Parts that the golden events share: how one is written, and their common members."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from poolhouse.triggers.events import Invocation
from poolhouse.triggers.invoke import Invoker
from support.sign_in_functions import INVOCATION

BY_ADMIN = Invocation(pool_id="us-east-1_Example01", username="zoe")
"""Of an operation of administrators, whose request names no app client."""

Ask = Callable[[Invoker], Awaitable[object]]


class Golden(NamedTuple):
    """One event. `schema` is Powertools' for it, and `beyond` where live events differ from it."""

    name: str
    ask: Ask
    event: dict[str, Any]
    schema: str
    beyond: frozenset[str] = frozenset()


def expected(
    source: str, request: Mapping[str, object], client_id: str | None, **more: object
) -> dict[str, Any]:
    """The parts that all events share (ev:triggers-3)."""
    sdk = "aws-sdk-nodejs-2.856.0" if client_id == INVOCATION.client_id else None
    return {
        "version": "1",
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": "us-east-1_Example01",
        "userName": "zoe",
        "callerContext": {
            "awsSdkVersion": sdk or "aws-sdk-unknown-unknown",
            "clientId": client_id,
        },
        "request": request,
        **more,
    }
