"""Every sentence of signing in, and of what users do then, as clients meet it (auth.md §4).

The tables are beside this file: each row names the exact sentence and its source. What is refused
has changed nothing. Sentences don't depend on the store: one server does, whose clock can be set.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from error_sentences import Situation
from flows import (
    situations_of_challenges,
    situations_of_factors,
    situations_of_second_factors,
    situations_of_sessions,
    situations_of_starts,
    situations_of_tokens,
)
from functions_server import FunctionsServer
from operations.test_error_sentences import OF_SIGN_IN, refusals_of
from refusals import refused
from running import RunningServer, running
from served_pools import PoolForTest
from sign_in_situations import RIGHT, Way

from poolhouse import sign_in_errors, trigger_errors

SITUATIONS: list[Situation] = [
    *situations_of_starts.SITUATIONS,
    *situations_of_challenges.SITUATIONS,
    *situations_of_second_factors.SITUATIONS,
    *situations_of_sessions.SITUATIONS,
    *situations_of_factors.SITUATIONS,
    *situations_of_tokens.SITUATIONS,
]


@pytest.fixture(scope="module")
def dev(
    tmp_path_factory: pytest.TempPathFactory, functions: FunctionsServer
) -> Iterator[RunningServer]:
    """Every code that it sends is RIGHT, and its clock can be set."""
    with running(
        tmp_path_factory.mktemp("dev"), dev=True, code=RIGHT, triggers={"*": functions.url}
    ) as server:
        yield server


@pytest.fixture(scope="module")
def unchecked(dev: RunningServer) -> Any:
    """A client that sends whatever it is given: refusing is the server's to do."""
    return dev.client(parameter_validation=False)


class Places:
    """A pool of each kind that situations ask for, empty again after each of them."""

    def __init__(self, server: RunningServer, cognito: Any) -> None:
        self._server = server
        self._cognito = cognito
        self._pools: dict[str, PoolForTest] = {}

    @contextlib.contextmanager
    def of(self, settings: dict[str, Any]) -> Iterator[PoolForTest]:
        kind = repr(settings)
        if kind not in self._pools:
            self._pools[kind] = self._make(**settings)
        pool = self._pools[kind]
        try:
            yield pool
        finally:
            httpx.post(f"{self._server.url}/dev/clock", json={"now": None}).raise_for_status()
            for user in self._cognito.list_users(UserPoolId=pool.id)["Users"]:
                self._cognito.admin_delete_user(UserPoolId=pool.id, Username=user["Username"])

    def _make(self, factors: dict[str, Any] | None = None, **settings: Any) -> PoolForTest:
        pool = PoolForTest(self._cognito, **settings)
        if factors is not None:
            self._cognito.set_user_pool_mfa_config(UserPoolId=pool.id, **factors)
        return pool


@pytest.fixture(scope="module")
def places(dev: RunningServer, unchecked: Any) -> Places:
    return Places(dev, unchecked)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_the_refusal_is_told_in_the_services_words(
    dev: RunningServer,
    unchecked: Any,
    functions: FunctionsServer,
    places: Places,
    situation: Situation,
) -> None:
    functions.forget()
    with places.of(situation.settings) as pool:
        world = Way(dev, unchecked, functions, pool)
        for step in situation.before:
            step(world)
        before = world.shown()
        sentence = situation.sentence.replace("{client}", pool.client_id)
        with refused(situation.error.code, sentence):
            situation.call(world)
        if not situation.leaves_changes:
            assert world.shown() == before


def test_no_refusal_is_left_out() -> None:
    """A new class needs a row in a table beside this file."""
    shown = {situation.error for situation in SITUATIONS}
    wanted = refusals_of(sign_in_errors)
    wanted |= {each for each in refusals_of(trigger_errors) if each.__name__ in OF_SIGN_IN}
    assert {each.__name__ for each in wanted - shown} == set()
