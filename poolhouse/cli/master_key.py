"""`poolhouse master-key`: the key that opens the store."""

import os
from pathlib import Path

import typer

from poolhouse.cli.flags import OF_A_STORE, refuse, takes_settings
from poolhouse.config import Settings, master_key_file

app = typer.Typer(
    help="The master key, which opens the store.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
@takes_settings("tool", OF_A_STORE)
def rotate(settings: Settings) -> None:
    """Wrap the store's data key under a new master key.

    The new key is written beside the old one before the store is changed, and takes its place
    afterwards: whenever this is cut short, one of the two files opens the store, and running it
    again finishes it. Servers that run keep running; they read the file at their next start.
    """
    import asyncio  # noqa: PLC0415 - each command loads its own

    from poolhouse.cli.failures import STORE_FAILURES, sentence  # noqa: PLC0415

    os.umask(0o077)
    file = master_key_file(settings)
    try:
        draft = file.with_name(file.name + ".new")
        asyncio.run(_rewrap(settings, file, draft))
        draft.replace(file)
    except STORE_FAILURES as error:
        refuse([sentence(error)], status=1)
    typer.echo(f"The store now opens with the new key in {file}.")


async def _rewrap(settings: Settings, file: Path, draft: Path) -> None:
    from poolhouse.app import store_url  # noqa: PLC0415 - each command loads its own
    from poolhouse.keys import MasterKey, WrongMasterKey, rewrap  # noqa: PLC0415
    from poolhouse.store import opening  # noqa: PLC0415

    database = await opening.open_database(store_url(settings))
    try:
        await opening.migrate(database)
        new = MasterKey.load_or_create(draft)
        wrapped = await opening.data_key(database, _no_store)
        try:
            new.unwrap(wrapped)
        except WrongMasterKey:
            again = rewrap(MasterKey.load(file), new, wrapped)
            await database.commit([opening.replace_data_key(again, wrapped)])
    finally:
        await database.close()


def _no_store() -> bytes:
    refuse(["There is no store yet whose key could be rotated."], status=1)
