"""Opening a store: the engine, the migrations and the data key."""

from collections.abc import Callable
from pathlib import Path

from poolhouse.store.audit import Audit
from poolhouse.store.authorization_codes import AuthorizationCodes
from poolhouse.store.browser_sessions import BrowserSessions
from poolhouse.store.bulk.pool_import import BulkPools
from poolhouse.store.client_documents import ClientDocuments
from poolhouse.store.clients import Clients
from poolhouse.store.codes import Codes
from poolhouse.store.configuration import CHANGED, ConfigGeneration
from poolhouse.store.device_grants import DeviceGrants
from poolhouse.store.devices import Devices
from poolhouse.store.domains import Domains
from poolhouse.store.groups import Groups
from poolhouse.store.interface import Database, Inserts, Sealer, VersionConflict, Write
from poolhouse.store.messages import Messages
from poolhouse.store.migrate import TOUCH
from poolhouse.store.passkeys import Passkeys
from poolhouse.store.pool_resources import PoolResources
from poolhouse.store.pools import Pools
from poolhouse.store.principals import Principals
from poolhouse.store.recovery_codes import RecoveryCodes
from poolhouse.store.sessions import Sessions
from poolhouse.store.software_tokens import SoftwareTokens
from poolhouse.store.user_counts import UserCounts
from poolhouse.store.users import Users


class Store:
    """Every read, and the one commit. Writes are made by the functions beside the reads."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.configuration = ConfigGeneration(database)
        self.users = Users(database, sealer)
        self.user_counts = UserCounts(database)
        self.pools = Pools(database, sealer, self.configuration)
        self.clients = Clients(database, sealer, self.configuration)
        self.client_documents = ClientDocuments(database)
        self.domains = Domains(database, self.configuration)
        self.resources = PoolResources(database, self.configuration)
        self.authorization_codes = AuthorizationCodes(database, sealer)
        self.browser_sessions = BrowserSessions(database)
        self.codes = Codes(database)
        self.device_grants = DeviceGrants(database, sealer)
        self.devices = Devices(database, sealer)
        self.groups = Groups(database)
        self.messages = Messages(database, sealer)
        self.passkeys = Passkeys(database)
        self.sessions = Sessions(database)
        self.recovery_codes = RecoveryCodes(database)
        self.software_tokens = SoftwareTokens(database, sealer)
        self.principals = Principals(database, sealer, self.configuration)
        self.audit = Audit(database)
        self.bulk = BulkPools(database, sealer)
        self._database = database

    async def commit(self, *writes: Write | Inserts) -> None:
        """Apply all writes or none, durably.

        Raises `VersionConflict` or `UniqueViolation`: nothing was applied. Raises `Unavailable`: a
        lost connection may still have applied it; retry by reading again.
        """
        if any(isinstance(write, Write) and write.configures for write in writes):
            writes = (*writes, CHANGED)
        await self._database.commit(writes)

    async def reach(self) -> None:
        """Return if the store reads and writes; raises `Unavailable` if it doesn't.

        Only a real write finds a full disk, or a server that has become a standby.
        """
        await self._database.reach()
        await self._database.commit([TOUCH])

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
        from poolhouse.store.engines.sqlite.database import Sqlite  # noqa: PLC0415 - load one engine only

        path = url.removeprefix("sqlite://").removeprefix("/")
        return Sqlite(Path(path) if path else None, observe)
    from poolhouse.store.engines.postgres.database import Postgres  # noqa: PLC0415 - load one engine only

    return await Postgres.connect(url, observe, connections=connections, processes=processes)


async def data_key(database: Database, make: Callable[[], bytes]) -> bytes:
    """Return the wrapped data key. The first process makes it, all others read it."""
    read = "SELECT wrapped FROM data_keys WHERE id = 'current'"
    rows = await database.fetch(read)
    if not rows:
        insert = "INSERT INTO data_keys (id, wrapped) VALUES ('current', $1) ON CONFLICT DO NOTHING"
        await database.commit([Write(insert, (make(),))])
        rows = await database.fetch(read)
    return bytes(rows[0][0])


def replace_data_key(wrapped: bytes, was: bytes) -> Write:
    """Store the data key, wrapped again."""
    return Write(
        "UPDATE data_keys SET wrapped = $1 WHERE id = 'current' AND wrapped = $2",
        (wrapped, was),
        VersionConflict(),
    )
