"""Rows deleted while a request that uses them is answered, on SQLite."""

import pytest
from faults.deletions import DELETIONS, failures, recorder
from support.replayed_requests import Recorder

from poolhouse.operations.registry import TABLE

__all__ = ["recorder"]

pytestmark = pytest.mark.parametrize("recorder", ["sqlite"], indirect=True)


def test_recorder_has_a_request_of_every_operation(recorder: Recorder) -> None:
    assert {name.partition("-")[0] for name in recorder.recorded} == TABLE.keys()


@pytest.mark.parametrize("deleted", sorted(DELETIONS))
def test_request_with_a_deletion_in_its_midst_is_answered_or_refused(
    recorder: Recorder, deleted: str
) -> None:
    """Before each use of the store that a request makes, in a replay for each."""
    assert failures(recorder, deleted) == []
    # Each refusal is one that the model lists for the operation.
    assert sorted(set(recorder.unlisted)) == []
