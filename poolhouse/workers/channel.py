"""The channel that joins the supervisor to a worker: short messages, now and then with a socket.

Neither end ever waits for the other: what can't be written at once is kept until it can be, and an
end that reads nothing, as a hanging worker does, gets no more than `MOST_KEPT` bytes.
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

MOST_KEPT: Final = 4_194_304
"""Bytes that wait for the other end to read; messages beyond them are dropped."""

_AT_ONCE: Final = 65_536

Hear = Callable[[list[Any], "socket.socket | None"], None]
"""Gets a message (a word and its argument) and the socket that came with it."""


class WorkerChannel:
    """Sends and receives messages: each is a JSON array on a line of its own."""

    def __init__(self, end: socket.socket, hear: Hear, ended: Callable[[], None]) -> None:
        """Listen on the running loop; `ended` is called once, when the other end closes."""
        self._end = end
        self._hear = hear
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._arrived = b""
        self._sockets: deque[socket.socket] = deque()
        self._kept = b""
        self._is_closed = False
        end.setblocking(False)
        self._loop.add_reader(end, self._read)

    def send(self, word: str, *more: Any, carried: socket.socket | None = None) -> bool:
        """Send a message.

        Returns False if it was dropped: this end is closed, or the other one doesn't read.
        """
        line = msgspec.json.encode([word, carried is not None, *more]) + b"\n"
        if carried is not None:
            if self._kept or self._is_closed:
                return False
            try:
                sent = socket.send_fds(self._end, [line], [carried.fileno()])
            except OSError:
                return False
            line = line[sent:]
            if not line:
                return True
        return self.send_line(line)

    def send_line(self, line: bytes) -> bool:
        """Send what is written as a message already, with its line feed at the end."""
        if self._is_closed or len(self._kept) + len(line) > MOST_KEPT:
            return False
        if not self._kept:
            self._loop.add_writer(self._end, self._write)
        self._kept += line
        self._write()
        return True

    def close(self) -> None:
        """Close this end, and the sockets that have arrived without their messages."""
        if self._is_closed:
            return
        self._is_closed = True
        self._loop.remove_reader(self._end)
        self._loop.remove_writer(self._end)
        self._end.close()
        while self._sockets:
            self._sockets.popleft().close()

    def _write(self) -> None:
        try:
            while self._kept:
                self._kept = self._kept[self._end.send(self._kept) :]
        except BlockingIOError:
            return
        except OSError:
            self._kept = b""  # the other end is gone, which `_read` finds out
        self._loop.remove_writer(self._end)

    def _read(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._end, _AT_ONCE, 4)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
            self._sockets.append(socket.socket(fileno=descriptor))
        if not data:
            self._loop.remove_reader(self._end)
            self._ended()
            return
        *lines, self._arrived = (self._arrived + data).split(b"\n")
        for line in lines:
            word, carries, *more = msgspec.json.decode(line)
            # Without a free descriptor the kernel drops the socket that a message carries.
            carried = self._sockets.popleft() if carries and self._sockets else None
            self._hear([word, *more], carried)
