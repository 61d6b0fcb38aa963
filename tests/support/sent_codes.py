"""Messages that users were sent: a strict server without a mail server keeps them in the outbox."""

from poolhouse.app import App
from poolhouse.entities.messages import Message
from support.running_server import RunningServer
from support.served_pools import PoolForTest

_FOR_EVER = 1 << 62
_ALL = 100_000


def messages_to(server: RunningServer, pool: PoolForTest, username: str = "alice") -> list[Message]:
    """Every message to this user that waits in the outbox, oldest first; decoys are never sent."""

    async def waiting(app: App) -> list[tuple[Message, int]]:
        return await app.services.store.messages.due(_FOR_EVER, _ALL)

    found = [message for message, _ in server.run(waiting)]
    mine = [each for each in found if (each.pool_id, each.username) == (pool.id, username)]
    mine = [each for each in mine if not each.decoy]
    return sorted(mine, key=lambda message: (message.created_at, message.id))


def code_of(server: RunningServer, pool: PoolForTest, username: str = "alice") -> str:
    """The code, or temporary password, of the newest message to this user."""
    return messages_to(server, pool, username)[-1].code


def another(code: str) -> str:
    """A code of the same form that is not this one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"
