"""The stored form of passwords, compared with their plain text."""

from datetime import datetime

from poolhouse.app import App
from poolhouse.entities.users import PasswordCredential
from poolhouse.rules.auth import srp
from support.running_server import RunningServer
from support.served_pools import PoolForTest


def _kept(server: RunningServer, pool: PoolForTest, username: str) -> PasswordCredential | None:
    user = pool.user(username)

    async def read(app: App) -> PasswordCredential | None:
        found = await app.services.store.users.by_sub(pool.id, user["attributes"]["sub"])
        assert found is not None
        return await app.services.store.users.password(found)

    credential: PasswordCredential | None = server.run(read)
    return credential


def is_password(
    server: RunningServer, pool: PoolForTest, password: str, username: str = "alice"
) -> bool:
    """Whether the user would sign in with this password."""
    kept = _kept(server, pool, username)
    if kept is None:
        return False
    name = pool.user(username)["Username"]
    pool_name = pool.id.split("_", 1)[1]
    return srp.verify_password(kept.verifier, pool_name, name, password, kept.salt)


def expiry_of(server: RunningServer, pool: PoolForTest, username: str = "alice") -> datetime | None:
    """When the user's password ends, if it is a temporary one."""
    kept = _kept(server, pool, username)
    assert kept is not None
    return kept.expires_at
