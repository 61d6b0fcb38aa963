"""Java regular expressions of the API model, rewritten for Python's `re`.

AWS checks a pattern with Java's `matches`: the whole value, ASCII `\\s \\w \\d`, a dot that stops
at five line ends, and Unicode categories. `translate` keeps exactly that meaning, and refuses to
guess about anything that the model does not use today.
"""

from collections.abc import Iterable

# Unicode 16.0. Written out, because `unicodedata` follows the Python that runs the tool and the
# generated file must be the same everywhere. A code point that is not assigned counts as visible:
# which characters exist depends on the Java that AWS runs, and new letters appear every year.
SEPARATORS = (  # \p{Z}
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
UNSEEN = (  # \p{C}: controls, formats, surrogates, private use, noncharacters
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0xAD, 0xAD),
    (0x600, 0x605),
    (0x61C, 0x61C),
    (0x6DD, 0x6DD),
    (0x70F, 0x70F),
    (0x890, 0x891),
    (0x8E2, 0x8E2),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xD800, 0xF8FF),
    (0xFDD0, 0xFDEF),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xFFFE, 0xFFFF),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    *((plane << 16 | 0xFFFE, plane << 16 | 0xFFFF) for plane in range(1, 14)),
    (0xE0001, 0xE0001),
    (0xE0020, 0xE007F),
    (0xEFFFE, 0x10FFFF),
)

_VISIBLE = r"\p{L}\p{M}\p{S}\p{N}\p{P}"
_LINE_ENDS = r"\n\r\x85\u2028\u2029"


def _escape(code_point: int) -> str:
    return f"\\u{code_point:04x}" if code_point <= 0xFFFF else f"\\U{code_point:08x}"


def _ranges(pairs: Iterable[tuple[int, int]]) -> str:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if merged and merged[-1][1] == low - 1:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return "".join(
        _escape(low) if low == high else f"{_escape(low)}-{_escape(high)}" for low, high in merged
    )


def _all_but(hidden: Iterable[tuple[int, int]], legal: str = "") -> str:
    """Return the complement of a set.

    Python compiles it four times as fast as the equal list of what is legal.
    """
    low = [n for first, last in hidden for n in range(first, min(last, 0x20) + 1)]
    kept = [(n, n) for n in low if chr(n) not in legal]
    return f"[^{_ranges([*kept, *(pair for pair in hidden if pair[0] > 0x20)])}]"


# The long character classes: the name each gets in the generated file, its Python text, and the
# ways the model writes it (the asterisk is visible anyway). In a pattern that is being translated
# one private-use character, its mark, stands for each.
_HIDDEN = SEPARATORS + UNSEEN
CLASSES = (
    ("_VISIBLE", _all_but(_HIDDEN), (rf"[{_VISIBLE}]",)),
    ("_TEXT", _all_but(_HIDDEN, " \t\n\x0b\f\r"), (rf"[{_VISIBLE}\s]", rf"[{_VISIBLE}\s*]")),
    ("_LINES", _all_but(_HIDDEN, " \t\n\r"), (rf"[{_VISIBLE}\t\n\r ]",)),
    ("_SPACED", _all_but(UNSEEN), (rf"[{_VISIBLE}\p{{Z}}]",)),
    ("_UNSPACED", f"[^_{_ranges(SEPARATORS)}]", (r"[^_\p{Z}]",)),
)
MARKS = {chr(0xE000 + index): name for index, (name, _, _) in enumerate(CLASSES)}
_MARKED = {java: chr(0xE000 + index) for index, row in enumerate(CLASSES) for java in row[2]}
_V, _T = (_MARKED[rf"[{_VISIBLE}]"], _MARKED[rf"[{_VISIBLE}\s*]"])

# Python backtracks over these for a time that grows with the square or the cube of the length:
# a hostile message template would hold the server for minutes. Each is replaced by an equal
# pattern that takes linear time: first "every character is legal", then "the first opening mark
# that there is, and a closing one after it", with atomic groups that never look back.
# (The keys are AWS's texts; the tests compare both on small strings.)
LINEAR = {
    rf"[{_VISIBLE}]+@[{_VISIBLE}]+": rf"(?={_V}+\Z)(?>(?s:.+?)@)(?s:.+)",
    rf"[{_VISIBLE}\s*]*\{{####\}}[{_VISIBLE}\s*]*": rf"(?={_T}*\Z)(?>(?s:.*?)\{{####\}})(?s:.*)",
    rf"[{_VISIBLE}\s*]*\{{##[{_VISIBLE}\s*]*##\}}[{_VISIBLE}\s*]*": (
        rf"(?={_T}*\Z)(?>(?s:.*?)\{{##)(?>(?s:.*?)##\}})(?s:.*)"
    ),
    r".*\{####\}.*": rf"(?=[^{_LINE_ENDS}]*\Z)(?>(?s:.*?)\{{####\}})(?s:.*)",
    # Words, with blanks between them that are no line ends; the first and the last word may hold
    # the three non-ASCII line ends, which Java's \S accepts and its dot does not.
    r"^[\S]+.*[\S]+$": (
        rf"(?:\S{{2,}}|(?>\S+)(?:(?>[ \t\x0b\f]+)(?>[^\s{_LINE_ENDS}]+))*(?>[ \t\x0b\f]+)\S+)"
    ),
}


def translate(java: str) -> str:
    """Return the Python pattern whose `search` accepts what Java's `matches` accepts.

    MARKS says which constants' texts belong where the result has a private-use character.
    """
    return rf"(?a)^(?:{LINEAR.get(java) or _rewrite(java)})\Z"


def _rewrite(java: str) -> str:
    dot_all = java.startswith("(?s)")
    text = java.removeprefix("(?s)")
    for spelling, mark in _MARKED.items():
        text = text.replace(spelling, mark)
    if r"\p" in text or "(?s" in text:
        raise ValueError(f"no translation for the pattern {java!r}")
    written: list[str] = []
    in_class = escaped = False
    for char in text:
        if escaped or char == "\\":
            escaped = not escaped
        elif char in "[]":
            in_class = char == "["
        elif char == "." and not in_class and not dot_all:
            written.append(f"[^{_LINE_ENDS}]")
            continue
        written.append(char)
    return f"(?s:{''.join(written)})" if dot_all else "".join(written)
