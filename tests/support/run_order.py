"""The order of the test files: those that take longest come first.

Files are distributed to processes whole. A long file that came last would run alone at the end.
"""

from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]

LONGEST_FIRST: Final = (
    "faults/test_deleted_meanwhile.py",
    "faults/test_deleted_meanwhile_on_postgres.py",
    "pages/hosted_ui/test_sign_in_accessibility.py",
    "pages/hosted_ui/test_sign_up_accessibility.py",
    "cli/test_functions_of_servers.py",
    "cli/test_workers_hanging.py",
    "faults/test_hostile_functions.py",
    "guesses/test_guessables.py",
    "auth/test_sign_in_matrix.py",
    "pages/test_accessibility.py",
    "auth/test_mixed_identities.py",
    "auth/test_sign_in_error_sentences.py",
    "operations/test_error_sentences.py",
    "api/test_costs.py",
    "api/test_unauthenticated_fuzz.py",
    "transfer/test_arrivals.py",
    "cli/test_transfer.py",
    "cli/test_workers_sign_out.py",
    "cli/test_workers_under_load.py",
    "clients/test_javascript.py",
    "clients/test_examples.py",
    "clients/test_aws_cli.py",
    "http1/test_protocol_against_h11.py",
    "faults/test_crashes.py",
    "cli/test_dev.py",
    "cli/test_seeds.py",
    "oauth/test_code_replay.py",
    "triggers/test_local_children.py",
)
"""Files that take more than 10 seconds of the run; `pytest --durations 50` names them."""

_PLACES: Final = {TESTS / name: place for place, name in enumerate(LONGEST_FIRST)}


def put_longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests by their files' places; all others keep their order behind them."""
    items.sort(key=lambda item: _PLACES.get(item.path, len(_PLACES)))
