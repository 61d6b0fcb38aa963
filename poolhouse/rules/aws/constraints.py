"""What the API model demands of a request, read from the wire's structs once and kept.

A plan is a tree that mirrors a struct: which JSON type stands where, which constraints it has
in AWS's words, and what must not be repeated. `violations` walks a request along it.
"""

import enum
import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect as mi

from poolhouse.wire.enums import AttributeDataType, ExplicitAuthFlowsType, UserPoolMfaType

# The limits of Java's int and long, which the wire gives every number that has no tighter ones.
_WIDTHS = {-(2**31), 2**31 - 1, -(2**63), 2**63 - 1}

_LISTED: Final[dict[type[enum.Enum], tuple[str, ...]]] = {
    # CloudFormationCognitoCustomResources#1
    UserPoolMfaType: ("OPTIONAL", "OFF", "ON"),
    AttributeDataType: ("Boolean", "Number", "String", "DateTime"),  # ev:moto
    ExplicitAuthFlowsType: (  # media-insights-on-aws#199
        "ALLOW_CUSTOM_AUTH",
        "ADMIN_NO_SRP_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_USER_SRP_AUTH",
        "CUSTOM_AUTH_FLOW_ONLY",
        "USER_PASSWORD_AUTH",
        "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    ),
}
"""The order in which AWS's sentences list the values of an enumeration, where it was observed.

UNVERIFIED: where do newer values stand, and in which order are all other enumerations listed?
Newer values come last here, and other enumerations have the model's order.
"""


class Constraint(NamedTuple):
    """A text of AWS and the test behind it. `rank` is its place among one member's items.

    Too short comes before the pattern [amazon-cognito-identity-js#388], the pattern before too
    long [amplify-flutter#3125]. Constraints on elements are listed in another order: max, min,
    pattern [aws-cli#2941], the one they are kept in.
    """

    rank: int
    text: str
    holds: Callable[[Any], bool]


class SimplePlan(NamedTuple):
    """A string, number, boolean or blob. `fits` says whether Java's type can hold the value."""

    json: type
    sensitive: bool
    constraints: list[Constraint]
    fits: Callable[[Any], bool]


class DocumentPlan(NamedTuple):
    """Whatever the caller likes, inside an object."""


class ListPlan(NamedTuple):
    element: "Plan"
    sizes: list[Constraint]


class MapPlan(NamedTuple):
    key: "Plan"
    value: "Plan"
    sizes: list[Constraint]


class MemberPlan(NamedTuple):
    """`key` is the member's name on the wire, `name` the one in AWS's sentences."""

    key: str
    name: str
    plan: "Plan"
    required: bool


class StructurePlan(NamedTuple):
    members: list[MemberPlan]


Plan = SimplePlan | DocumentPlan | ListPlan | MapPlan | StructurePlan


@cache
def plan_of(request_type: type[msgspec.Struct]) -> StructurePlan:
    """Return the plan of a request."""
    info = mi.type_info(request_type)
    assert isinstance(info, mi.StructType)
    return _structure(info)


def _structure(info: mi.StructType) -> StructurePlan:
    # Members are named in lowerCamelCase. UNVERIFIED: names that begin with an acronym
    # (MFAOptions); other services say 'sSESpecification', so only the first letter changes.
    return StructurePlan(
        [
            MemberPlan(
                field.name,
                field.name[0].lower() + field.name[1:],
                _plan(field.type),
                field.required,
            )
            for field in info.fields
        ]
    )


def _plan(info: mi.Type) -> Plan:
    if isinstance(info, mi.UnionType):  # an optional member: `| None`
        (info,) = (each for each in info.types if not isinstance(each, mi.NoneType))
    extra: dict[str, Any] = {}
    if isinstance(info, mi.Metadata):
        extra, info = info.extra or {}, info.type
    sizes: list[Constraint] = []
    if isinstance(info, mi.ListType | mi.DictType):
        sizes = _limits("length", info.min_length, info.max_length, len)
    match info:
        case mi.StructType():
            return _structure(info)
        case mi.ListType():
            return ListPlan(_plan(info.item_type), sizes)
        case mi.DictType(value_type=mi.AnyType()):
            return DocumentPlan()
        case mi.DictType():
            return MapPlan(_plan(info.key_type), _plan(info.value_type), sizes)
        case _:
            return _simple(info, extra)


def _simple(info: mi.Type, extra: dict[str, Any]) -> SimplePlan:
    sensitive = extra.get("sensitive", False)
    match info:
        case mi.StrType(min_length=low, max_length=high):
            constraints = [*_limits("length", low, high, len), *_patterns(info, extra, high)]
            return SimplePlan(str, sensitive, constraints, _always)
        case mi.EnumType(cls=cls):
            values = listed_values(cls)
            text = f"Member must satisfy enum value set: [{', '.join(values)}]"
            return SimplePlan(str, sensitive, [Constraint(0, text, values.__contains__)], _always)
        case mi.IntType(ge=low, le=high):
            constraints = _limits("value", low, high, lambda number: number)
            return SimplePlan(int, sensitive, constraints, _width(low, high))
        case mi.BytesType(min_length=low, max_length=high):
            constraints = _limits("length", low, high, lambda text: len(_decoded(text)))
            return SimplePlan(str, sensitive, constraints, _is_base64)
        case mi.BoolType():
            return SimplePlan(bool, sensitive, [], _always)
        case mi.FloatType():  # a moment: seconds since 1970, with or without a fraction
            return SimplePlan(float, sensitive, [], _is_finite)
        case _:
            raise TypeError(f"no request has held this type before: {info}")


def listed_values(cls: type[enum.Enum]) -> list[str]:
    """Return an enumeration's values in the order in which AWS's sentences list them."""
    first = _LISTED.get(cls, ())
    return list(dict.fromkeys((*first, *(str(each) for each in cls))))


def _limits(
    what: str, low: int | None, high: int | None, size: Callable[[Any], int]
) -> list[Constraint]:
    found = []
    if high is not None and high not in _WIDTHS:
        text = f"Member must have {what} less than or equal to {high}"
        found.append(Constraint(2, text, lambda value: size(value) <= high))
    if low is not None and low not in _WIDTHS:
        text = f"Member must have {what} greater than or equal to {low}"
        found.append(Constraint(0, text, lambda value: size(value) >= low))
    return found


def _patterns(info: mi.StrType, extra: dict[str, Any], longest: int | None) -> list[Constraint]:
    """Return the pattern's constraint.

    DIFFERS: AWS looks at all of a value. One that is too long is refused in any case, and matching
    a quarter of a megabyte takes longer than all other work for it.
    """
    if info.pattern is None:
        return []
    search = re.compile(info.pattern).search
    end = None if longest is None else longest + 1
    text = f"Member must satisfy regular expression pattern: {extra['pattern']}"
    return [Constraint(1, text, lambda value: search(value[:end]) is not None)]


def _width(low: int | None, high: int | None) -> Callable[[Any], bool]:
    """Return a check of the width, on the sides where the model has no limit of its own."""
    least = low if low in _WIDTHS else None
    most = high if high in _WIDTHS else None
    return lambda number: (least is None or number >= least) and (most is None or number <= most)


def _decoded(text: str) -> bytes:
    return msgspec.convert(text, bytes)  # base64, exactly as strict as the decoder


def _is_base64(text: str) -> bool:
    try:
        _decoded(text)
    except msgspec.ValidationError:
        return False
    return True


def _is_finite(number: float) -> bool:
    """Compare instead of asking `math`, which can't take an integer of many digits."""
    return abs(number) <= sys.float_info.max


def _always(_: object) -> bool:
    return True
