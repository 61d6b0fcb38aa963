"""The order of the test files: those that take longest come first.

Files are distributed to processes whole. A long file that came last would run alone at the end.
"""

from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[1]

LONGEST_FIRST: Final = (
    "faults/test_deleted_meanwhile_on_postgres.py",
    "faults/test_deleted_meanwhile.py",
    "http1/test_protocol_against_h11.py",
    "api/test_unauthenticated_fuzz.py",
    "auth/test_sign_in_error_sentences.py",
    "cli/test_seeds.py",
    "cli/test_workers_hanging.py",
    "cli/test_functions_of_servers.py",
    "triggers/test_local_children.py",
    "auth/test_mixed_identities.py",
    "cli/test_dev.py",
    "cli/test_first_starts.py",
    "faults/test_hostile_functions.py",
    "cli/test_transfer.py",
    "cli/test_keys_command.py",
    "cli/test_seeds_of_second_factors.py",
    "faults/test_starts.py",
    "auth/test_sign_in_matrix.py",
)
"""Files that take more than 30 seconds of the run; `pytest --durations 50` names them."""

_PLACES: Final = {TESTS / name: place for place, name in enumerate(LONGEST_FIRST)}


def put_longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests by their files' places; all others keep their order behind them."""
    items.sort(key=lambda item: _PLACES.get(item.path, len(_PLACES)))
