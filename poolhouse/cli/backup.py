"""`poolhouse backup`: a copy of an SQLite store while the server runs."""

import asyncio
from pathlib import Path

import click

from poolhouse.cli.flags import FAILED, OF_A_STORE, PATH, refuse, takes_settings
from poolhouse.cli.store_access import must_have_a_store, must_not_replace_the_store
from poolhouse.config.settings import Settings

# Each command loads what it needs.
# ruff: noqa: PLC0415


@click.command()
@click.argument(
    "file", type=PATH, metavar="FILE", help="File to write; an existing one is replaced."
)
@takes_settings("tool", OF_A_STORE)
def backup(settings: Settings, file: Path) -> None:
    """Copy the store to a file while servers run.

    The copy is a consistent snapshot. It doesn't contain the master key, which unseals its
    secrets: store both, in separate places.
    """
    import apsw

    from poolhouse.bootstrap.store import store_url
    from poolhouse.cli.atomic_files import draft_of
    from poolhouse.cli.progress import progress
    from poolhouse.cli.store_errors import sentence
    from poolhouse.store.interface import Unavailable
    from poolhouse.transfer.sqlite_copy import copy

    url = store_url(settings)
    if not url.startswith("sqlite:///"):
        refuse(["The store is on PostgreSQL: back it up with pg_dump."], FAILED)
    must_have_a_store(settings)
    store = Path(url.removeprefix("sqlite:///"))
    must_not_replace_the_store(settings, file)
    try:
        # Before anything leaves: then the copy has the record too.
        asyncio.run(_record(url))
        with draft_of(file) as draft, progress() as shown:
            shown.step("copying pages")
            copy(store, draft, shown.at)
    except Unavailable as error:
        refuse([sentence(error)], FAILED)
    except OSError as error:
        refuse([f"{file} can't be written: {error.strerror}."], FAILED)
    except apsw.Error as error:
        refuse([f"The store can't be copied: {type(error).__name__}: {error}."], FAILED)
    click.echo(f"Copied the store to {file}. It doesn't contain the master key: back that up too.")


async def _record(url: str) -> None:
    """Leave an audit record in the store, whatever its version, without its master key."""
    from poolhouse.audit.operators import recorded
    from poolhouse.store.store import open_database

    database = await open_database(url)
    try:
        if await database.version():  # an empty store has nothing to copy, nor to record it in
            await database.commit([recorded("BackupStore", changes=False)])
    finally:
        await database.close()
