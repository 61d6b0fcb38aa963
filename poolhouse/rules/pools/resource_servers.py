"""Decide what resource servers a pool may have, and how they are described (ev:oauth-12)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from poolhouse.entities.pool_resources import ResourceServer
from poolhouse.entities.pools import Pool
from poolhouse.errors.domains import ReservedIdentifier, ResourceServerExists, ScopeDoubled
from poolhouse.errors.pools import QuotaExceeded
from poolhouse.errors.tokens import ResourceServerNotFound
from poolhouse.wire.structs import (
    CreateResourceServerRequest,
    ResourceServerScopeType,
    ResourceServerType,
    UpdateResourceServerRequest,
)

MOST_OF_POOL: Final = 300
"""The highest quota that AWS grants (ev:domain-1.8). Of two that come for the last place at the
same moment, both may get in.
"""
LARGEST_PAGE: Final = 50
RESERVED: Final = "aws.cognito"


def create(
    pool: Pool,
    req: CreateResourceServerRequest,
    *,
    namesake: ResourceServer | None,
    already: int,
    now: datetime,
) -> ResourceServer:
    """Return the server that CreateResourceServer makes, where the pool has `already` so many."""
    if req.Identifier.startswith(RESERVED):
        raise ReservedIdentifier
    if namesake is not None:
        raise ResourceServerExists(identifier=req.Identifier, pool_id=pool.id)
    if already >= MOST_OF_POOL:
        raise QuotaExceeded(things="resource servers")
    return ResourceServer(
        pool_id=pool.id,
        identifier=req.Identifier,
        name=req.Name,
        scopes=_scopes(req.Scopes),
        created_at=now,
        modified_at=now,
    )


def update(
    server: ResourceServer, req: UpdateResourceServerRequest, now: datetime
) -> ResourceServer:
    """Return the server after UpdateResourceServer; without scopes it has none (ev:model)."""
    return msgspec.structs.replace(
        server, name=req.Name, scopes=_scopes(req.Scopes), modified_at=now
    )


def require(server: ResourceServer | None, identifier: str) -> ResourceServer:
    if server is None:
        raise ResourceServerNotFound(identifier=identifier)
    return server


def described(server: ResourceServer) -> ResourceServerType:
    """Return a resource server as responses show it.

    UNVERIFIED: do responses have an empty list of scopes, as here, or none?
    """
    return ResourceServerType(
        UserPoolId=server.pool_id,
        Identifier=server.identifier,
        Name=server.name,
        Scopes=list(server.scopes),
        ManagedBy=server.managed_by,
    )


def _scopes(
    given: Sequence[ResourceServerScopeType] | None,
) -> tuple[ResourceServerScopeType, ...]:
    counted = Counter(scope.ScopeName for scope in given or ())
    if doubled := next((name for name, times in counted.items() if times > 1), None):
        raise ScopeDoubled(name=doubled)
    return tuple(given or ())
