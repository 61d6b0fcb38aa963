"""Python programs as processes of their own, forked from one that has loaded Poolhouse already.

Loading the modules is nine tenths of what a start costs. In the nightly run, and where a test
starts `sys.executable` itself, each process loads them as a user's does.
"""

import atexit
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from support import run_size

TESTS: Final = Path(__file__).parents[1]
SECONDS: Final = 120.0
"""After which a fork server that hasn't started a program has failed."""

PYTHON: Final = (sys.executable, "-W", "always::ResourceWarning")
"""The beginning of each command. What a process forgets to close, it complains of."""

_SERVER: Final = TESTS / "support" / "fork_server.py"
_PATH: Final = f"{TESTS.parent}{os.pathsep}{TESTS}"


class Program(NamedTuple):
    """What a process runs: `-m` and a module, or a file; and then its arguments."""

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


class PythonProcess(Protocol):
    """What tests do with a process that they have started."""

    @property
    def pid(self) -> int: ...

    def send_signal(self, sig: int, /) -> None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


def start(program: Program, *, stdin: int, stdout: int, stderr: int) -> PythonProcess:
    """Start a program on open files, which its caller closes."""
    if run_size.is_nightly():
        return subprocess.Popen(
            [*PYTHON, *program.words],
            cwd=program.folder,
            env=program.environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
    ours, its = socket.socketpair()
    with its:
        socket.send_fds(_fork_server(), [b"\0"], [stdin, stdout, stderr, its.fileno()])
    return _ForkedProcess(program, ours)


class _ForkedProcess:
    """A process whose parent the fork server is, which reports its id and its end."""

    def __init__(self, program: Program, link: socket.socket) -> None:
        self._link = link
        self._status: int | None = None
        self._unread = b""
        order = {**program._asdict(), "folder": str(program.folder)}
        link.sendall(json.dumps(order).encode() + b"\n")
        self.pid = self._read(SECONDS)

    def send_signal(self, sig: int, /) -> None:
        if not self._has_ended():
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        if self._status is None:
            self._status = self._read(timeout)
            self._link.close()
        return self._status

    def _has_ended(self) -> bool:
        if self._status is None and select.select([self._link], [], [], 0)[0]:
            self.wait(SECONDS)
        return self._status is not None

    def _read(self, timeout: float | None) -> int:
        while b"\n" not in self._unread:
            if not select.select([self._link], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(_SERVER), timeout or 0)
            received = self._link.recv(64)
            assert received, "the fork server has ended"
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return int(line)


@functools.cache
def _fork_server() -> socket.socket:
    """Start the fork server of this test process, which ends with it."""
    ours, its = socket.socketpair()
    with its:
        server = subprocess.Popen(
            [*PYTHON, _SERVER, str(its.fileno())],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": _PATH},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[its.fileno()],
        )

    def end() -> None:
        ours.close()
        server.wait(SECONDS)

    atexit.register(end)
    return ours
