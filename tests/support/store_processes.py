"""Starting processes that use a store, and ending them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import poolhouse

_SCRIPT = Path(__file__).with_name("store_process.py")
_ROOT = Path(poolhouse.__path__[0]).parent


def start(*arguments: str, stdout: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, _SCRIPT, *arguments],
        stdin=subprocess.PIPE,
        stdout=stdout,
        env=os.environ | {"PYTHONPATH": f"{_ROOT}{os.pathsep}{_SCRIPT.parents[1]}"},
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process the hard way, as `kill -9` does."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


@contextmanager
def writers(url: str, *names: str) -> Iterator[tuple[IO[bytes], list[subprocess.Popen[bytes]]]]:
    """Processes that write into one store as fast as they can, and what all of them print.

    None begins before all have opened the store.
    """
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as said:
        with os.fdopen(write_end, "wb") as out:
            processes = [start("write", url, name, stdout=out) for name in names]
        try:
            for _ in processes:
                assert said.readline() == b"ready\n"
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(b"go\n")
                process.stdin.flush()
            yield said, processes
        finally:
            for process in processes:
                end(process)
