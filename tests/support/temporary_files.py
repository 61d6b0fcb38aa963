"""Where the tests' files are: in memory, if the machine has room there.

SQLite waits until each commit has reached the disk, and tests commit many thousand times. A process
that is killed loses nothing that it wrote to either place.
"""

import os
import shutil
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")
_ENOUGH: Final = 4 * 1024**3
"""Bytes; a run leaves less than half of it."""
_ROOT: Final = "PYTEST_DEBUG_TEMPROOT"
"""The variable in which pytest looks for the folder of its temporary files."""


def use_memory() -> None:
    """Let pytest make its folders in memory, unless its user has chosen another place."""
    if _ROOT not in os.environ and _has_room():
        os.environ[_ROOT] = str(_MEMORY)


def _has_room() -> bool:
    """Return whether files can be kept, and programs started, in memory."""
    if not (_MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)):
        return False
    may_execute = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
    return may_execute and shutil.disk_usage(_MEMORY).free >= _ENOUGH
