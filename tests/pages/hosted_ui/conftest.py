"""The servers and domains that these tests visit."""

import pytest
from support.challenge_sites import new_site
from support.domain_pools import OAUTH, DomainPool
from support.running_server import RunningServer
from support.served_pools import NewPool
from support.strict_server import (
    cognito,
    dev,
    functions,
    new_pool,
    pool,
    server,
    server_on_postgres,
    server_on_sqlite,
    strict,
)

__all__ = [
    "cognito",
    "dev",
    "functions",
    "new_pool",
    "new_site",
    "pool",
    "server",
    "server_on_postgres",
    "server_on_sqlite",
    "strict",
]


@pytest.fixture
def domain(server: RunningServer, new_pool: NewPool) -> DomainPool:
    """A pool with a domain, and a confirmed user, alice."""
    made = DomainPool(server, new_pool(client=OAUTH))
    made.add_user()
    return made
