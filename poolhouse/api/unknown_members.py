"""Log the members of requests that the API model doesn't know, each once.

A newer SDK may send members that are newer than our model. They are ignored, as AWS ignores members
that it doesn't know. Without a line in the log an operator couldn't see that a new setting has no
effect.

Hardly any request has an unknown member, so looking for them must cost next to nothing. msgspec
ignores them silently. Therefore each body is read a second time along a skeleton: a struct that has
the request's members, accepts any JSON as their values and refuses every other name. That makes no
Python object of a value, and takes 0.3 µs for AdminGetUser. What was considered instead:

- Structs in `wire/` that refuse unknown members would cost nothing. But the store reads settings
  into the same structs, and an older version must be able to read what a newer one has stored.
- Looking at one request in many, or at newer user agents only, would miss members. Finding the
  header, or counting requests, costs a third of the skeleton.

Callers choose these names, and unauthenticated callers may. So a name is cut, a value is never
logged, and an operation with too many different names isn't watched any longer.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
import structlog

from poolhouse.rules.aws.constraints import ListPlan, MapPlan, Plan, StructurePlan, plan_of
from poolhouse.wire import structs
from poolhouse.wire.operations import Operation
from poolhouse.wire.structs import Shape

LONGEST_BODY: Final = 65_536
"""Longer bodies are passed over."""
LONGEST_NAME: Final = 64
MOST_NAMES: Final = 10
"""Different unknown members of one operation that are logged."""
MOST_REFUSALS: Final = 100
"""Different refusals of one skeleton that are remembered, so that none is explained twice."""

_log = structlog.get_logger()
_decode_anything = msgspec.json.Decoder(float_hook=float).decode
_STRANGE = re.compile(r"[^A-Za-z0-9_-]")


class UnknownMembers:
    """Watches the requests of each operation for members that its model doesn't have."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watch] = {}

    def log_new(self, operation: Operation, body: bytes, request_id: str) -> None:
        """Log what the body has and the model hasn't. Never raises, whatever the body is."""
        watch = self._watched.get(operation.name)
        if watch is None:
            watch = self._watched[operation.name] = _Watch(operation)
        if not body or len(body) > LONGEST_BODY:
            return
        try:
            watch.read(body)
        except (ValueError, RecursionError) as error:
            watch.explain(str(error), body, request_id)


class _Watch:
    """The skeleton of one operation's requests, and what it has found."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        skeleton = _skeleton(operation.request)
        self.read: Callable[[bytes], Any] = msgspec.json.Decoder(skeleton).decode
        self._refusals: set[str] = set()
        self._logged: set[str] = set()

    def explain(self, refusal: str, body: bytes, request_id: str) -> None:
        """Log the unknown members of a body that the skeleton refused, if that is why."""
        refusal = refusal[: 2 * LONGEST_NAME]
        if "unknown field" not in refusal or refusal in self._refusals:
            return
        names: list[str] = []
        with suppress(ValueError, RecursionError):
            document = _decode_anything(body)
            plan = plan_of(self._operation.request)
            names = list(islice(_unknown("", plan, document), MOST_NAMES))
        self._refusals.add(refusal)
        for name in names:
            if name not in self._logged and len(self._logged) < MOST_NAMES:
                self._logged.add(name)
                _log.info(
                    "unknown member ignored",
                    operation=self._operation.name,
                    member=name,
                    request_id=request_id,
                )
        if len(self._logged) >= MOST_NAMES or len(self._refusals) >= MOST_REFUSALS:
            self.read = _read_nothing


def _read_nothing(_body: bytes) -> None:
    """Read nothing, for an operation that isn't watched any longer."""


@cache
def _skeleton(shape: type[Shape]) -> type[msgspec.Struct]:
    """Return the skeleton of a structure: the same members, none of them required.

    Annotations are read as the generator writes them, because to evaluate them takes milliseconds.
    """
    return msgspec.defstruct(
        shape.__name__,
        [(name, _bare(_named(kind)), None) for name, kind in shape.__annotations__.items()],
        forbid_unknown_fields=True,
        gc=False,
    )


def _named(annotation: str) -> Any:
    """Return what `Name`, `Name | None` or `Annotated[Name, …]` is in the generated module."""
    return vars(structs)[annotation.removeprefix("Annotated[").partition(" ")[0].rstrip(",")]


def _bare(kind: Any) -> Any:
    """Return the type of a skeleton's member: any JSON, unless there are structures within."""
    if isinstance(kind, type) and issubclass(kind, Shape):
        return _skeleton(kind) | None
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _bare(arguments[0])
    if origin in (list, dict) and (inner := _bare(arguments[-1])) is not msgspec.Raw:
        return (origin[inner] if origin is list else origin[str, inner]) | None
    return msgspec.Raw


def _unknown(path: str, plan: Plan, value: object) -> Iterator[str]:
    """Yield the unknown members in a value, by their path without the places in lists."""
    match plan, value:
        case StructurePlan(members), dict():
            known = {member.key: member.plan for member in members}
            for name, inner in value.items():
                if name in known:
                    yield from _unknown(f"{path}{name}.", known[name], inner)
                else:
                    yield path + _STRANGE.sub("?", name[:LONGEST_NAME])
        case ListPlan(element), list():
            for each in value:
                yield from _unknown(path, element, each)
        case MapPlan(_, element), dict():
            for each in value.values():
                yield from _unknown(path, element, each)
