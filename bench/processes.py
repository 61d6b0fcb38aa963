"""The processes that are measured: started on a core of their own, watched through /proc."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

SERVER_CORE = 0
GENERATOR_CORE = 1
READY = b"ready\n"
"""What a server prints when it listens."""

_MIB = 1024 * 1024


def may_pin() -> bool:
    """Whether server and generator can have a core each."""
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


class Processes:
    """Processes that serve one port together."""

    def __init__(self, port: int, started: Sequence[subprocess.Popen[bytes]]) -> None:
        self.port = port
        self._started = started
        self._pids = [pid for one in started for pid in _family(one.pid)]

    def cpu_seconds(self) -> float:
        """Processor time used so far, over all threads."""
        return sum(_cpu_seconds(pid) for pid in self._pids)

    def memory(self) -> float:
        """Resident memory of the largest of them, in MiB."""
        return max(_resident(pid) for pid in self._pids) / _MIB

    def stop(self) -> None:
        for one in self._started:
            one.terminate()
        for one in self._started:
            one.wait(30)


def start(arguments: Sequence[str], *, workers: int = 1, log: Path | None = None) -> Processes:
    """Start `python -m bench.serving …` as often as there are workers, and wait for the port.

    One worker gets the server's core; several may run anywhere, as would a server of that kind.
    """
    port = _free_port()
    command = [sys.executable, "-m", "bench.serving", *arguments, f"--port={port}"]
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(log.open("ab")) if log else None
        if workers == 1:
            stack.enter_context(on_core(SERVER_CORE))  # children inherit it
        started = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) for _ in range(workers)
        ]
    for one in started:
        assert one.stdout is not None
        if one.stdout.readline() != READY:
            raise RuntimeError(f"the server didn't start (exit status {one.wait()})")
    return Processes(port, started)


@contextlib.contextmanager
def running(
    arguments: Sequence[str], *, workers: int = 1, log: Path | None = None
) -> Iterator[Processes]:
    processes = start(arguments, workers=workers, log=log)
    try:
        yield processes
    finally:
        processes.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
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
    """From the scheduler's own account, in nanoseconds; else from the ticks of 10 ms."""
    tasks = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
    if tasks:
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
