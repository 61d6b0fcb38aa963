"""What the tests of the command line share."""

from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.fixture
def poolhouse(tmp_path: Path) -> CommandLine:
    """The command line, in an empty folder."""
    return CommandLine(tmp_path)
