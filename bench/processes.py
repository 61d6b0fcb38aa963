"""The processes that are measured: started on a core of their own, watched through /proc."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.signed_requests import ACCOUNT, REGION

SERVER_CORE = 0
GENERATOR_CORE = 1
READY = b'"message":"ready"'
"""The line that a server logs when it listens."""

_MIB = 1024 * 1024
_LISTENING = "0A"
"""The state of a socket in /proc/net/tcp."""


def may_pin() -> bool:
    """Return whether server and generator can have a core each."""
    return hasattr(os, "sched_setaffinity") and {SERVER_CORE, GENERATOR_CORE} <= _allowed


_allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run this process on one core, where that is possible."""
    if not may_pin():
        yield
        return
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, _allowed)


class Server:
    """A server under measurement: a process, and the workers that it may have started."""

    operator_port = 0
    """The port of the metrics, where there are some."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], *, is_pinned: bool) -> None:
        """Follow a process. `is_pinned`: it has one core, and the load generator the other."""
        self.port = port
        self.is_pinned = is_pinned
        self._process = process
        self._pids = _family(process.pid)

    def cpu_seconds(self) -> float:
        """Return the processor time used so far, over all processes and threads."""
        return cpu_seconds(self._pids)

    def memory(self) -> float:
        """Return the resident memory of the largest of its processes, in MiB."""
        return max(_resident(pid) for pid in self._pids) / _MIB


@contextlib.contextmanager
def comparison(what: str) -> Iterator[Server]:
    """Yield a server of `serving.py`, on the server's core."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        _running(["-m", "bench.reference_servers", what], Path(folder), pinned=True) as server,
    ):
        yield server


@contextlib.contextmanager
def poolhouse(data: Path, store_url: str, workers: int) -> Iterator[Server]:
    """Yield `poolhouse serve` with signatures, policies, audit records and durable commits.

    A single worker gets the server's core. Several run on any core, as they would in production.
    """
    operator_port = _free_port()
    arguments = [
        *("-m", "poolhouse", "serve", f"--data={data}", f"--store={store_url}"),
        *(
            f"--operator-port={operator_port}",
            f"--workers={workers}",
            f"--region={REGION}",
            f"--account-id={ACCOUNT}",
        ),
    ]
    with _running(arguments, data, pinned=workers == 1) as server:
        server.operator_port = operator_port
        yield server


@contextlib.contextmanager
def _running(arguments: Sequence[str], folder: Path, *, pinned: bool) -> Iterator[Server]:
    """Start a server of ours, and stop it. Settings of the user's environment don't count."""
    port = _free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("POOLHOUSE_")}
    log = folder / "log"
    with log.open("wb") as errors, contextlib.ExitStack() as stack:
        if pinned:
            stack.enter_context(on_core(SERVER_CORE))  # children inherit it
        process = subprocess.Popen(
            [sys.executable, *arguments, f"--port={port}"], stderr=errors, env=environment
        )
    try:
        while READY not in log.read_bytes():
            if process.poll() is not None:
                raise RuntimeError(f"the server didn't start: {log.read_text()}")
            time.sleep(0.02)
        yield Server(port, process, is_pinned=pinned and may_pin())
    finally:
        process.terminate()
        process.wait(60)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return the processor time that these processes have used so far."""
    return sum(_cpu_seconds(pid) for pid in pids)


def processes_at(port: int) -> list[int]:
    """Return the processes that listen on a port of this machine, and their descendants."""
    sockets = set[str]()
    for table in Path("/proc/net").glob("tcp*"):
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    found = set[int]()
    for file in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(file.readlink()) in sockets:
                found.update(_family(int(file.parts[2])))
    return sorted(found)


def _family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after_name = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(after_name[1])
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def _cpu_seconds(pid: int) -> float:
    """Read the scheduler's own account, in nanoseconds, else the ticks of 10 ms."""
    tasks = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
    if tasks:
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
