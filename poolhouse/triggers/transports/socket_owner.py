"""Which processes hold the other end of a connection over loopback? As Linux knows it.

The kernel lists every TCP socket with its inode, and every process lists the inodes of its open
sockets. Only the user of a process, and root, can read the second list.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

IS_SUPPORTED: Final = sys.platform == "linux"

_PROC: Final = Path("/proc")
_COLUMNS_TO_INODE: Final = 6  # after the addresses: state, queues, timer, retries, user, time-outs
# A client may connect through an IPv6 socket, whose addresses end with those of IPv4.
_MAPPED: Final = "0" * 16 + ("FFFF0000" if sys.byteorder == "little" else "0000FFFF")


def is_held_by_session(session: int, theirs: tuple[str, int], ours: tuple[str, int]) -> bool:
    """Return whether a process of the session holds the socket that is connected to ours."""
    inode = _inode(theirs, ours)
    return inode is not None and any(_holds(pid, inode) for pid in _processes(session))


def _inode(local: tuple[str, int], remote: tuple[str, int]) -> str | None:
    """Return the inode of the connected socket with these addresses, as its owner sees them."""
    here, there = _hexadecimal(local), _hexadecimal(remote)
    for table, addresses in (("tcp", f"{here} {there} "), ("tcp6", f"{here} {_MAPPED}{there} ")):
        with suppress(OSError):
            _, found, rest = (_PROC / "self/net" / table).read_text("ascii").partition(addresses)
            if found:
                return rest.split(maxsplit=_COLUMNS_TO_INODE + 1)[_COLUMNS_TO_INODE]
    return None


def _hexadecimal(address: tuple[str, int]) -> str:
    """Return an address in the form of /proc/net/tcp: a word in the machine's order, and a port."""
    number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    return f"{number:08X}:{address[1]:04X}"


def _processes(session: int) -> Iterator[int]:
    """Find the processes of a session, its leader first."""
    yield session
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (pid := int(entry.name)) != session:
            with suppress(OSError):
                if os.getsid(pid) == session:
                    yield pid


def _holds(pid: int, inode: str) -> bool:
    """Return whether an open descriptor of the process is the socket."""
    with suppress(OSError), os.scandir(_PROC / str(pid) / "fd") as descriptors:
        for descriptor in descriptors:
            with suppress(OSError):
                if os.readlink(descriptor.path) == f"socket:[{inode}]":  # noqa: PTH115 - faster
                    return True
    return False
