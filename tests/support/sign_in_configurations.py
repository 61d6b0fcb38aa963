"""Servers with a settable clock, and pools, for cases of sign-ins."""

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.functions_server import FunctionsServer
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_in_error_cases import RIGHT


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
