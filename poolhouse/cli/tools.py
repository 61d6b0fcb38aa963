"""What the commands that work on a server's store share: opening it, and telling what failed."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import typer

from poolhouse.cli.flags import refuse
from poolhouse.config import Settings
from poolhouse.store.opening import Store

T = TypeVar("T")


def with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store, do the work, close it. What is wrong with the store is told, exit 1."""
    from poolhouse import app  # noqa: PLC0415 - each command loads its own
    from poolhouse.cli.failures import STORE_FAILURES, sentence  # noqa: PLC0415

    os.umask(0o077)

    async def opened() -> T:
        store, _, _ = await app.open_store(settings)
        try:
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(opened())
    except STORE_FAILURES as error:
        refuse([sentence(error)], status=1)


def moment(at: datetime) -> str:
    """To the second, UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def table(headings: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Print rows in columns that are as wide as what stands in them."""
    texts = [headings, *(tuple(map(str, row)) for row in rows)]
    widths = [max(len(row[n]) for row in texts) for n in range(len(headings))]
    for row in texts:
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        typer.echo(line.rstrip())
