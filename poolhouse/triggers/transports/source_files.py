"""Has a handler's code changed? So that an edit counts at the next call."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

Snapshot = frozenset[tuple[str, int, int]]

_SOURCES: Final = (".py", ".js", ".mjs", ".cjs", ".json", ".sh")
# A handler in a home directory must not make us walk all of it at each call.
_MOST_FILES: Final = 1_000


def snapshot(file: Path) -> Snapshot:
    """Return path, time and size of `file` and of the source files in its folder and below.

    Installed packages (`node_modules`) and hidden folders don't count, nor does what a handler
    may write itself. A file that vanishes while we look has changed: it is just not listed.
    """
    found: set[tuple[str, int, int]] = set()
    for path in (str(file), *_sources(file.parent)):
        try:
            status = os.stat(path)  # noqa: PTH116 - as fast as it can be, at each call
        except OSError:
            continue
        found.add((path, status.st_mtime_ns, status.st_size))
    return frozenset(found)


def _sources(top: Path) -> Iterator[str]:
    folders, seen = [str(top)], 0
    while folders:
        try:
            entries = sorted(os.scandir(folders.pop()), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            seen += 1
            if seen > _MOST_FILES:
                return
            if entry.name.startswith((".", "node_modules", "__pycache__")):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.name.endswith(_SOURCES):
                yield entry.path
