"""A strict server per store engine, as for the operations."""

from support.served_pools import cognito, functions, new_pool, server

__all__ = ["cognito", "functions", "new_pool", "server"]
