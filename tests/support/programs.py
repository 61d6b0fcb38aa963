"""Programs beyond Python's packages, installed when the first test asks for one of them.

`make test` without arguments installs them all before the tests begin. Of tests that ask at once
one installs, and the others wait for it.
"""

import fcntl
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

_TESTS: Final = Path(__file__).parents[1]
_INSTALLER: Final = _TESTS / "install.sh"
_LOCK: Final = _TESTS / ".install.lock"
NODE_CLIENTS: Final = _TESTS / "clients" / "node"


@cache
def program(name: str) -> str:
    """Return the path of a program, after installing it if that is needed."""
    found = _find(name)
    if found is None:
        _install(name)
        found = _find(name)
    assert found is not None, f"{name} is not on the PATH"
    return found


@cache
def node_clients() -> Path:
    """Return the folder of the JavaScript clients, with `node_modules` of its lock file."""
    _install("node-clients")
    return NODE_CLIENTS


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


def _install(what: str) -> None:
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [_INSTALLER, what], capture_output=True, text=True, check=False, timeout=900
        )
    assert done.returncode == 0, done.stdout + done.stderr
