"""A strict server per store engine, and pools, clients and functions on it for each test."""

from support.served_pools import PoolForTest, cognito, functions, new_pool, pool, server

__all__ = ["PoolForTest", "cognito", "functions", "new_pool", "pool", "server"]
