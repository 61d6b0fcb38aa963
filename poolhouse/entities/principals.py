"""Administrators: principals with an ARN, their policies and their access keys."""

from datetime import datetime

import msgspec


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """An administrator, in IAM's words. `policies` maps a policy's name to its JSON text."""

    arn: str
    policies: dict[str, str]
    tags: dict[str, str] = {}
    created_at: datetime
    version: int = 1

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def username(self) -> str | None:
        """Return the IAM user's name; None for roles, sessions and the root."""
        resource = self.arn.split(":", 5)[5]
        return resource.rsplit("/", 1)[1] if resource.startswith("user/") else None


class AccessKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair of a principal. `session_token` and `expires_at` are set for temporary ones."""

    id: str
    principal_arn: str
    secret: str
    enabled: bool = True
    session_token: str | None = None
    expires_at: datetime | None = None
    created_at: datetime
    version: int = 1

    def __repr__(self) -> str:
        return f"AccessKey(id={self.id!r})"
