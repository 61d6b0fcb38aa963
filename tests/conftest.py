"""What all rooms of the tests share."""

from collections.abc import Iterator

import hypothesis
import pytest
from support.postgres_server import PostgresServer, running_server

# A machine that is busy is no failure of ours: tests assert no times.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server, started when the first test needs it."""
    with running_server() as server:
        yield server
