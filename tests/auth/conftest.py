"""A strict server per store engine, as for the operations, and both authentication APIs."""

import pytest
from support.served_pools import (
    NewPool,
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
def open_pool(new_pool: NewPool) -> PoolForTest:
    """A pool whose app client allows every flow, with alice, who is confirmed."""
    made = new_pool(client={"ExplicitAuthFlows": FLOWS})
    made.sign_up()
    made.admin_confirm()
    return made


@pytest.fixture
def api(open_pool: PoolForTest, by_admin: bool) -> AuthApi:
    """Either authentication API of that pool."""
    return AuthApi(open_pool, by_admin=by_admin)
