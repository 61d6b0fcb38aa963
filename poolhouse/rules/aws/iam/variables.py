"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`.

A value of a policy becomes a pattern: literal text, wildcards, and variables whose text is
known only with the request. What a variable brings is always literal: an asterisk in a user's
name matches an asterisk.
Source: IAM user guide, "Policy elements: variables and tags".
"""

import enum
import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from poolhouse.rules.aws.iam.errors import MalformedPolicy, quoted
from poolhouse.rules.aws.iam.globs import Matcher, Piece, type_of_wildcard


class Ambiguous(enum.Enum):
    """The value of a tag whose key is there in two spellings: present, and not to be compared."""

    TAG = enum.auto()


class AmbiguousTag(Exception):
    """A policy asks for the value of a tag whose key is there in two spellings."""


Value = str | tuple[str, ...] | Ambiguous
Context = Mapping[str, Value]
"""The request's condition keys, by lower-case name; a tuple for a multi-valued key."""

Build = Callable[[Sequence[Piece]], Matcher]

_VARIABLE = re.compile(r"\$\{(?:([*?$])|([^${}*?',]+)(?:,\s*'([^'{}]*)')?)\}")
_WILDCARD = re.compile(r"([*?])")


class Variable(msgspec.Struct, frozen=True):
    """A place for the value of a condition key, named in lower case."""

    key: str
    default: str | None

    def resolve(self, context: Context) -> str | None:
        """Return the key's value, or the default; a multi-valued key has no one value.

        Raises AmbiguousTag.
        """
        value = context.get(self.key)
        if isinstance(value, Ambiguous):
            raise AmbiguousTag
        return value if isinstance(value, str) else self.default


class Pattern:
    """A policy value, compiled as far as it can be without a request.

    `build` makes the matcher from literal text and wildcards. Without variables that is done
    once, here; with variables, for each request. `variables` is whether `${` is special, which
    it is from version 2012-10-17 on; `wildcards` whether `*` and `?` are.
    """

    __slots__ = ("_build", "_parts", "is_fixed", "matcher")

    def __init__(self, text: str, build: Build, *, variables: bool, wildcards: bool) -> None:
        self._build = build
        self._parts = list(_parse(text, variables, wildcards))
        pieces = [part for part in self._parts if not isinstance(part, Variable)]
        self.is_fixed = len(pieces) == len(self._parts)
        self.matcher = build(pieces) if self.is_fixed else None

    def matches(self, text: str, context: Context) -> bool:
        """Return whether the text matches; nothing does when a variable has no value.

        Raises AmbiguousTag.
        """
        matcher = self.matcher or self.bind(context)
        return matcher is not None and matcher(text)

    def bind(self, context: Context) -> Matcher | None:
        """Return the matcher for one request, or None when a variable has no value in it.

        Raises AmbiguousTag.
        """
        pieces: list[Piece] = []
        for part in self._parts:
            piece = part.resolve(context) if isinstance(part, Variable) else part
            if piece is None:
                return None
            pieces.append(piece)
        return self._build(pieces)


def _parse(text: str, variables: bool, wildcards: bool) -> list[Piece | Variable]:
    if not variables:
        return [*_literals(text, wildcards)]
    parts: list[Piece | Variable] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        found = _VARIABLE.match(text, start)
        if found is None:
            raise MalformedPolicy(f"{quoted(text)} has a policy variable that is not well formed")
        parts += _literals(text[position:start], wildcards)
        special, key, default = found.groups()
        parts.append(special or Variable(key.strip().lower(), default))
        position = found.end()
    return [*parts, *_literals(text[position:], wildcards)]


def _literals(text: str, wildcards: bool) -> list[Piece]:
    split = _WILDCARD.split(text) if wildcards else [text]
    return [type_of_wildcard.get(item, item) if wildcards else item for item in split if item]
