"""Check the settings document of a style, complete it with the defaults, and lay one over another.

Facts of ev:domain-1.9; the schema is in `branding_schema.py`.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from itertools import islice
from typing import Any, Final

from poolhouse.errors.branding import StyleSettingsInvalid
from poolhouse.rules.pools.branding_schema import (
    DOCUMENT,
    Choice,
    Colour,
    Flag,
    ListOf,
    MapOf,
    Radius,
    Word,
)

Settings = Mapping[str, Any]

MOST_ERRORS: Final = 50
"""Faults that a refusal lists."""
_LONGEST_NAME: Final = 64
_LONGEST_TEXT: Final = 256
_MOST_ELEMENTS: Final = 100
_LARGEST_RADIUS: Final = 1_000
_COLOUR: Final = re.compile(r"[0-9a-fA-F]{8}")
_WORD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")

_TYPES: Final[Mapping[type, tuple[type, ...]]] = {
    Colour: (str,),
    Choice: (str,),
    Word: (str,),
    Flag: (bool,),
    Radius: (int, float),
    ListOf: (list,),
    MapOf: (dict,),
}
"""The JSON types of the schema's types; a section is an object."""

# UNVERIFIED: the types of errors but the first?
_UNKNOWN, _TYPE, _VALUE = "UnknownProperty", "InvalidType", "InvalidValue"


def check(settings: Settings) -> None:
    """Raise StyleSettingsInvalid for an unknown property, and for a value that one can't have."""
    faults = list(islice(_faults("$", DOCUMENT, settings), MOST_ERRORS))
    if faults:
        raise StyleSettingsInvalid(
            errors=", ".join(f"{{property: {path}, errorType: {kind}}}" for path, kind in faults)
        )


def laid_over(below: Settings, above: Settings) -> dict[str, Any]:
    """Return the settings of `below`, changed by what `above` has. Lists are replaced whole."""
    laid = dict(below)
    for name, value in above.items():
        inner = laid.get(name)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            laid[name] = laid_over(inner, value)
        else:
            laid[name] = value
    return laid


def merged(settings: Settings | None) -> dict[str, Any]:
    """Return the whole document: the defaults, changed by the settings."""
    return laid_over(deepcopy(_defaults()), settings or {})


@cache
def _defaults() -> dict[str, Any]:
    """Return the document of a style without settings. Not to be changed."""
    whole: dict[str, Any] = _default(DOCUMENT)
    return whole


def _default(kind: Any) -> Any:
    match kind:
        case MapOf():
            return {}
        case Mapping():
            return {name: _default(inner) for name, inner in kind.items()}
        case _:
            return kind.default


def _faults(path: str, kind: Any, value: object) -> Iterator[tuple[str, str]]:
    """Yield the path and the type of every error in a value."""
    expected = (str,) if kind is str else _TYPES.get(type(kind), (dict,))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        yield path, _TYPE
    elif isinstance(value, dict):
        yield from _faults_of_members(path, kind, value)
    elif isinstance(value, list):
        if len(value) > _MOST_ELEMENTS:
            yield path, _VALUE
        for place, each in enumerate(value[:_MOST_ELEMENTS]):
            yield from _faults(f"{path}[{place}]", kind.element, each)
    elif not _is_possible(kind, value):
        yield path, _VALUE


def _faults_of_members(
    path: str, kind: Any, value: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    for name, inner in value.items():
        member = f"{path}.{name[:_LONGEST_NAME]}"
        if isinstance(kind, MapOf):
            yield from _faults(member, kind.element, inner)
        elif name in kind:
            yield from _faults(member, kind[name], inner)
        else:
            yield member, _UNKNOWN


def _is_possible(kind: Any, value: Any) -> bool:
    match kind:
        case Colour():
            return _COLOUR.fullmatch(value) is not None
        case Choice():
            return bool(value in kind.values)
        case Word():
            return _WORD.fullmatch(value) is not None
        case Radius():
            return bool(0 <= value <= _LARGEST_RADIUS)
        case Flag():
            return True
        case _:
            return len(value) <= _LONGEST_TEXT
