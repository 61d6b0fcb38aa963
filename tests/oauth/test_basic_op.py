"""The Basic OP test plan, replayed: each module's result must be that of the page in docs/."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.basic_op import SKIPPED, Module, Skipped, Stopped, served
from support.running_server import running
from support.signed_in_apps import App

from oauth.basic_op_modules import PLAN

PAGE = Path(__file__).parents[2] / "docs" / "openid-conformance.md"


class Documented(NamedTuple):
    """A row of the page's table."""

    by_default: str
    standard: str
    cognito: str
    why: str


def _rows() -> Iterator[tuple[str, Documented]]:
    for line in PAGE.read_text().splitlines():
        if found := re.match(r"\| `(oidcc-[a-z0-9-]+)` \|(.*)\|$", line):
            yield found[1], Documented(*(cell.strip() for cell in found[2].split("|")))


TABLE = dict(_rows())


@pytest.fixture(scope="module", params=["by_default", "standard"])
def replayed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[App, str]]:
    """The app of the replay, on a server without and with the setting, and the table's column."""
    is_standard = request.param == "standard"
    with running(tmp_path_factory.mktemp("data"), standard_user_info=is_standard) as server:
        yield served(server), request.param


def test_basic_op_table_has_the_modules_of_the_plan_in_order() -> None:
    """openid-certification/conformance-suite, OIDCCBasicTestPlan of August 2026."""
    assert list(TABLE) == list(PLAN)


@pytest.mark.parametrize("name", PLAN)
def test_basic_op_module_has_the_documented_result(replayed: tuple[App, str], name: str) -> None:
    app, column = replayed
    module = Module(app)
    try:
        PLAN[name](module)
        result = module.result
    except Stopped:
        result = module.result
    except Skipped:
        result = SKIPPED
    assert result == getattr(TABLE[name], column), (module.failures, module.warnings)


def test_basic_op_results_other_than_passed_have_a_reason() -> None:
    for name, row in TABLE.items():
        if {row.by_default, row.standard, row.cognito} != {"passed"}:
            assert row.why, name
