"""Requests that are released together, and what their answers tell of the guesses in them."""

import contextlib
import re
from collections.abc import Sequence

from support.wire_client import Answer, Wire

LIMITED = frozenset(
    {
        "LimitExceededException: Attempt limit exceeded, please try after some time.",
        "TooManyRequestsException: Rate exceeded",
        "NotAuthorizedException: Password attempts exceeded",
        "page: Too many attempts",
        "page: Too many requests",
        "page: Attempt limit exceeded, please try after some time.",
        "page: Rate exceeded",
        "page: Password attempts exceeded",
    }
)
"""Answers that tell nothing of the guess."""


_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_ALERT = re.compile(r'role="alert".*?</strong>(.*?)</div>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def released_together(port: int, requests: Sequence[bytes]) -> list[str]:
    """Send all requests but for their last bytes on connections of their own, then those.

    The last bytes go out in the order of the requests. Returns what each was answered.
    """
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire(port)) for _ in requests]
        for wire, data in zip(wires, requests, strict=True):
            wire.send(data[:-1])
        for wire, data in zip(wires, requests, strict=True):
            wire.send(data[-1:])
        return [reported_by(wire.receive()) for wire in wires]


def asked(port: int, data: bytes) -> str:
    """What one request is answered."""
    with Wire(port) as wire:
        return reported_by(wire.ask(data))


def reported_by(answer: Answer) -> str:
    """An error's code and sentence, the alert or heading of a page, where to, or "ok"."""
    if location := answer.header("location"):
        return f"to {location.partition('?')[0]}"
    if (answer.header("content-type") or "").startswith("text/html"):
        page = answer.body.decode()
        found = _ALERT.search(page) or _HEADING.search(page)
        assert found, answer
        return f"page: {' '.join(_TAG.sub('', found[1]).split())}"
    if answer.status == 200:
        return "ok"
    _, code, sentence = answer.error
    return f"{code}: {sentence}"
