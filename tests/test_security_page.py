"""The threat model names tests that exist, and boundaries that are files."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = (ROOT / "docs" / "security.md").read_text()
CITED: Final = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def _functions(file: Path) -> set[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {n.name for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, kinds)}


def test_security_page_cites_tests() -> None:
    assert len(CITED) > 30


@pytest.mark.parametrize(("file", "name"), CITED)
def test_security_page_cited_test_exists(file: str, name: str) -> None:
    path = ROOT / file
    assert path.is_file(), file
    assert not name or name in _functions(path), f"{file} has no {name}"


def test_security_page_every_threat_has_a_test() -> None:
    """Each row of the tables of threats ends with at least one test."""
    section = PAGE.partition("## Threats and defences")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!Threat \||---)(.+) \|$", section, re.MULTILINE)
    without = [row for row in rows if "`tests/" not in row.rpartition(" | ")[2]]
    assert rows
    assert without == []


def test_security_page_named_files_exist() -> None:
    named = set(re.findall(r"`(poolhouse/[\w/]+\.py)`", PAGE))
    assert named
    assert [file for file in sorted(named) if not (ROOT / file).is_file()] == []
