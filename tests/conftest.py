"""Fixtures of all folders. Imports little: every test pays for it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import hypothesis
import pytest
from support import run_order, run_size, store_engines, temporary_files, trusted_authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres_server import PostgresServer

# A busy machine must fail no test: tests assert no times.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nightly",
        action="store_true",
        help="run every test on both stores, the tests marked nightly, and fuzzing at full size",
    )


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell's background job ignores it, and so would the commands that tests interrupt.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    temporary_files.use_memory()
    trusted_authority.trust_it_alone()
    run_size.choose(nightly=store_engines.is_nightly(config))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    store_engines.parametrize(metafunc)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first; leave the tests marked `nightly` to the nightly run."""
    run_order.put_longest_first(items)
    if store_engines.is_nightly(config):
        return
    left = [item for item in items if item.get_closest_marker("nightly")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


@pytest.fixture(scope="session")
def store_engine(request: pytest.FixtureRequest) -> store_engines.Engine:
    """The engine of the store under test; `support.store_engines` chooses."""
    engine: store_engines.Engine = request.param
    return engine


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server, started when the first test needs it."""
    from support.postgres_server import running_server

    with running_server() as server:
        yield server
