"""A strict server per store engine, as for the operations, and both authentication APIs."""

from typing import Any

import pytest
from support.served_pools import (
    PoolForTest,
    cognito,
    functions,
    new_pool,
    pool,
    server,
    server_on_postgres,
    server_on_sqlite,
)
from support.sign_ins import FLOWS, AuthApi

__all__ = [
    "PoolForTest",
    "cognito",
    "functions",
    "new_pool",
    "pool",
    "server",
    "server_on_postgres",
    "server_on_sqlite",
]


@pytest.fixture(params=["public", "admin"])
def by_admin(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "admin")


@pytest.fixture
def open_pool(new_pool: Any) -> Any:
    """A pool whose app client allows every flow, with alice, who is confirmed."""
    made = new_pool(client={"ExplicitAuthFlows": FLOWS})
    made.sign_up()
    made.admin_confirm()
    return made


@pytest.fixture
def api(open_pool: Any, by_admin: bool) -> AuthApi:
    """Either authentication API of that pool."""
    return AuthApi(open_pool, by_admin=by_admin)
