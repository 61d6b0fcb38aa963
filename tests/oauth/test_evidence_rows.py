"""Every row of the evidence about a pool's domain has a test, or a reason for having none."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]
EVIDENCE: Final = TESTS.parent / "docs" / "evidence"
ROWS: Final[dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_name("evidence_rows.toml").read_text()
)
FILES: Final = ROWS.pop("files")
NONE: Final = "none: "

_UNDER_A_HEAD: Final = re.compile(r"\|(?: ?-+ ?\|)+")


@cache
def _sections(page: str) -> dict[str, str]:
    parts = re.split(r'<a id="([\d.]+)"></a>', (EVIDENCE / f"{page}.md").read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _rows(section: str) -> Iterator[str]:
    """Yield the rows of tables without their heads, items of lists, and paragraphs."""
    page, _, number = section.partition("-")
    lines = _sections(page)[number].splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        is_head = _UNDER_A_HEAD.fullmatch(line) or _UNDER_A_HEAD.fullmatch(following)
        if line.strip() and not is_head and not line.startswith(("#", "[")):
            yield line


@pytest.mark.parametrize("section", ROWS)
def test_evidence_row_is_shown_by_a_test(section: str) -> None:
    keys_of = {row: [key for key in ROWS[section] if key in row] for row in _rows(section)}
    assert [(row[:60], keys) for row, keys in keys_of.items() if len(keys) != 1] == []
    assert sorted(key for [key] in keys_of.values()) == sorted(ROWS[section])


def test_evidence_rows_name_tests_that_exist() -> None:
    texts = [text for rows in ROWS.values() for text in rows.values() if not text.startswith(NONE)]
    named = {each for text in texts for each in text.split()}
    assert {each.partition(":")[0] for each in named} == FILES.keys()
    missing = []
    for each in sorted(named):
        file, _, name = each.partition(":")
        if not re.search(rf"def test_{name}\(", (TESTS / FILES[file]).read_text()):
            missing.append(each)
    assert missing == []
