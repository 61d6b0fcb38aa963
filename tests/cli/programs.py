"""`poolhouse` as its users run it: a process of its own, in a folder of its own."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Final, Self

import boto3
from botocore.config import Config
from support.python_processes import PYTHON, Program, start

ROOT: Final = Path(__file__).resolve().parents[2]
SECONDS: Final = 60.0
"""After so long without what a test waits for, the test fails."""

_ADDRESS: Final = r"https?://(?:127\.0\.0\.1|localhost|\[::1\]):\d+"


def environment(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Only what is given here: neither settings nor AWS credentials of the developer."""
    programs = Path(sys.executable).parent
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "AWS_EC2_METADATA_DISABLED": "true",
        # Most tests make one pool, and making the stock would take longer than the rest of a start.
        "POOLHOUSE_SPARE_KEYS": "0",
        **given,
    }


def command(*words: object) -> list[str]:
    """A command for a shell, or for a test that starts the process itself."""
    return [*PYTHON, *_words(words)]


def _words(words: tuple[object, ...]) -> tuple[str, ...]:
    return ("-m", "poolhouse", *map(str, words))


def poolhouse(folder: Path, *words: object, **given: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; `given` are variables of its environment."""
    program = Program(_words(words), folder, environment(folder, given))
    with _nothing() as stdin, TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        process = start(program, stdin=stdin, stdout=stdout.fileno(), stderr=stderr.fileno())
        try:
            status = process.wait(SECONDS)
        finally:
            process.kill()
        printed = []
        for file in (stdout, stderr):
            file.seek(0)
            printed.append(file.read())
    return subprocess.CompletedProcess(command(*words), status, *printed)


def answer(done: "subprocess.CompletedProcess[str]") -> str:
    """What a command that succeeded printed."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refusal(done: "subprocess.CompletedProcess[str]", status: int) -> str:
    """What a command that failed complained of: sentences, and never a traceback."""
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@contextlib.contextmanager
def _nothing() -> Iterator[int]:
    """A standard input that ends at once."""
    with Path(os.devnull).open("rb") as nothing:
        yield nothing.fileno()


class Printed:
    """What a process prints, line by line; a thread reads it, so that the process never waits."""

    def __init__(self, stream: Any) -> None:
        self._lines: list[str] = []
        self._new = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def until(self, pattern: str) -> "re.Match[str]":
        """The first line, from the beginning, that matches; waits for it."""
        with self._new:
            found = self._new.wait_for(lambda: self._find(pattern) or self._ended, SECONDS)
        match = self._find(pattern)
        assert found, f"nothing matches {pattern!r} after {SECONDS} s in:\n{self.text()}"
        assert match is not None, f"nothing matches {pattern!r} in:\n{self.text()}"
        return match

    def until_times(self, text: str, times: int) -> None:
        """Wait until so many lines hold the text."""
        with self._new:
            found = self._new.wait_for(
                lambda: sum(text in line for line in self._lines) >= times or self._ended, SECONDS
            )
        assert found, f"{text!r} isn't there {times} times in:\n{self.text()}"

    def text(self) -> str:
        return "".join(self._lines)

    def to_the_end(self) -> str:
        """All of it, when all processes that could print have ended."""
        self._reader.join(SECONDS)
        assert not self._reader.is_alive(), self.text()
        return self.text()

    def _find(self, pattern: str) -> "re.Match[str] | None":
        return next(filter(None, (re.search(pattern, line) for line in self._lines)), None)

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                with self._new:
                    self._lines.append(line)
                    self._new.notify_all()
        with self._new:
            self._ended = True
            self._new.notify_all()


class Process:
    """A command that goes on; what it prints, and its log, come in one stream."""

    def __init__(self, folder: Path, *words: object, **given: str) -> None:
        program = Program(_words(words), folder, environment(folder, given))
        reading, writing = os.pipe()
        with _nothing() as stdin:
            self._process = start(program, stdin=stdin, stdout=writing, stderr=writing)
        os.close(writing)
        self.printed = Printed(os.fdopen(reading, "r"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait(SECONDS)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(SECONDS)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """End it in good order; everything that it printed, which is no error."""
        printed = self.end(number)
        assert "Traceback" not in printed
        return printed

    def end(self, number: signal.Signals = signal.SIGTERM) -> str:
        """End it in good order; everything that it printed, errors of functions among it."""
        self.send(number)
        status = self.wait()
        printed = self.printed.to_the_end()
        assert status == 0, printed
        assert "ResourceWarning" not in printed, "something was left open"
        return printed


class Server(Process):
    """`poolhouse dev` or `poolhouse serve` on a free port; entered, it is ready."""

    def __init__(self, folder: Path, name: str, *words: object, **given: str) -> None:
        super().__init__(folder, name, "--port", "0", *words, **given)
        self.url = ""

    def __enter__(self) -> Self:
        try:
            ready = self.printed.until(rf"(?:Endpoint +|\"url\":\")({_ADDRESS})")
        except AssertionError:
            self.__exit__(None, None, None)
            raise
        self.url = ready[1]
        return self

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def operator_port(self) -> int:
        """The port of `--operator-port 0`, once the server is ready."""
        return int(self.printed.until(r'"port":(\d+).*operator\'s listener')[1])

    def log(self) -> Iterator[dict[str, Any]]:
        """The lines of `serve`'s log so far."""
        for line in self.printed.text().splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def cognito(url: str, key: tuple[str, str] = ("any", "any"), **more: Any) -> Any:
    """A boto3 client whose every call is one request."""
    return boto3.client(
        "cognito-idp",
        endpoint_url=url,
        region_name=more.pop("region_name", "us-east-1"),
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        aws_session_token=more.pop("token", None),
        config=Config(retries={"total_max_attempts": 1}, read_timeout=SECONDS),
        **more,
    )


def root_key(data: Path) -> tuple[str, str]:
    """The first administrator's key, from the file that the first start has written."""
    values = dict(
        line.split(" = ") for line in (data / "root-credentials").read_text().splitlines()[1:]
    )
    return values["aws_access_key_id"], values["aws_secret_access_key"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def until_listening(port: int) -> None:
    """Return when a server listens there."""
    for _ in range(100_000):
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port)):
            return
    raise AssertionError(f"nobody listens on {port}")
