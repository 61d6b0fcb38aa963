"""No regular expression can be made to backtrack for long: they run on what callers send.

An unbounded repeat inside an unbounded repeat takes exponential time on what nearly matches, unless
it never gives back what it has taken (`*+`, `(?>…)`) or its rounds begin differently.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poolhouse.operations.registry import TABLE
from poolhouse.rules.aws.constraints import (
    ListPlan,
    MapPlan,
    Plan,
    SimplePlan,
    StructurePlan,
    plan_of,
)

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "poolhouse").rglob("*.py"))
FUNCTIONS = {"compile", "fullmatch", "match", "search", "sub", "findall", "split"}
MANY = 100
"""A repeat that may go on longer than this is as good as unbounded."""

parser: Any = re._parser  # type: ignore[attr-defined]


def written() -> Iterator[tuple[str, str | bytes]]:
    """Every pattern that stands as a literal in our source, with its place."""
    for file in SOURCES:
        text = file.read_text()
        if "import re\n" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr in FUNCTIONS
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str | bytes)
            ):
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node.args[0].value


def of_the_model(plan: Plan) -> Iterator[str]:
    """Every pattern of a request's members."""
    match plan:
        case StructurePlan(members):
            for member in members:
                yield from of_the_model(member.plan)
        case ListPlan(element):
            yield from of_the_model(element)
        case MapPlan(key, value):
            yield from of_the_model(key)
            yield from of_the_model(value)
        case SimplePlan():
            for constraint in plan.constraints:
                _, _, pattern = constraint.text.partition("regular expression pattern: ")
                if pattern:
                    yield pattern


def nested(items: Any, *, inside: bool = False) -> bool:
    """Whether an unbounded repeat stands within an unbounded one, and both may give back."""
    return any(_is_nested(kind, argument, inside) for kind, argument in items)


def _is_nested(kind: Any, argument: Any, inside: bool) -> bool:
    if kind in (parser.MAX_REPEAT, parser.MIN_REPEAT):
        _, most, repeated = argument
        is_long = most > MANY
        return (is_long and inside) or nested(repeated, inside=inside or is_long)
    if kind is parser.BRANCH:
        return any(nested(branch, inside=inside) for branch in argument[1])
    within = {
        parser.POSSESSIVE_REPEAT: lambda: nested(argument[2]),
        parser.ATOMIC_GROUP: lambda: nested(argument),
        parser.SUBPATTERN: lambda: nested(argument[3], inside=inside),
        parser.ASSERT: lambda: nested(argument[1]),
        parser.ASSERT_NOT: lambda: nested(argument[1]),
    }
    return kind in within and within[kind]()


PATTERNS = dict(written())


def test_regular_expressions_are_found() -> None:
    assert len(PATTERNS) > 40
    assert nested(parser.parse("(a+)+b"))
    assert nested(parser.parse("(?:[a-z]*-?)*"))
    assert not nested(parser.parse("(?:[a-z]*+-?)*+"))


@pytest.mark.parametrize("place", PATTERNS)
def test_pattern_of_ours_has_no_nested_unbounded_repeat(place: str) -> None:
    pattern = PATTERNS[place]
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    assert not nested(parser.parse(text, re.VERBOSE if "\n" in text else 0))


def test_pattern_of_the_model_has_no_nested_unbounded_repeat() -> None:
    found = {
        pattern
        for entry in TABLE.values()
        for pattern in of_the_model(plan_of(entry.operation.request))
    }
    assert len(found) > 20
    plain = [each for each in found if r"\p{" not in each]  # one class, repeated
    assert [each for each in plain if nested(parser.parse(each))] == []
