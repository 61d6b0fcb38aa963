"""`poolhouse check`: would a server start here?"""

import asyncio
import os
from pathlib import Path
from typing import Final

import typer

from poolhouse.cli.flags import OF_A_SERVER, takes_settings
from poolhouse.config import Settings

_NONE_YET: Final = (True, "store: none yet; the first start makes it")


@takes_settings("serve", OF_A_SERVER)
def check(settings: Settings) -> None:
    """Look at the settings, the files and the store of `poolhouse serve`, and change nothing."""
    from poolhouse.cli.safety import insecurities  # noqa: PLC0415 - each command loads its own

    os.umask(0o077)
    failures = list(insecurities(settings))
    typer.echo("ok      settings")
    for failure in failures:
        typer.echo(f"not ok  {failure}")
    if not failures:
        typer.echo("ok      files")
    lines = asyncio.run(_store(settings)) if _is_there(settings) else [_NONE_YET]
    for fine, line in lines:
        typer.echo(f"{'ok    ' if fine else 'not ok'}  {line}")
    raise typer.Exit(1 if failures or not all(fine for fine, _ in lines) else 0)


def _is_there(settings: Settings) -> bool:
    """Whether there is a store to look at: opening SQLite's would make it."""
    from poolhouse.app import store_url  # noqa: PLC0415 - each command loads its own

    url = store_url(settings)
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists()


async def _store(settings: Settings) -> list[tuple[bool, str]]:
    from poolhouse.app import store_url  # noqa: PLC0415 - each command loads its own
    from poolhouse.cli.failures import STORE_FAILURES, sentence  # noqa: PLC0415
    from poolhouse.config import master_key_file  # noqa: PLC0415
    from poolhouse.keys import MasterKey, Sealer  # noqa: PLC0415
    from poolhouse.store import opening  # noqa: PLC0415

    lines = []
    try:
        database = await opening.open_database(store_url(settings))
    except STORE_FAILURES as error:
        return [(False, sentence(error))]
    try:
        version, newest = await database.version(), len(opening.migrations())
        fine = version <= newest
        lines.append((fine, f"store: version {version}, this Poolhouse knows up to {newest}"))
        rows = await database.fetch("SELECT wrapped FROM data_keys WHERE id = 'current'")
        if rows:
            Sealer(MasterKey.load(master_key_file(settings)), bytes(rows[0][0]))
            lines.append((True, "the master key opens the store"))
    except STORE_FAILURES as error:
        lines.append((False, sentence(error)))
    finally:
        await database.close()
    return lines
