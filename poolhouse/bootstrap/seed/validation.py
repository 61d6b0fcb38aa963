"""What of a located value doesn't fit a type: every mistake, where msgspec stops at the first."""

import difflib
import types
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from poolhouse.bootstrap.seed.yaml_positions import Located, Mistake


def misfits(given: Located, kind: Any, name: str = "") -> Iterator[Mistake]:
    """Yield all that is wrong with a value as one of this type; `name` is what it is called there.

    Mistakes of parts are reported instead of mistakes of the whole.
    """
    inner = _inner(kind)
    found = False
    for mistake in _of_parts(given, inner, name):
        found = True
        yield mistake
    if found:
        return
    try:
        msgspec.convert(given.plain(), kind, strict=False)
    except msgspec.ValidationError as error:
        yield Mistake(given.line, f"`{name}`: {_reason(error)}" if name else _reason(error))


def _of_parts(given: Located, kind: Any, name: str) -> Iterator[Mistake]:
    origin, value = get_origin(kind), given.value
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _of_members(given, value, kind)
    elif isinstance(value, list) and origin in (list, tuple):
        for item in value:
            yield from misfits(item, get_args(kind)[0], name)
    elif isinstance(value, dict) and origin is dict:
        for key, item in value.items():
            yield from misfits(item, get_args(kind)[1], key)


def _of_members(
    given: Located, members: dict[str, Located], kind: type[msgspec.Struct]
) -> Iterator[Mistake]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name, item in members.items():
        if name in fields:
            yield from misfits(item, fields[name].type, name)
        else:
            yield Mistake(item.line, f"unknown key `{name}`{_perhaps(name, fields)}")
    for name, field in fields.items():
        if field.required and name not in members:
            yield Mistake(given.line, f"`{name}` is missing")


def _inner(kind: Any) -> Any:
    """Return the type behind its bounds, and behind its being optional."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            [kind, *more] = [each for each in get_args(kind) if each is not type(None)]
            if more:
                return None
        else:
            return kind


def _reason(error: msgspec.ValidationError) -> str:
    """Return the text without the place, which the line shows, and without patterns."""
    reason = str(error).partition(" - at `")[0]
    if "matching regex" in reason:
        return "it doesn't have the required form"
    if "bool" in reason:
        return "it must be true or false"
    return reason[:1].lower() + reason[1:]


def _perhaps(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean `{close[0]}`?" if close else ""
