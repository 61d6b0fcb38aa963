"""Wildcards: the matcher equals the plainest reference, whatever is thrown at it."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.aws.iam.globs import Piece, Wildcard, compile_glob

ALPHABET = "ab*?$\n"


def pieces_of(pattern: str) -> list[Piece]:
    wildcards: dict[str, Piece] = {"*": Wildcard.RUN, "?": Wildcard.ONE}
    return [wildcards.get(character, character) for character in pattern]


def reference(pieces: list[Piece], text: str) -> bool:
    """The definition of a glob, read off piece by piece."""

    @cache
    def matches(piece: int, start: int) -> bool:
        if piece == len(pieces):
            return start == len(text)
        wanted = pieces[piece]
        if wanted is Wildcard.RUN:
            return any(matches(piece + 1, end) for end in range(start, len(text) + 1))
        if wanted is Wildcard.ONE:
            return start < len(text) and matches(piece + 1, start + 1)
        return text.startswith(str(wanted), start) and matches(piece + 1, start + len(str(wanted)))

    return matches(0, 0)


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("", [""], ["a"]),
        ("*", ["", "a", "a/b:c\n"], []),
        ("abc", ["abc"], ["ab", "abcd", "ABC"]),
        ("ab*", ["ab", "abc"], ["a", "xab"]),
        ("*ab", ["ab", "xab"], ["abx"]),
        ("a*b*c", ["abc", "axbxc", "abbcc"], ["acb", "ab"]),
        ("a?c", ["abc", "a\nc"], ["ac", "abbc"]),
        ("??", ["ab"], ["a", "abc"]),
        ("*?", ["a", "ab"], [""]),
        ("ab*ba", ["abba", "abxba"], ["aba"]),
        ("*a?b*c?", ["aabcc", "xa.b.c."], ["aabc", "abc"]),
    ],
)
def test_policy_glob_asterisk_and_question_mark_match(
    pattern: str, matching: list[str], other: list[str]
) -> None:
    glob = compile_glob(pieces_of(pattern))
    assert [text for text in matching if not glob(text)] == []
    assert [text for text in other if glob(text)] == []


@given(pattern=st.text(ALPHABET, max_size=12), text=st.text("ab$\n*", max_size=20))
def test_policy_glob_equals_the_reference(pattern: str, text: str) -> None:
    pieces = pieces_of(pattern)
    assert compile_glob(pieces)(text) == reference(pieces, text)


@given(
    pieces=st.lists(st.sampled_from(list(Wildcard)) | st.text(max_size=4), max_size=8),
    text=st.text(max_size=20),
)
def test_policy_glob_literals_hold_any_character(pieces: list[Piece], text: str) -> None:
    assert compile_glob(pieces)(text) == reference(pieces, text)
    filled = "".join(
        piece if isinstance(piece, str) else {"*": text, "?": "*"}[piece.value] for piece in pieces
    )
    assert compile_glob(pieces)(filled)


def test_policy_glob_with_many_wildcards_does_not_backtrack() -> None:
    """A backtracking matcher would not come back from this one in anybody's lifetime."""
    glob = compile_glob(pieces_of("*a" * 2_000 + "*?b"))
    assert not glob("a" * 50_000)
    assert glob("a" * 50_000 + "b")
