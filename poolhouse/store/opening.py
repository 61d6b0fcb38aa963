"""Opening a store: the engine, the migrations and the data key."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import structlog

from poolhouse.store.audit import Audit
from poolhouse.store.clients import Clients
from poolhouse.store.codes import Codes
from poolhouse.store.configuration import CHANGED, Configuration
from poolhouse.store.contract import Database, Inserts, Sealer, Stale, Write
from poolhouse.store.devices import Devices
from poolhouse.store.groups import Groups
from poolhouse.store.messages import Messages
from poolhouse.store.passkeys import Passkeys
from poolhouse.store.pools import Pools
from poolhouse.store.principals import Principals
from poolhouse.store.sessions import Sessions
from poolhouse.store.software_tokens import SoftwareTokens
from poolhouse.store.user_counts import UserCounts
from poolhouse.store.users import Users
from poolhouse.store.whole_pools import WholePools

_log = structlog.get_logger()


class NewerStore(Exception):
    """The store was written by a newer Poolhouse, whose tables this one doesn't know."""


_TOUCH = Write("UPDATE schema_version SET version = version WHERE version = 1", ())
"""A write that changes nothing."""


class Store:
    """Every read, and the one commit. Writes are made by the functions beside the reads."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.configuration = Configuration(database)
        self.users = Users(database, sealer)
        self.user_counts = UserCounts(database)
        self.pools = Pools(database, sealer, self.configuration)
        self.clients = Clients(database, sealer, self.configuration)
        self.codes = Codes(database)
        self.devices = Devices(database, sealer)
        self.groups = Groups(database)
        self.messages = Messages(database, sealer)
        self.passkeys = Passkeys(database)
        self.sessions = Sessions(database)
        self.software_tokens = SoftwareTokens(database, sealer)
        self.principals = Principals(database, sealer, self.configuration)
        self.audit = Audit(database)
        self.whole_pools = WholePools(database, sealer)
        self._database = database

    async def commit(self, *writes: Write | Inserts) -> None:
        """Apply all writes or none, durably.

        Raises `Stale`, `Taken` (nothing was applied) or `Unavailable` (unknown to the caller
        whether a lost connection still applied it; retry by reading again).
        """
        if any(isinstance(write, Write) and write.configures for write in writes):
            writes = (*writes, CHANGED)
        await self._database.commit(writes)

    async def reach(self) -> None:
        """Return if the store reads and writes; raises `Unavailable` if it doesn't.

        Only a real write finds a full disk, or a server that has become a standby.
        """
        await self._database.reach()
        await self._database.commit([_TOUCH])

    async def close(self) -> None:
        await self._database.close()


async def open_database(
    url: str,
    observe: Callable[[int], None] | None = None,
    *,
    connections: int = 8,
    processes: int | None = None,
) -> Database:
    """Connect to `sqlite:///PATH`, `sqlite://` (memory) or `postgresql://…`.

    Each of `processes` wants up to so many `connections` to PostgreSQL, and takes no more than its
    share of those that are granted.
    """
    if url.startswith("sqlite://"):
        from poolhouse.store.sqlite import Sqlite  # noqa: PLC0415 - load one engine only

        path = url.removeprefix("sqlite://").removeprefix("/")
        return Sqlite(Path(path) if path else None, observe)
    from poolhouse.store.postgres import Postgres  # noqa: PLC0415 - load one engine only

    return await Postgres.connect(url, observe, connections=connections, processes=processes)


async def migrate(database: Database) -> None:
    """Bring the tables up to date. Several workers may do so at once; each step happens once."""
    steps = migrations()
    found = await database.version()
    if found > len(steps):
        raise NewerStore(
            f"The store is at version {found}, but this Poolhouse knows versions up to"
            f" {len(steps)}. Start a newer Poolhouse, or restore a backup."
        )
    applied = [
        version
        for version, script in enumerate(steps, 1)
        if version > found and await database.apply(script, version)
    ]
    if found and applied:
        _log.warning("the store was migrated", was=found, version=applied[-1])


def migrations() -> list[list[str]]:
    """Every migration's statements, in order. Migrations only go forward."""
    folder = files("poolhouse.store") / "migrations"
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [_statements(script.read_text()) for script in scripts]


def _statements(script: str) -> list[str]:
    code = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
    return [statement.strip() for statement in code.split(";") if statement.strip()]


async def data_key(database: Database, make: Callable[[], bytes]) -> bytes:
    """The wrapped data key; the first process to start makes it, all others read that one."""
    read = "SELECT wrapped FROM data_keys WHERE id = 'current'"
    rows = await database.fetch(read)
    if not rows:
        insert = "INSERT INTO data_keys (id, wrapped) VALUES ('current', $1) ON CONFLICT DO NOTHING"
        await database.commit([Write(insert, (make(),))])
        rows = await database.fetch(read)
    return bytes(rows[0][0])


def replace_data_key(wrapped: bytes, was: bytes) -> Write:
    """Keep the data key wrapped anew."""
    return Write(
        "UPDATE data_keys SET wrapped = $1 WHERE id = 'current' AND wrapped = $2",
        (wrapped, was),
        Stale(),
    )
