"""The Condition element: operators, `…IfExists`, `ForAllValues:` and `ForAnyValue:`.

Source: IAM user guide, "Policy elements: condition operators" and "multivalued context keys".
"""

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

from poolhouse.rules.aws.iam import value_parsing
from poolhouse.rules.aws.iam.errors import MalformedPolicy, quoted
from poolhouse.rules.aws.iam.globs import Matcher, Piece, Wildcard, compile_glob
from poolhouse.rules.aws.iam.variables import Ambiguous, AmbiguousTag, Context, Pattern

Test = Callable[[str, Context], bool]
"""Returns whether a value of the request matches one of the policy, before negation."""

Family = Callable[[str, bool], Test]
"""Compiles a policy value to its test; the flag is whether it may hold variables."""

_Read = TypeVar("_Read")
_Ordered = TypeVar("_Ordered", Decimal, float)


class Condition(Protocol):
    """One operator on one key. `name` is how the document writes it."""

    name: str

    def holds(self, context: Context) -> bool: ...


def compile_condition(
    operator_name: str, key: str, values: Sequence[str], variables: bool, *, denies: bool
) -> Condition:
    """Return the condition `operator_name: {key: values}` of an Allow, or of one that `denies`.

    Raises `MalformedPolicy`.
    """
    quantifier, colon, plain = operator_name.rpartition(":")
    if colon and quantifier not in {"ForAllValues", "ForAnyValue"}:
        raise MalformedPolicy(f"{quoted(operator_name)} is not a condition operator")
    if plain == "Null" and not colon:
        return _NullCheck(key, values)
    base = plain.removesuffix("IfExists")
    if base not in _OPERATORS:
        raise MalformedPolicy(f"{quoted(operator_name)} is not a condition operator")
    family, negated = _OPERATORS[base]
    return _Comparison(
        f"{operator_name} {key}",
        key,
        [family(value, variables) for value in values],
        negated=negated,
        quantifier=quantifier,
        if_exists=base != plain,
        denies=denies,
    )


class _NullCheck:
    """`Null`: "true" asks that the key be absent, "false" that it be there."""

    __slots__ = ("_accepted", "_key", "name")

    def __init__(self, key: str, values: Sequence[str]) -> None:
        self.name = f"Null {key}"
        self._key = key.lower()
        self._accepted = {
            _required(value_parsing.boolean, value, "true or false") for value in values
        }

    def holds(self, context: Context) -> bool:
        return (context.get(self._key, ()) == ()) in self._accepted


class _Comparison:
    """Any other operator.

    The values of the policy are alternatives; a negated operator holds when none of them
    matches. A set operator says for how many of the request's values that must be so.

    A tag whose key is there in two spellings meets no condition of an Allow, and every one of a
    Deny. Callers that may add a spelling could evade the statement otherwise.
    """

    # UNVERIFIED: of a tag in two spellings IAM's guide says that a condition matches either of
    # them, "but not both". It doesn't say what a Deny does, or a negated operator.
    __slots__ = (
        *("_denies", "_for_all", "_key", "_negated", "_quantify", "_tests", "_when_absent"),
        "name",
    )

    def __init__(
        self,
        name: str,
        key: str,
        tests: Sequence[Test],
        *,
        negated: bool,
        quantifier: str,
        if_exists: bool,
        denies: bool,
    ) -> None:
        self.name = name
        self._key = key.lower()
        self._tests = tests
        self._negated = negated
        self._denies = denies
        self._for_all = quantifier == "ForAllValues"
        # Without a set operator the key should have one value; should it have several, the
        # operator is about all of them: one match is a match, and spoils a negation.
        everything = self._for_all or (negated and not quantifier)
        self._quantify: Callable[..., bool] = all if everything else any
        self._when_absent = if_exists or everything

    def holds(self, context: Context) -> bool:
        value = context.get(self._key, ())
        if isinstance(value, Ambiguous):
            return self._denies
        values = (value,) if isinstance(value, str) else value
        # To ForAllValues, values that are all empty count as absent.
        if not values or (self._for_all and not any(values)):
            return self._when_absent
        try:
            return self._quantify(
                any(test(value, context) for test in self._tests) is not self._negated
                for value in values
            )
        except AmbiguousTag:
            return self._denies


# --- Families of operators ------------------------------------------------------------------


