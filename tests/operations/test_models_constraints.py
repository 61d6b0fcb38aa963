"""Every constraint of the API model on the requests of every operation that is built.

The model is botocore's copy, so what is generated from ours is compared with another's. Each
request is whole but for one thing; the answer must name that constraint (ev:users-1.4).
"""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from support.running_server import ROOT_KEY, RunningServer
from support.wire_client import Wire, request, signed_headers

from poolhouse.operations.registry import TABLE

MODEL = botocore.session.get_session().get_service_model("cognito-idp")
WIDEST = 2**31 - 1
"""Numbers beyond this are no numbers of the protocol, which says so otherwise."""
CANDIDATES = [
    "a",
    "1",
    "aa",
    "us-east-1_Abc123",
    "arn:aws:iam::123456789012:role/r",
    "{####}",
    "{username} {####}",
    "{##link##}",
    "eyJh.eyJz.c2ln",
    "a@home.example",
    "https://home.example/a",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "Level1",
    "us-east-1_0a",
    "tkn",
    "import-a",
    "terms-of-use",
    "cognito:english",
    "11111111-1111-4111-8111-111111111111",
]
MISFITS = [" ", "a b", "\t", "ä!", "(", "a", "_", "*"]
LIVE = {"PasswordType", "DomainType"}
"""Where the service's own pattern is another than its model's (amazon-cognito-identity-js#388,
terraform-aws-cognito-user-pool#69).
"""


class InvalidRequest(NamedTuple):
    """A request with one thing wrong, and what is to be said of it."""

    what: str
    members: dict[str, Any]
    code: str
    text: str


def matches(shape: Shape, text: str) -> bool:
    """By the model's pattern; Python has no classes of Unicode, and here needs none."""
    pattern = shape.metadata.get("pattern", "")
    plain = re.sub(r"\\p\{\w\}", r"\\S", pattern.replace(r"\p{Z}", " "))
    return re.search(plain, text) is not None


def sample(shape: Shape) -> Any:
    """The least that the model takes."""
    if isinstance(shape, StructureShape):
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, ListShape):
        return [sample(shape.member)] * max(shape.metadata.get("min", 0), 1)
    if isinstance(shape, MapShape):
        return {sample(shape.key): sample(shape.value)}
    if isinstance(shape, StringShape) and shape.enum:
        return shape.enum[0]
    if isinstance(shape, StringShape):
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 20)
        padded = (each.ljust(least, each[-1]) for each in CANDIDATES)
        return next(each for each in padded if len(each) <= most and matches(shape, each))
    return {"boolean": True, "blob": "AAAA"}.get(shape.type_name, shape.metadata.get("min", 1))


def spoils(shape: Shape) -> Iterator[tuple[Any, str, str]]:
    """Values that the model doesn't take, each with the code and the constraint."""
    invalid, limits = "InvalidParameterException", shape.metadata
    wrong: Any = "text" if isinstance(shape, ListShape | MapShape | StructureShape) else {"a": 1}
    yield wrong, "SerializationException", ""
    if isinstance(shape, StringShape) and shape.enum:
        values = ", ".join(shape.enum)
        yield "NO_SUCH", invalid, f"Member must satisfy enum value set: [{values}]"
    elif isinstance(shape, StringShape | ListShape | MapShape):
        yield from ((value, invalid, text) for value, text in lengths(shape))
    elif shape.type_name in ("integer", "long"):
        if abs(limits.get("max", WIDEST)) < WIDEST:
            text = f"Member must have value less than or equal to {limits['max']}"
            yield limits["max"] + 1, invalid, text
        if "min" in limits:
            text = f"Member must have value greater than or equal to {limits['min']}"
            yield limits["min"] - 1, invalid, text
    if "pattern" in limits and shape.name not in LIVE:
        misfit = next((each for each in MISFITS if not matches(shape, each)), None)
        if misfit is not None:
            yield misfit, invalid, "Member must satisfy regular expression pattern: "


def in_sorted_order(text: str) -> str:
    """Sort the values of each enumeration that a sentence lists.

    AWS doesn't list them in the model's order; tests/rules/aws/test_violations.py has that order.
    """
    return re.sub(
        r"(?<=enum value set: \[)[^]]+",
        lambda found: ", ".join(sorted(found[0].split(", "))),
        text,
    )


def lengths(shape: Shape) -> Iterator[tuple[Any, str]]:
    """Values that are too long or too short by one."""
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")

    def of(length: int) -> Any:
        if isinstance(shape, StringShape):
            return "a" * length
        if isinstance(shape, ListShape):
            return [sample(shape.member)] * length
        return {f"{sample(shape.key)}{n}": sample(shape.value) for n in range(length)}

    if most is not None:
        yield of(most + 1), f"Member must have length less than or equal to {most}"
    if least and not isinstance(shape, MapShape):
        yield of(least - 1), f"Member must have length greater than or equal to {least}"


def within(shape: Shape, depth: int = 4) -> Iterator[tuple[tuple[Any, ...], Shape]]:
    """Everything that a value of this shape may hold, and the way to it."""
    if depth == 0:
        return
    if isinstance(shape, StructureShape):
        inner: list[tuple[Any, Shape]] = list(shape.members.items())
    elif isinstance(shape, ListShape):
        inner = [(0, shape.member)]
    elif isinstance(shape, MapShape):
        inner = [(sample(shape.key), shape.value)]
    else:
        return
    for name, member in inner:
        yield (name,), member
        for way, found in within(member, depth - 1):
            yield (name, *way), found


def put(top: Shape, way: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A whole request with this value at the end of the way."""
    members = copy.deepcopy(sample(top))
    at, shape = members, top
    for step in way[:-1]:
        shape = shape.members[step] if isinstance(shape, StructureShape) else _inner(shape)
        if isinstance(at, dict):
            at.setdefault(step, copy.deepcopy(sample(shape)))
        at = at[step]
    if isinstance(at, list):
        at[0] = value
    else:
        at[way[-1]] = value
    result: dict[str, Any] = members
    return result


def _inner(shape: Any) -> Shape:
    inner: Shape = shape.member if isinstance(shape, ListShape) else shape.value
    return inner


def spoiled(operation: str) -> Iterator[InvalidRequest]:
    """Every request of the operation that breaks one constraint."""
    top = MODEL.operation_model(operation).input_shape
    for name in top.required_members:
        members = {key: value for key, value in sample(top).items() if key != name}
        text = f"at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must not be"
        yield InvalidRequest(f"without {name}", members, "InvalidParameterException", text)
    for way, shape in within(top):
        for value, code, text in spoils(shape):
            what = f"{'.'.join(map(str, way))} = {str(value)[:40]}"
            yield InvalidRequest(what, put(top, way, value), code, text)


@pytest.mark.parametrize("operation", sorted(TABLE))
def test_request_against_the_model_names_the_member(server: RunningServer, operation: str) -> None:
    wrong = []
    with Wire(server.port) as wire:
        for each in spoiled(operation):
            body = json.dumps(each.members).encode()
            headers = signed_headers(f"{server.url}/", operation, body, ROOT_KEY)
            status, code, message = wire.ask(request(body, headers)).error
            text, said = in_sorted_order(each.text), in_sorted_order(message or "")
            if (status, code) != (400, each.code) or text not in said:
                wrong.append((each.what, each.code, each.text, code, message))
    assert wrong == []
