"""A strict server per store engine, as for the operations."""

from support.served_pools import (
    cognito,
    functions,
    new_pool,
    server,
    server_on_postgres,
    server_on_sqlite,
)

__all__ = ["cognito", "functions", "new_pool", "server", "server_on_postgres", "server_on_sqlite"]
