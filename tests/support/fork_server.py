"""A process that has loaded Poolhouse, and forks to run Python programs: `fork_server.py CONTROL`.

A message on the socket CONTROL is one octet, with four files: a program's standard input, output
and error, and a socket. On that socket comes an order, one line of JSON. The process id goes back,
and the exit status at the end, a line each. The server ends when CONTROL is closed.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any, Final

import uvicorn.loops.uvloop  # noqa: F401  what a server loads when it runs
import uvicorn.main  # noqa: F401

import poolhouse

_PROGRAMS: Final = ("__main__", "triggers.transports.runtime")
"""What is run and never imported."""


def _load_everything() -> None:
    beginnings = tuple(f"{poolhouse.__name__}.{name}" for name in _PROGRAMS)
    for module in pkgutil.walk_packages(poolhouse.__path__, f"{poolhouse.__name__}."):
        if not module.name.startswith(beginnings):
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _serve(control: socket.socket) -> "dict[str, Any] | None":
    """Return an order in each process that is to carry one out; None at the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        octet, files, _, _ = socket.recv_fds(control, 1, 4)
        if not octet:
            return None
        if os.fork() == 0:
            return _watch(control, files)
        for file in files:
            os.close(file)
        while _has_ended_child():
            pass


def _has_ended_child() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _watch(control: socket.socket, files: list[int]) -> dict[str, Any]:
    """Return the order in a new process; report its id and its end from this one."""
    control.close()
    *standard, last = files
    with socket.socket(fileno=last) as link:
        with link.makefile("rb") as orders:
            order: dict[str, Any] = json.loads(orders.readline())
        child = os.fork()
        if child == 0:
            link.close()
            _become(order, standard)
            return order
        for file in standard:
            os.close(file)
        with contextlib.suppress(BrokenPipeError):  # a test needn't wait for the end
            link.sendall(b"%d\n" % child)
            _, status = os.waitpid(child, 0)
            link.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(order: dict[str, Any], standard: list[int]) -> None:
    """Take over what a process is started with."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(standard):
        os.dup2(file, number)
        os.close(file)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])


def _run(order: dict[str, Any]) -> None:
    """Run a module as `python -m` does, or the file of a program."""
    first, *words = order["words"]
    if first == "-m":
        sys.argv, sys.path[0] = words, order["folder"]
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = [first, *words], str(Path(first).parent)
        runpy.run_path(first, run_name="__main__")


def _exit(status: int) -> None:
    """End as Python does, but leave what was loaded before the fork where it is.

    To free it would take longer than most programs run.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _load_everything()
    with socket.socket(fileno=int(sys.argv[1])) as _control:
        _order = _serve(_control)
    if _order is not None:
        try:
            _run(_order)
        except SystemExit as _end:
            if not isinstance(_end.code, int | None):
                raise
            _exit(_end.code or 0)
        _exit(0)
