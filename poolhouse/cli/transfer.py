"""`poolhouse export` and `poolhouse import`: a whole pool out of a store and into another."""

import sys
from io import UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from poolhouse.cli.flags import FAILED, OF_A_STORE, OF_ITS_REGIONS, PATH, refuse, takes_settings
from poolhouse.cli.store_access import (
    counted,
    is_there_a_store,
    must_not_replace_the_store,
    printable,
    with_store,
)
from poolhouse.config.settings import Settings

if TYPE_CHECKING:
    from poolhouse.cli.progress import Progress
    from poolhouse.store.store import Store

# Each command loads what it needs.
# ruff: noqa: PLC0415

SHORTEST: Final = 12
"""Minimum characters of a passphrase. A reader of the file can guess at it without limits."""

_passphrase_file = click.option(
    "--passphrase-file",
    type=PATH,
    metavar="PATH",
    help="File of the passphrase; default: POOLHOUSE_PASSPHRASE, else it is asked for.",
)


@click.command()
@click.argument("pool", metavar="POOL", help="The pool's id.")
@click.option("--out", type=PATH, metavar="FILE", help="File to write; default: standard output.")
@_passphrase_file
@takes_settings("tool", OF_A_STORE)
def export(settings: Settings, pool: str, out: Path | None, passphrase_file: Path | None) -> None:
    """Export a pool to a file.

    The file has its clients, keys, groups and users. A passphrase seals the secrets.
    """
    from poolhouse.cli.atomic_files import draft_of
    from poolhouse.cli.progress import progress

    if out is not None:
        must_not_replace_the_store(settings, out)
    passphrase = _passphrase(settings, passphrase_file, new=True)
    with progress() as shown:
        if out is None:
            done = _export(settings, pool, passphrase, sys.stdout.buffer, shown)
        else:
            try:
                with draft_of(out) as draft, draft.open("wb") as file:
                    done = _export(settings, pool, passphrase, file, shown)
            except OSError as error:
                refuse([f"{out} can't be written: {error.strerror}."], FAILED)
    click.echo(done, err=True)


@click.command("import")
@click.argument("file", type=PATH, metavar="FILE", help="File that `export` has written.")
@_passphrase_file
@click.option("--abandon", is_flag=True, help="Abandon an interrupted import of this file.")
@takes_settings("tool", OF_ITS_REGIONS)
def import_(settings: Settings, *, file: Path, passphrase_file: Path | None, abandon: bool) -> None:
    """Import an exported pool.

    The pool becomes visible when it is complete. Importing it twice is safe.
    """
    from poolhouse.cli.progress import progress

    passphrase = "" if abandon else _passphrase(settings, passphrase_file, new=False)
    try:
        with file.open("rb") as export, progress() as shown:
            done = _import(settings, export, passphrase, shown, abandon=abandon)
    except UnsupportedOperation:
        refuse([f"{file} can't be read twice, which an import needs: use a regular file."], FAILED)
    except OSError as error:
        refuse([f"{file} can't be read: {error.strerror}."], FAILED)
    click.echo(done)


def _export(
    settings: Settings, pool_id: str, passphrase: str, file: BinaryIO, shown: "Progress"
) -> str:
    from poolhouse.audit.operators import arn_of, recorded
    from poolhouse.ids import Ids
    from poolhouse.transfer import exporter as writing
    from poolhouse.transfer import passphrases
    from poolhouse.transfer.file_format import ImportRefused as Refused
    from poolhouse.transfer.file_format import Kdf

    async def work(store: "Store") -> str:
        pool = await store.pools.find(pool_id)
        if pool is None:
            refuse([f"Unknown user pool {printable(pool_id)}."], FAILED)
        salt = Ids().random_bytes(passphrases.SALT_BYTES)
        sealing = passphrases.new_header(pool_id, passphrase, salt, Kdf())
        # Before anything leaves: an export may be cut short when it has shown enough.
        await store.commit(recorded("ExportPool", arn_of(settings, pool_id), changes=False))
        shown.step(f"exporting the users of {pool_id}")
        try:
            end = await writing.export_pool(store, pool, sealing, file.write, shown.at)
        except Refused as refused:
            refuse([str(refused)], FAILED)
        file.flush()
        counts = end.counts
        return (
            f"Exported {pool_id}: {counted(counts.users, 'user')},"
            f" {counted(counts.groups, 'group')}, {counted(counts.clients, 'app client')},"
            f" {counted(counts.signing_keys, 'signing key')}."
            f" Digest {end.digest}"
        )

    return with_store(settings, work)


def _import(
    settings: Settings, file: BinaryIO, passphrase: str, shown: "Progress", *, abandon: bool
) -> str:
    from poolhouse.audit.operators import arn_of, recorded
    from poolhouse.entities.pools import region_of
    from poolhouse.transfer import importer as loading
    from poolhouse.transfer import passphrases
    from poolhouse.transfer.file_format import ImportRefused as Refused
    from poolhouse.transfer.reader import Reader, read_header

    size = file.seek(0, 2)
    file.seek(0)

    async def abandoned(store: "Store") -> str:
        header = read_header(file)
        record = recorded("AbandonImport", arn_of(settings, header.pool_id))
        await loading.abandon(store, header.pool_id, record)
        return f"Abandoned the import of {header.pool_id}. The server deletes its rows."

    async def imported(store: "Store") -> str:
        record = recorded("ImportPool", arn_of(settings, header.pool_id))
        new = await loading.load(
            store, reader, lambda step: shown.step(step, size), records=[record]
        )
        done = f"Imported {header.pool_id}: {counted(new, 'new user')}. Digest {reader.digest}"
        region = region_of(header.pool_id)
        if region in settings.region:
            return done
        return f"{done}\nServers need {region} in `region` to serve it; see docs/running.md."

    try:
        if abandon:
            return with_store(settings, abandoned)
        header = read_header(file)
        reader = Reader(file, passphrases.sealer_of(header, passphrase), shown.at)
        if not is_there_a_store(settings):
            # A file that is refused must not leave a new, empty store behind.
            loading.check(reader, lambda step: shown.step(step, size))
        return with_store(settings, imported, make=True)
    except Refused as refused:
        refuse([printable(str(refused))], FAILED)


def _passphrase(settings: Settings, file: Path | None, *, new: bool) -> str:
    """Return the passphrase from the file, the settings or the terminal.

    It is never a flag, because other users can see a command line.
    """
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            refuse([f"The passphrase can't be read from {file}."])
    elif settings.passphrase is not None:
        text = settings.passphrase
    elif sys.stdin.isatty():
        text = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True)
    else:
        refuse(["No passphrase: give --passphrase-file or POOLHOUSE_PASSPHRASE."])
    if any("\ud800" <= character <= "\udfff" for character in text):
        refuse(["The passphrase is not UTF-8."])  # bytes of an environment variable
    if new and len(text) < SHORTEST:
        refuse([f"The passphrase needs at least {SHORTEST} characters, such as several words."])
    return text
