"""Starts a custom runtime's program in place of this one: `custom_runtime.py PROGRAM`.

Standard input is the lifeline, a pipe that the server holds and never writes to. When the server
dies, even by `kill -9`, the pipe ends, and a watcher kills the program's whole process group. The
watcher is an orphan, so that the program has no child that it doesn't know.
"""

import os
import signal
import sys
from typing import NoReturn

CANNOT_EXECUTE = 126  # as a shell exits
STOP_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def main(program: str) -> NoReturn:
    lifeline = os.dup(sys.stdin.fileno())
    replace(sys.stdin.fileno())
    # Whatever the server's event loop has left open isn't the program's.
    os.closerange(sys.stderr.fileno() + 1, lifeline)
    os.closerange(lifeline + 1, os.sysconf("SC_OPEN_MAX"))
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    watcher = os.fork()
    if watcher == 0:
        watch(lifeline)
    os.waitpid(watcher, 0)
    os.close(lifeline)
    for number in (*STOP_SIGNALS, *IGNORED_BY_PYTHON):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(program, [program])  # noqa: S606 - the operator named it
    except OSError as error:
        sys.stderr.write(f"{program}: {error.strerror}\n")
        sys.exit(CANNOT_EXECUTE)


def replace(*descriptors: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor)
    os.close(null)


def watch(lifeline: int) -> NoReturn:
    """Wait for the server's end in a grandchild, which ignores a service manager's stop signals."""
    if os.fork() != 0:
        os._exit(0)
    replace(sys.stdout.fileno(), sys.stderr.fileno())
    try:
        os.read(lifeline, 1)
    finally:
        os.kill(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
