"""Prefix domains of pools, each of its own name."""

import itertools
from datetime import UTC, datetime

from poolhouse.app import App
from poolhouse.entities.domains import CLASSIC, Domain
from poolhouse.store import domains
from support.running_server import RunningServer
from support.served_pools import PoolForTest

_numbers = itertools.count(1)


def add_domain(server: RunningServer, pool: PoolForTest, pages_version: int = CLASSIC) -> str:
    """Give the pool a domain. Returns its name."""
    name, now = f"domain-{next(_numbers)}", datetime.now(UTC)
    made = Domain(
        name=name, pool_id=pool.id, pages_version=pages_version, created_at=now, modified_at=now
    )

    async def add(app: App) -> None:
        await app.services.store.commit(domains.add(made))

    server.run(add)
    return name
