"""A consistent copy of an SQLite store while servers write to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw

PAGES_AT_ONCE: Final = 1_000


def copy(store: Path, to: Path, report: Callable[[int, int], object]) -> None:
    """Copy the store, as it is at this moment, into an empty file. Raises apsw.Error.

    A read transaction holds the moment: in WAL mode it keeps no writer waiting, and without it
    every commit of another process would make the copy start again. Meanwhile the write-ahead log
    grows by what is written. `report` gets the number of pages done, and of all pages.
    """
    source = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READWRITE)
    target = apsw.Connection(str(to))
    try:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchall()
        with target.backup("main", source, "main") as copying:
            while not copying.done:
                copying.step(PAGES_AT_ONCE)
                report(copying.page_count - copying.remaining, copying.page_count)
    finally:
        target.close()
        source.close()
