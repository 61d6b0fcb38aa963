"""The test plan for RP-initiated logout, replayed: results must be those of the page in docs/."""

from collections.abc import Iterator

import pytest
from support.basic_op import served
from support.conformance_page import result_of, table_of
from support.running_server import running
from support.signed_in_apps import App

from oauth.logout_modules import PLAN

TABLE = table_of("RP-initiated logout")


@pytest.fixture(scope="module", params=["by_default", "with_setting"])
def replayed(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[App, str]]:
    """The app of the replay, on a server without and with the setting, and the table's column."""
    is_on = request.param == "with_setting"
    with running(tmp_path_factory.mktemp("data"), rp_initiated_logout=is_on) as server:
        yield served(server), request.param


def test_logout_table_has_the_modules_of_the_plan_in_order() -> None:
    """openid-certification/conformance-suite, OIDCCRpInitiatedLogoutTestPlan."""
    assert list(TABLE) == list(PLAN)


@pytest.mark.parametrize("name", PLAN)
def test_logout_module_has_the_documented_result(replayed: tuple[App, str], name: str) -> None:
    app, column = replayed
    result, module = result_of(PLAN[name], app)
    assert result == getattr(TABLE[name], column), (module.failures, module.warnings)


def test_logout_results_other_than_passed_have_a_reason() -> None:
    for name, row in TABLE.items():
        if {row.by_default, row.with_setting, row.cognito} != {"passed"}:
            assert row.why, name
