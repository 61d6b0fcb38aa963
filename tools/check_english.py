"""Check the project's plain English: words that its pages, docstrings and commits don't use.

`python tools/check_english.py` checks pages, docstrings and comments. With `--commit FILE` it
checks a commit message. CONTRIBUTING.md has the rules; ruff's D rules check the form of docstrings.
"""

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]

WORDS: Final = {
    r"whoever|whomever": "anyone who, a user who, the caller that",
    r"nobody|somebody": "no user, no client, another user, …: name the actor",
    r"strangers?": "unauthenticated caller, unknown user",
    r"anew": "again",
    r"shall": "must, should, can",
    r"(?:for|to|of|by|from) who": "for users who, to callers that",
    r"in the place of": "instead of",
    r"(?:is|are|was|were|be|stays|no longer) good for": "is valid for, serves",
    r"believ(?:e|es|ed|ing)": "verify, trust",
    r"(?:front desk|hands full|ride in|a house|the house)": "the field's term",
}
"""Words to avoid, as regular expressions, and what to write instead."""

LONGEST_SUBJECT: Final = 72
_SUBJECT: Final = re.compile(r"[a-z][\w./-]*(?:, [a-z][\w./-]*)*: [a-z]")
_PATTERNS: Final = {
    re.compile(rf"\b(?:{word})\b", re.IGNORECASE): use for word, use in WORDS.items()
}
_CODE: Final = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", re.DOTALL)

NOT_CHECKED: Final = ("poolhouse/wire", "docs/evidence", "bench/results", "tests/test_english.py")
"""Generated, quoted, or examples of what isn't plain."""


class Finding(NamedTuple):
    """A word at a line of a file."""

    place: str
    line: int
    word: str
    use: str


def findings_in(place: str, first_line: int, text: str) -> Iterator[Finding]:
    """Yield the words of a text that aren't plain English; code in it isn't looked at."""
    blank = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)
    for pattern, use in _PATTERNS.items():
        for found in pattern.finditer(blank):
            line = first_line + blank.count("\n", 0, found.start())
            yield Finding(place, line, found[0], use)


def prose_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield the docstrings, attribute docstrings and comments of a module, with their lines."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def check_files() -> Iterator[Finding]:
    """Yield what is found in the project's pages and modules."""
    for file in sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))):
        if not _is_exempt(file):
            yield from findings_in(_name(file), 1, file.read_text())
    for folder in ("poolhouse", "tools", "bench", "examples", "tests"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if not _is_exempt(file) and file != Path(__file__):
                for line, text in prose_of(file.read_text()):
                    yield from findings_in(_name(file), line, text)


def check_commit(message: str) -> Iterator[str]:
    """Yield what is wrong with a commit message."""
    lines = [line for line in message.splitlines() if not line.startswith("#")]
    subject = lines[0] if lines else ""
    if len(subject) > LONGEST_SUBJECT:
        yield f"the subject has {len(subject)} characters, more than {LONGEST_SUBJECT}"
    if not _SUBJECT.match(subject):
        yield "the subject isn't of the form `area: what changes`, in lower case"
    if subject.endswith("."):
        yield "the subject ends with a full stop"
    if len(lines) > 1 and lines[1]:
        yield "the second line isn't empty"
    for found in findings_in("message", 1, message):
        yield f"line {found.line}: instead of {found.word!r} write: {found.use}"


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _is_exempt(file: Path) -> bool:
    return _name(file).startswith(NOT_CHECKED)


def main() -> int:
    """Print what is found. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commit", type=Path, metavar="FILE", help="check a commit message")
    arguments = parser.parse_args()
    if arguments.commit:
        mistakes = list(check_commit(arguments.commit.read_text()))
    else:
        mistakes = [
            f"{each.place}:{each.line}: instead of {each.word!r} write: {each.use}"
            for each in check_files()
        ]
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
