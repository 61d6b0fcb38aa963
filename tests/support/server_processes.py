"""Starting servers as processes of their own, and ending them, gently or not."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.python_processes import TESTS, Program, start
from support.running_server import ACCOUNT, REGION

_SCRIPT = Path(__file__).with_name("server_process.py")


class ServerProcess:
    """One process. Its log goes to a file, which is read when something is wrong."""

    def __init__(self, data: Path, **settings: Any) -> None:
        data.mkdir(mode=0o700, exist_ok=True)
        given = {
            "data": str(data),
            "region": (REGION,),
            "account_id": ACCOUNT,
            "spare_keys": 0,
            **settings,
        }
        self._log = data / f"log-{os.urandom(4).hex()}"
        path = f"{TESTS.parent}{os.pathsep}{TESTS}"
        program = Program(
            (str(_SCRIPT), json.dumps(given)), Path.cwd(), {**os.environ, "PYTHONPATH": path}
        )
        reading, writing = os.pipe()
        self._port_line = os.fdopen(reading)
        with self._log.open("wb") as log, Path(os.devnull).open("rb") as nothing:
            self._process = start(
                program, stdin=nothing.fileno(), stdout=writing, stderr=log.fileno()
            )
        os.close(writing)
        self.port = 0

    def __enter__(self) -> Self:
        return self.until_ready()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.kill()

    def until_ready(self) -> Self:
        line = self._port_line.readline()
        assert line, f"the server didn't start:\n{self.log()}"
        self.port = int(line)
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        """End it as `kill -9` does, wherever it is."""
        self._process.kill()
        self._reap()

    def stop(self) -> int:
        """Ask it to finish what it accepted; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._reap()

    def _reap(self) -> int:
        status = self._process.wait(60)
        self._port_line.close()
        return status


@contextlib.contextmanager
def serving(data: Path, **settings: Any) -> Iterator[ServerProcess]:
    """A process that is killed on leaving, if it hasn't been stopped by then."""
    with ServerProcess(data, **settings) as server:
        yield server
