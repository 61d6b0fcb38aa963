"""Starts that would be insecure: files that others could read or change."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from poolhouse.config.certificates import certificates
from poolhouse.config.settings import Settings, master_key_file

CREDENTIALS_FILE: Final = "root-credentials"
"""The file of `first_start` for the first key; importing that would load everything."""

STORE_FILE: Final = "poolhouse.db"
"""The store's file if the settings name no other."""


def insecurities(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each file that is open to more people than it should be.

    The group may read keys: container platforms pass them to a process in this way.
    """
    for name, path in (
        ("master key", master_key_file(settings)),
        *(("TLS key", key) for _, key in certificates(settings).values()),
        ("first administrator's key", settings.data / CREDENTIALS_FILE),
        ("store", settings.data / STORE_FILE),
    ):
        if path is not None and (mode := _mode(path)) is not None:
            if mode & stat.S_IROTH:
                yield f"Other users can read the file of the {name}: chmod o-r {path}"
            if mode & (stat.S_IWOTH | stat.S_IWGRP):
                yield f"Other users can change the file of the {name}: chmod go-w {path}"
    mode = _mode(settings.data)
    if mode is not None and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield (f"Other users can replace files in the data directory: chmod o-w {settings.data}")


def impossibilities(settings: Settings) -> Iterator[str]:
    """Yield a sentence if the data directory is none, or can't be made or written."""
    if settings.memory:
        return
    data = settings.data
    try:
        nearest = next(path for path in (data, *data.absolute().parents) if path.exists())
    except OSError as error:
        yield f"The data directory {data} can't be used: {error.strerror}."
        return
    if not nearest.is_dir():
        yield f"The data directory {data} can't be used: {nearest} is a file."
    elif not os.access(nearest, os.W_OK | os.X_OK):
        what = "written" if nearest == data else f"created: {nearest} can't be written"
        yield f"The data directory {data} can't be {what}."


def _mode(path: Path) -> int | None:
    """Return the permissions, or None if there is no such file yet."""
    try:
        return path.stat().st_mode
    except OSError:
        return None
