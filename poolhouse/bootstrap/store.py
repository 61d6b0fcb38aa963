"""The store that the settings name, and the keys that open it."""

from pathlib import Path

from poolhouse import metrics
from poolhouse.bootstrap.data_folder import make_data_folder
from poolhouse.config.settings import Settings, master_key_file, new_master_key_file
from poolhouse.crypto.master_key import MasterKey, WrongMasterKey, new_wrapped_data_key
from poolhouse.crypto.sealer import Sealer
from poolhouse.ids import Ids
from poolhouse.store.interface import Database
from poolhouse.store.migrate import migrate
from poolhouse.store.store import Store, data_key, open_database


def store_url(settings: Settings) -> str:
    """Return where the store is: as set, in memory, or a file in the data directory."""
    if settings.memory:
        return "sqlite://"
    return settings.store or f"sqlite:///{settings.data / 'poolhouse.db'}"


async def open_store(
    settings: Settings, *, processes: int | None = None
) -> tuple[Store, Database, Sealer]:
    """Open the store, migrate its tables and unseal its data key.

    `processes`: how many servers share what PostgreSQL grants.

    Raises `Unavailable`, `NewerStore`, `WrongMasterKey` where the master key is another's,
    `BadMasterKey` or OSError where there is none.
    """
    if not settings.memory:
        make_data_folder(settings.data)
    database = await open_database(
        store_url(settings),
        metrics.commit_group,
        connections=settings.postgres_connections,
        processes=processes,
    )
    try:
        await migrate(database)
        sealer = await _sealer(database, settings)
    except BaseException:
        await database.close()
        raise
    return Store(database, sealer), database, sealer


async def _sealer(database: Database, settings: Settings) -> Sealer:
    """Unseal the data key.

    A master key is made for a new store only: making one for a store that is there already would
    hide that its own is missing.
    """
    if settings.memory:
        master = MasterKey(Ids().random_bytes(32))
        return Sealer(master, await data_key(database, lambda: new_wrapped_data_key(master)))
    file = master_key_file(settings)
    wrapped = await data_key(database, lambda: new_wrapped_data_key(MasterKey.load_or_create(file)))
    return Sealer(MasterKey.load(opening_key_file(settings, wrapped)), wrapped)


def opening_key_file(settings: Settings, wrapped: bytes) -> Path:
    """Return the file of the master key that opens the data key.

    A rotation that was cut short leaves the new key beside the old one. Raises WrongMasterKey,
    BadMasterKey or OSError if neither opens it.
    """
    file, new = master_key_file(settings), new_master_key_file(settings)
    try:
        MasterKey.load(file).unwrap(wrapped)
    except WrongMasterKey:
        if not new.exists():
            raise
        MasterKey.load(new).unwrap(wrapped)
        return new
    return file
