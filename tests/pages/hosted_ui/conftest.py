"""The servers that these tests visit."""

from support.strict_server import (
    cognito,
    functions,
    new_pool,
    pool,
    server,
    server_on_postgres,
    server_on_sqlite,
)

__all__ = [
    "cognito",
    "functions",
    "new_pool",
    "pool",
    "server",
    "server_on_postgres",
    "server_on_sqlite",
]
