"""docs/limits.md names the bounds that the code has, and tests that exist."""

import importlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from poolhouse.config.settings import Settings
from poolhouse.entities.codes import Action

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in (ROOT / "docs" / "limits.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| What |")
]


def named(place: str) -> Any:
    """The value of `file:NAME`, `file:CLASS.NAME` or `file:TABLE.ACTION`."""
    file, _, path = place.partition(":")
    folders = file.removesuffix(".py").split("/")
    if folders[0] == "tests":
        text = (ROOT / file).read_text()
        return float(re.findall(rf"^{path} = ([0-9._]+)$", text, re.MULTILINE)[0])
    value: Any = importlib.import_module(".".join(folders))
    for part in path.split("."):
        value = value[Action[part]] if isinstance(value, dict) else getattr(value, part)
    return value


def test_limits_page_has_rows() -> None:
    assert len(ROWS) > 20
    assert {len(row) for row in ROWS} == {5}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_bound_of_the_page_is_that_of_the_code(row: tuple[str, ...]) -> None:
    _, bound, setting, code, test = row
    number, unit = bound.split(" ", 1)
    value = (
        getattr(Settings(), setting.strip("`")) if setting != "fixed" else named(code.strip("`"))
    )
    if isinstance(value, timedelta):
        value = value / timedelta(**{unit: 1})
    assert float(number.replace(",", "")) == value
    file, _, name = test.strip("`").partition(":")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
