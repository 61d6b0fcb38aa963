"""What the commands that work on a server's store share: opening it, and showing what is there."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from poolhouse.cli.flags import FAILED, refuse
from poolhouse.config.settings import Settings, master_key_file, new_master_key_file

if TYPE_CHECKING:
    from poolhouse.store.interface import Database
    from poolhouse.store.store import Store

T = TypeVar("T")


def with_store(
    settings: Settings, work: "Callable[[Store], Awaitable[T]]", *, make: bool = False
) -> T:
    """Open the store, do the work, close it. Failures of the store are printed, exit 1.

    A missing store is created only with `make`: in the wrong directory, empty results of a new
    store would mislead.
    """
    from poolhouse.bootstrap.store import open_store  # noqa: PLC0415 - each command loads its own
    from poolhouse.cli import logs  # noqa: PLC0415
    from poolhouse.cli.store_errors import STORE_FAILURES, sentence  # noqa: PLC0415
    from poolhouse.store.interface import Conflict  # noqa: PLC0415

    os.umask(0o077)
    logs.configure(readable=True)  # on standard error: the output is for what was asked
    if not make:
        must_have_a_store(settings)

    async def opened() -> T:
        store, _, _ = await open_store(settings)
        try:
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(opened())
    except Conflict:
        refuse(
            ["Another command changed this at the same time. Check the result and try again."],
            FAILED,
        )
    except STORE_FAILURES as error:
        refuse([sentence(error)], FAILED)


def must_have_a_store(settings: Settings) -> None:
    """End the command with a sentence where there is no store, or its folder can't be read."""
    from poolhouse.cli.store_errors import sentence  # noqa: PLC0415 - each command loads its own

    try:
        found = is_there_a_store(settings)
    except OSError as error:
        refuse([sentence(error)], FAILED)
    if not found:
        refuse([f"There is no store in {settings.data}: give --data or --store."], FAILED)


def must_not_replace_the_store(settings: Settings, file: Path) -> None:
    """Refuse to write where one of the store's own files is, its keys among them."""
    from poolhouse.bootstrap.store import store_url  # noqa: PLC0415 - each command loads its own

    own = [master_key_file(settings), new_master_key_file(settings)]
    store = store_url(settings)
    if store.startswith("sqlite:///"):
        path = store.removeprefix("sqlite:///")
        own += [Path(f"{path}{ending}") for ending in ("", "-wal", "-shm")]
    if file.resolve() in [each.resolve() for each in own]:
        refuse([f"{file} belongs to the store: choose another file."])


def is_there_a_store(settings: Settings) -> bool:
    """Return whether there is something to open: opening SQLite's file would make it.

    Raises OSError where the folder can't be read.
    """
    from poolhouse.bootstrap.store import store_url  # noqa: PLC0415 - each command loads its own

    url = store_url(settings)
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists()


class _NoKey(Exception):
    pass


async def wrapped_data_key(database: "Database") -> bytes | None:
    """Return the store's data key as it is kept, or None if the store has never been used."""
    from poolhouse.store.store import data_key  # noqa: PLC0415 - each command loads its own

    def none_yet() -> bytes:
        raise _NoKey

    try:
        return await data_key(database, none_yet)
    except _NoKey:
        return None


def moment(at: datetime) -> str:
    """Return a time in UTC, to the second."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def printable(text: str) -> str:
    """Return an untrusted text on one line, with control characters escaped for the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns that are as wide as what stands in them."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())
