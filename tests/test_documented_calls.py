"""The examples in docs/operations/ are what a running server answers."""

import json
from pathlib import Path

from support.documented_calls import EXAMPLES, recorded

from poolhouse.operations.registry import TABLE

COMMITTED = json.loads(EXAMPLES.read_text("utf-8"))


def test_documented_calls_cover_every_built_operation() -> None:
    assert COMMITTED.keys() == TABLE.keys()


def test_example_of_admin_confirm_sign_up_has_client_metadata() -> None:
    assert COMMITTED["AdminConfirmSignUp"]["request"]["ClientMetadata"]


def test_server_answers_the_documented_requests_as_documented(tmp_path: Path) -> None:
    """`PYTHONPATH=.:tests python -m support.documented_calls` records them again."""
    assert recorded(tmp_path) == COMMITTED
