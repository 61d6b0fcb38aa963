"""Users put straight into the store: in states that no operation built so far can bring about."""

from datetime import UTC, datetime

from msgspec.structs import replace

from poolhouse.app import App
from poolhouse.entities.users import NameKind, User, UserName, UserStatus
from poolhouse.store import users
from support.running_server import RunningServer
from support.served_pools import PoolForTest


def put_user(
    server: RunningServer,
    pool: PoolForTest,
    username: str,
    status: UserStatus,
    attributes: dict[str, str] | None = None,
) -> str:
    """A user of any status, with the username as its only name; returns the sub."""

    async def put(app: App) -> str:
        now = datetime.now(UTC)
        user = User(
            sub=app.services.ids.sub(now),
            pool_id=pool.id,
            username=username,
            status=status,
            attributes=attributes or {},
            created_at=now,
            modified_at=now,
        )
        name = UserName(pool.id, NameKind.USERNAME, username)
        await app.services.store.commit(users.add(user), users.claim(name, user.sub))
        return user.sub

    return server.run(put)


def set_status(server: RunningServer, pool: PoolForTest, sub: str, status: UserStatus) -> None:
    async def change(app: App) -> None:
        store = app.services.store
        user = await store.users.by_sub(pool.id, sub)
        assert user is not None
        await store.commit(users.save(replace(user, status=status), user))

    server.run(change)
