"""A strict server per store engine, and pools, clients and functions on it for each test."""

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
