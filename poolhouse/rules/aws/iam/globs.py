"""Glob patterns, compiled to a function that never backtracks.

A pattern is cut at its asterisks into segments of fixed length. The first and the last are
anchored at the ends of the text; each one between is looked for from where the one before
ended, and its leftmost place is always good enough, because an asterisk takes whatever lies
between. So hostile patterns and texts cost at most their lengths' product, in C.
"""

import enum
import re
from collections.abc import Callable, Sequence
from typing import Protocol


class Wildcard(enum.Enum):
    RUN = "*"  # any run of characters, an empty one too
    ONE = "?"  # exactly one character


type_of_wildcard = {wildcard.value: wildcard for wildcard in Wildcard}

Piece = str | Wildcard
Matcher = Callable[[str], bool]


class _Segment(Protocol):
    """A stretch of a pattern that has no asterisk, and so has a fixed length."""

    length: int

    def is_at(self, text: str, start: int) -> bool: ...

    def find(self, text: str, start: int, end: int) -> int: ...


class _Literal:
    """A segment without wildcards."""

    __slots__ = ("length", "literal")

    def __init__(self, literal: str) -> None:
        self.literal = literal
        self.length = len(literal)

    def is_at(self, text: str, start: int) -> bool:
        return text.startswith(self.literal, start)

    def find(self, text: str, start: int, end: int) -> int:
        return text.find(self.literal, start, end)


class _Masked:
    """A segment with question marks: a regular expression of fixed length has no choices."""

    __slots__ = ("length", "mask")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        mask = "".join(re.escape(piece) if isinstance(piece, str) else "." for piece in pieces)
        self.mask = re.compile(mask, re.DOTALL)
        self.length = sum(len(piece) if isinstance(piece, str) else 1 for piece in pieces)

    def is_at(self, text: str, start: int) -> bool:
        return self.mask.match(text, start) is not None

    def find(self, text: str, start: int, end: int) -> int:
        found = self.mask.search(text, start, end)
        return -1 if found is None else found.start()


def compile_glob(pieces: Sequence[Piece]) -> Matcher:
    """Return a function that matches a whole text with the pattern, case-sensitively."""
    head, *rest = _segments(pieces)
    if not rest:
        return _whole(head)
    if len(rest) == 1 and isinstance(head, _Literal) and rest[0].length == 0:
        prefix = head.literal
        return lambda text: text.startswith(prefix)
    *middle, tail = rest
    return _scattered(head, [segment for segment in middle if segment.length], tail)


def _segments(pieces: Sequence[Piece]) -> list[_Segment]:
    runs: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece is Wildcard.RUN:
            runs.append([])
        else:
            runs[-1].append(piece)
    return [
        _Masked(run) if Wildcard.ONE in run else _Literal("".join(map(str, run))) for run in runs
    ]


def _whole(segment: _Segment) -> Matcher:
    if isinstance(segment, _Literal):
        return segment.literal.__eq__
    return lambda text: len(text) == segment.length and segment.is_at(text, 0)


def _scattered(head: _Segment, middle: Sequence[_Segment], tail: _Segment) -> Matcher:
    def matches(text: str) -> bool:
        start, end = head.length, len(text) - tail.length
        if start > end or not head.is_at(text, 0) or not tail.is_at(text, end):
            return False
        for segment in middle:
            found = segment.find(text, start, end)
            if found < 0:
                return False
            start = found + segment.length
        return True

    return matches
