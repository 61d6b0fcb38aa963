"""The tables of docs/openid-conformance.md, and the results that modules have here."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from support.basic_op import SKIPPED, Module, Skipped, Stopped
from support.signed_in_apps import App

PAGE = Path(__file__).parents[2] / "docs" / "openid-conformance.md"


class Documented(NamedTuple):
    """A row of a table. `with_setting` is the column of the setting that the table is about."""

    by_default: str
    with_setting: str
    cognito: str
    why: str


def table_of(heading: str) -> dict[str, Documented]:
    """The rows of the table below a heading, by their modules."""
    _, _, section = PAGE.read_text().partition(f"\n## {heading}\n")
    found = {}
    for line in section.partition("\n## ")[0].splitlines():
        if row := re.match(r"\| `(oidcc-[a-z0-9-]+)` \|(.*)\|$", line):
            found[row[1]] = Documented(*(cell.strip() for cell in row[2].split("|")))
    return found


def result_of(run: Callable[[Module], object], app: App) -> tuple[str, Module]:
    """Run a module; its result, and itself."""
    module = Module(app)
    try:
        run(module)
    except Stopped:
        pass
    except Skipped:
        return SKIPPED, module
    return module.result, module
