"""A user pool's domain: the host at which its OAuth endpoints and pages are."""

from datetime import datetime

import msgspec

from poolhouse.wire.structs import CustomDomainConfigType, RoutingType

CLASSIC, MANAGED_LOGIN = 1, 2
"""Versions of the pages: the classic hosted UI, and managed login."""


class Domain(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A domain as kept.

    `name` is the prefix of a domain below the server's own, or the full host name of a custom one.
    """

    name: str
    pool_id: str
    pages_version: int = CLASSIC
    custom: CustomDomainConfigType | None = None
    """The certificate that the administrator named; None for a prefix."""
    routing: RoutingType | None = None
    created_at: datetime
    modified_at: datetime
    version: int = 1

    @property
    def is_custom(self) -> bool:
        return self.custom is not None
