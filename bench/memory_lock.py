"""Keeping a store's files in memory, as a machine with enough of it does by itself.

What is measured is the work of an operation, not this machine's disk: some give the cache of files
back after a few seconds, and then each page that is read costs more than the operation.
"""

import contextlib
import ctypes
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_FAILED: Final = ctypes.c_void_p(-1).value
_LOCKED: Final = 0x2000
"""MAP_LOCKED of Linux: read it all in, and keep it."""


@contextlib.contextmanager
def resident(folder: Path) -> Iterator[bool]:
    """Hold all files of a folder in memory; says whether that was possible."""
    locks = []
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # PostgreSQL drops files of its own
            if path.is_file() and path.stat().st_size:
                locks.append(_lock(path))
    try:
        yield all(address is not None for address, _ in locks)
    finally:
        for address, size in locks:
            if address is not None:
                _LIBC.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size))


def _lock(path: Path) -> tuple[int | None, int]:
    _LIBC.mmap.restype = ctypes.c_void_p
    descriptor = os.open(path, os.O_RDONLY)
    size = os.fstat(descriptor).st_size
    try:
        address = _LIBC.mmap(
            None,
            ctypes.c_size_t(size),
            mmap.PROT_READ,
            mmap.MAP_SHARED | _LOCKED,
            descriptor,
            ctypes.c_long(0),
        )
    finally:
        os.close(descriptor)
    return (None if address == _FAILED else address), size
