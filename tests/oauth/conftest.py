"""The servers that these tests speak to."""

from support.document_server import allowing, documents
from support.strict_server import (
    cognito,
    dev,
    functions,
    new_pool,
    pool,
    root,
    server,
    server_on_postgres,
    server_on_sqlite,
    strict,
    wire,
)

__all__ = [
    "allowing",
    "cognito",
    "dev",
    "documents",
    "functions",
    "new_pool",
    "pool",
    "root",
    "server",
    "server_on_postgres",
    "server_on_sqlite",
    "strict",
    "wire",
]
