"""The data directory: the keys, the embedded store, and what dev mode keeps beside them."""

import contextlib
import errno
import os
from pathlib import Path

from poolhouse.config.settings import DATA_FOLDER


def make_data_folder(data: Path) -> None:
    """Make the data directory, and keep it out of the git repository that it may be in.

    A directory that was there may be another project, so nothing is written into it unless it has
    the name that we give. Raises OSError.
    """
    try:
        data.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not data.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(data)) from None
        if data.resolve().name != DATA_FOLDER:
            return
    ignoring = data / ".gitignore"
    if not ignoring.exists():
        with contextlib.suppress(OSError):  # a directory that can only be read does for a server
            ignoring.write_text("*\n")
