"""The servers that these tests speak to."""

from support.strict_server import dev, strict

__all__ = ["dev", "strict"]
