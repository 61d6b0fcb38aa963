"""The real command line, in processes of their own."""

import configparser
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wire_client import Answer, Wire, request, signed_headers

import poolhouse

ROOT = Path(poolhouse.__path__[0]).parent
REGION = "us-east-1"
PATIENCE = 60.0
"""Seconds after which a test fails instead of hanging."""

Key = tuple[str, str] | tuple[str, str, str]


class CommandLine:
    """`poolhouse …` in a folder of its own, in an environment that has nothing but PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / ".poolhouse"

    def run(self, *arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            _command(arguments),
            cwd=self.folder,
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def ok(self, *arguments: str | Path, **environment: str) -> str:
        """What a command printed that ended well."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str | Path, **environment: str) -> list[str]:
        """The lines of a command that was asked wrongly."""
        done = self.run(*arguments, **environment)
        assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
        return done.stderr.splitlines()

    @contextlib.contextmanager
    def running(self, *arguments: str | Path, **environment: str) -> Iterator["Running"]:
        """A command that goes on, killed on leaving if it hasn't ended by then."""
        with Running(_command(arguments), self.folder, _environment(environment)) as process:
            yield process

    @contextlib.contextmanager
    def serving(self, *arguments: str | Path, **environment: str) -> Iterator["Running"]:
        """`poolhouse serve` on a free port, ready."""
        with self.running("serve", "--port", "0", *arguments, **environment) as server:
            server.ready()
            yield server

    def root_key(self) -> Key:
        """The first administrator's key."""
        return credentials((self.data / "root-credentials").read_text())


class Running:
    """A process and the lines it has printed, on either channel."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = ""

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def line(self, pattern: str, *, after: int = 0) -> "re.Match[str]":
        """The first line that matches, among those after so many; waits for it."""

        def found() -> "re.Match[str] | None":
            return next(filter(None, (re.search(pattern, x) for x in self.lines[after:])), None)

        with self._news:
            self._news.wait_for(lambda: found() or self._ended, PATIENCE)
            match = found()
        assert match is not None, "\n".join([f"no line has {pattern!r}:", *self.lines])
        return match

    def events(self, message: str) -> list[dict[str, Any]]:
        """The log's lines that say this."""
        parsed = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [event for event in parsed if event["message"] == message]

    def ready(self) -> None:
        self.url = self.line(r"https?://127\.0\.0\.1:\d+")[0]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """The exit status."""
        status = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def stop(self) -> int:
        """Ask it to end in good order; the exit status."""
        self.send(signal.SIGTERM)
        return self.wait()

    def bytes_of(self, key: Key, operation: str, members: dict[str, Any]) -> bytes:
        """A signed request."""
        body = json.dumps(members).encode()
        token = key[2] if len(key) == 3 else None
        headers = signed_headers(self.url, operation, body, key[:2], token=token, region=REGION)
        return request(body, headers)

    def ask(self, key: Key, operation: str, **members: Any) -> Answer:
        with Wire(self.port) as wire:
            return wire.ask(self.bytes_of(key, operation, members))

    def outcome(self, key: Key) -> str:
        """Whether a key is taken: "ok", or the error's code."""
        answer = self.ask(key, "ListUserPools", MaxResults=1)
        return "ok" if answer.status == 200 else str(answer.json["__type"])


def credentials(text: str) -> Key:
    """A key, as the AWS SDKs read it from a credentials file."""
    parser = configparser.ConfigParser()
    parser.read_string(text)
    profile = parser["default"]
    key = (profile["aws_access_key_id"], profile["aws_secret_access_key"])
    token = profile.get("aws_session_token")
    return key if token is None else (*key, token)


def _command(arguments: tuple[str | Path, ...]) -> list[str]:
    return [sys.executable, "-m", "poolhouse", *map(str, arguments)]


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more}
