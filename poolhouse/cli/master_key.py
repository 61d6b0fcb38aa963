"""`poolhouse master-key`: the key that opens the store."""

import asyncio
import os
from datetime import datetime
from pathlib import Path

import click

from poolhouse.cli.flags import FAILED, OF_A_STORE, refuse, takes_settings
from poolhouse.cli.store_access import must_have_a_store, wrapped_data_key
from poolhouse.config.settings import Settings, master_key_file, new_master_key_file

# Each command loads what it needs.
# ruff: noqa: PLC0415


@click.command()
@takes_settings("tool", OF_A_STORE)
def rotate(settings: Settings) -> None:
    """Wrap the store's data key under a new master key.

    The file of the old key is renamed. The new key is written beside the old one before the store
    changes, and replaces it afterwards. If this is interrupted, one of the two files unseals the
    store, and another run finishes it. Running servers continue, and read the file at their next
    start.
    """
    from poolhouse.cli.store_errors import STORE_FAILURES, sentence
    from poolhouse.clock import Clock

    os.umask(0o077)
    must_have_a_store(settings)
    file, draft = master_key_file(settings), new_master_key_file(settings)
    try:
        asyncio.run(_rewrap(settings, file, draft))
        old_file = _swap(file, draft, Clock().now())
    except STORE_FAILURES as error:
        refuse([sentence(error)], FAILED)
    click.echo(f"The store is now sealed under the new key in {file}.")
    click.echo(f"Earlier backups need the old key, which is in {old_file}.")
    click.echo("Copy the new file to every machine that runs a server on this store.")


async def _rewrap(settings: Settings, file: Path, draft: Path) -> None:
    from poolhouse.audit.operators import recorded
    from poolhouse.bootstrap.store import store_url
    from poolhouse.crypto.master_key import MasterKey, WrongMasterKey, rewrap
    from poolhouse.store import store as opening

    database = await opening.open_database(store_url(settings))
    try:
        wrapped = await wrapped_data_key(database)
        if wrapped is None:
            refuse(["The store has no data key yet."], FAILED)
        old = MasterKey.load(file)
        new = MasterKey.load_or_create(draft)
        try:
            new.unwrap(wrapped)  # a rotation was cut short after the store had been changed
        except WrongMasterKey:
            again = rewrap(old, new, wrapped)
            record = recorded("RotateMasterKey")
            await database.commit([opening.replace_data_key(again, wrapped), record])
    finally:
        await database.close()


def _swap(file: Path, draft: Path, now: datetime) -> Path:
    """Give the new key the old one's name; there is a file of that name at every moment."""
    old_file = file.with_name(f"{file.name}.until-{now:%Y%m%dT%H%M%S.%fZ}")
    old_file.hardlink_to(file)
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return old_file
