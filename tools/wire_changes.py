"""Report what two versions of `poolhouse/wire/` have that the other hasn't.

The files themselves are compared, so the report needs no copy of the API model that they came from.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

Files = dict[str, str]
"""The text of each generated file, by its name."""

KINDS = {
    "operations": "operations",
    "may answer": "errors of operations",
    "errors": "errors",
    "structures": "structures",
    "members": "members of structures",
    "enumerations": "enumerations",
    "values": "values of enumerations",
    "shapes": "simple shapes, lists and maps",
}


class Fact(NamedTuple):
    """One thing that the API has: of a kind, perhaps within an owner, under a name."""

    kind: str
    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


OWNERS = {"may answer": "operations", "members": "structures", "values": "enumerations"}


def report(before: Files, after: Files) -> list[str]:
    """Return the lines that name what is new, what is gone and what changed; [] if nothing did.

    A new operation's errors, a new structure's members and a new enumeration's values come with
    their owner, so only the owner is named. The same holds for what is gone.
    """
    old, new = dict(facts(before)), dict(facts(after))
    changed = {fact for fact in new.keys() & old.keys() if new[fact] != old[fact]}
    return [
        *_lines("new", _outermost(new.keys() - old.keys(), old)),
        *_lines("gone", _outermost(old.keys() - new.keys(), new)),
        *_lines("changed", changed),
    ]


def facts(files: Files) -> Iterator[tuple[Fact, str]]:
    """Yield every fact, each with what may change about it: a type, a constraint, a status."""
    for name, text in files.items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                yield from _facts_of_class(node)
            elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
                yield Fact("shapes", "", ast.unparse(node.target)), ast.unparse(node.value or node)
            elif isinstance(node, ast.Assign) and name == "operations.py":
                for call in ast.walk(node):
                    if isinstance(call, ast.Call) and ast.unparse(call.func) == "Operation":
                        yield from _facts_of_operation(call)


def _facts_of_class(node: ast.ClassDef) -> Iterator[tuple[Fact, str]]:
    match [ast.unparse(base) for base in node.bases]:
        case ["Shape"]:
            yield Fact("structures", "", node.name), ""
            for member in node.body:
                if isinstance(member, ast.AnnAssign):
                    kind = ast.unparse(member.annotation)
                    yield Fact("members", node.name, ast.unparse(member.target)), kind
        case ["enum.StrEnum"]:
            yield Fact("enumerations", "", node.name), ""
            for value in node.body:
                if isinstance(value, ast.Assign):
                    yield Fact("values", node.name, ast.literal_eval(value.value)), ""
        case ["ServiceError"]:
            yield Fact("errors", "", node.name), "\n".join(map(ast.unparse, node.body))


def _facts_of_operation(call: ast.Call) -> Iterator[tuple[Fact, str]]:
    arguments = {each.arg: each.value for each in call.keywords}
    name = ast.literal_eval(arguments["name"])
    errors = arguments.pop("errors")
    yield Fact("operations", "", name), " ".join(map(ast.unparse, arguments.values()))
    for error in ast.walk(errors):
        if isinstance(error, ast.Attribute):
            yield Fact("may answer", name, error.attr), ""


def _outermost(found: set[Fact], other: dict[Fact, str]) -> set[Fact]:
    """Leave out what comes, or goes, with its owner."""
    return {
        fact for fact in found if not fact.owner or Fact(OWNERS[fact.kind], "", fact.owner) in other
    }


def _lines(word: str, found: set[Fact]) -> Iterator[str]:
    for kind, title in KINDS.items():
        names = sorted(str(fact) for fact in found if fact.kind == kind)
        if names:
            yield f"{word} {title} ({len(names)}):"
            yield from (f"  {name}" for name in names)
