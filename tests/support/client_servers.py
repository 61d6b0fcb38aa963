"""Servers started as a user starts them, and pools on them, for clients that others wrote."""

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

START_SECONDS = 60
"""After which a server that isn't ready has failed."""


class ServedPool(NamedTuple):
    """A pool with a post-confirmation function, and a public app client."""

    id: str
    client_id: str


class ServerCommand:
    """A server as its user starts it, and ready; its output is short enough to wait in the pipe."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self._process = process
        self.url = url

    def stop(self) -> str:
        """End it in good order, and return what it printed since it was ready."""
        self._process.terminate()
        rest, _ = self._process.communicate(timeout=START_SECONDS)
        assert self._process.returncode == 0, rest
        return rest


@contextlib.contextmanager
def server_command(name: str, data: Path, *flags: str) -> Iterator[ServerCommand]:
    """`poolhouse NAME` on a free port, killed on leaving if it hasn't been stopped by then."""
    program = Path(sys.executable).with_name("poolhouse")
    assert program.exists(), "the command isn't installed: make test installs it"
    with subprocess.Popen(
        [program, name, "--port", "0", "--data", data, *flags],
        cwd=data.parent,
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        too_late = threading.Timer(START_SECONDS, process.kill)
        too_late.start()
        try:
            url = _endpoint(process)
            too_late.cancel()
            yield ServerCommand(process, url)
        finally:
            too_late.cancel()
            process.kill()


def _endpoint(process: "subprocess.Popen[str]") -> str:
    """The address that the banner of `dev` or the log of `serve` tells when it is ready."""
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError("".join(printed))


StartServer = Callable[..., contextlib.AbstractContextManager[ServerCommand]]