def _text(build: Callable[[Sequence[Piece]], Matcher], *, wildcards: bool = False) -> Family:
    def compile_value(text: str, variables: bool) -> Test:
        return Pattern(text, build, variables=variables, wildcards=wildcards).matches

    return compile_value


def _typed(
    read: Callable[[str], _Read | None], compare: Callable[[_Read, _Read], bool], noun: str
) -> Family:
    def compile_value(text: str, variables: bool) -> Test:
        wanted = _required(read, text, noun)

        def test(value: str, context: Context) -> bool:
            given = read(value)
            return given is not None and compare(given, wanted)

        return test

    return compile_value


def _required(read: Callable[[str], _Read | None], text: str, noun: str) -> _Read:
    value = read(text)
    if value is None:
        raise MalformedPolicy(f"{quoted(text)} is not {noun}")
    return value


def _ignoring_case(pieces: Sequence[Piece]) -> Matcher:
    folded = compile_glob([piece.lower() if isinstance(piece, str) else piece for piece in pieces])
    return lambda text: folded(text.lower())


def _arn(pieces: Sequence[Piece]) -> Matcher:
    """Match each of an ARN's six parts on its own.

    No wildcard crosses one of the first five colons.
    """
    # UNVERIFIED: a lone asterisk in an ARN operator; people write it for "any".
    if list(pieces) == [Wildcard.RUN]:
        return lambda text: True
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if isinstance(piece, Wildcard):
            parts[-1].append(piece)
            continue
        first, *rest = piece.split(":", 6 - len(parts))
        parts[-1].append(first)
        parts += [[text] for text in rest]
    matchers = [compile_glob(part) for part in parts]

    def matches(text: str) -> bool:
        given = text.split(":", 5)
        return len(given) == len(matchers) == 6 and all(
            matcher(part) for matcher, part in zip(matchers, given, strict=True)
        )

    return matches


def _bool(text: str, variables: bool) -> Test:
    """Return the test of Bool, the one typed operator whose value may be a variable."""
    if variables and "${" in text:
        return Pattern(text, _ignoring_case, variables=True, wildcards=False).matches
    literal = _typed(value_parsing.boolean, operator.is_, "true or false")
    return literal(text, variables)


def _ip(text: str, variables: bool) -> Test:
    block = value_parsing.network(text)
    if block is None:
        raise MalformedPolicy(f"{quoted(text)} is not an IP address or CIDR block")

    def test(value: str, context: Context) -> bool:
        given = value_parsing.address(value)
        return given is not None and given in block

    return test


def _ordered(
    prefix: str, read: Callable[[str], _Ordered | None], noun: str
) -> dict[str, tuple[Family, bool]]:
    def family(compare: Callable[[_Ordered, _Ordered], bool]) -> Family:
        return _typed(read, compare, noun)

    return {
        f"{prefix}Equals": (family(operator.eq), False),
        f"{prefix}NotEquals": (family(operator.eq), True),
        f"{prefix}LessThan": (family(operator.lt), False),
        f"{prefix}LessThanEquals": (family(operator.le), False),
        f"{prefix}GreaterThan": (family(operator.gt), False),
        f"{prefix}GreaterThanEquals": (family(operator.ge), False),
    }


_EXACT = _text(compile_glob)
_ANY_CASE = _text(_ignoring_case)
_LIKE = _text(compile_glob, wildcards=True)
_ARN = _text(_arn, wildcards=True)

_OPERATORS: dict[str, tuple[Family, bool]] = {
    "StringEquals": (_EXACT, False),
    "StringNotEquals": (_EXACT, True),
    "StringEqualsIgnoreCase": (_ANY_CASE, False),
    "StringNotEqualsIgnoreCase": (_ANY_CASE, True),
    "StringLike": (_LIKE, False),
    "StringNotLike": (_LIKE, True),
    **_ordered("Numeric", value_parsing.number, "a number"),
    **_ordered("Date", value_parsing.moment, "an ISO 8601 date or epoch time"),
    "Bool": (_bool, False),
    "BinaryEquals": (_typed(value_parsing.binary, operator.eq, "base64"), False),
    "IpAddress": (_ip, False),
    "NotIpAddress": (_ip, True),
    "ArnEquals": (_ARN, False),
    "ArnLike": (_ARN, False),
    "ArnNotEquals": (_ARN, True),
    "ArnNotLike": (_ARN, True),
}
