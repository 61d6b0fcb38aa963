"""The load generator: keep-alive connections, each with one request under way at a time.

A client library would cost more than the server it is to measure, so this is no client: requests
are bytes made beforehand, and of an answer only what proves it right is looked at. What it can
generate at the most is measured too (`serving.py`, the echo) and printed beside the results.
"""

import asyncio
import gc
import time
from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

Reply = Callable[[bytes], bytes]
"""Makes a request out of the answer before it, which has its head and its body."""


class Exchange(NamedTuple):
    """A request as it is sent, and how the right answer and its body begin."""

    request: bytes | Reply
    expected: bytes
    begins: bytes = b"HTTP/1.1 200 "


Unit = tuple[Exchange, ...]
"""Requests that one connection sends one after the other, counted and timed as one."""


class Tally:
    """The results of a load. `latencies` are of the units within the window, in seconds."""

    def __init__(self) -> None:
        self.latencies = array("d")
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self.failures = 0
        self.first_failure = b""

    def add(self, other: "Tally") -> None:
        self.latencies.extend(other.latencies)
        self.seconds += other.seconds
        self.cpu_seconds += other.cpu_seconds
        self.failures += other.failures
        self.first_failure = self.first_failure or other.first_failure

    @property
    def rate(self) -> float:
        """Return the units a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def cpu_per_unit(self) -> float:
        """Return the seconds of the server's processor for one unit."""
        return self.cpu_seconds / len(self.latencies) if self.latencies else 0.0

    def percentile(self, p: float) -> float:
        """Return the latency that `p` percent of the units stayed below, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))] if ordered else 0.0


class _Load:
    """One load: what is still to be sent, and the window in which units count.

    The window opens when as many units are done as there are connections. It closes at the
    deadline, or when there is nothing left to send: the last answers come from a server that is no
    longer fully loaded.
    """

    def __init__(
        self,
        units: Iterator[Unit],
        connections: int,
        seconds: float,
        cpu: Callable[[], float],
    ) -> None:
        self._units = units
        self._busy = self._starting = connections
        self._seconds = seconds
        self._closes_at = float("inf")
        self._cpu = cpu
        self._opened_at: float | None = None
        self._is_closed = False
        self.tally = Tally()
        self.done = asyncio.get_running_loop().create_future()

    def next_unit(self) -> Unit | None:
        now = time.perf_counter()
        unit = next(self._units, None) if now < self._closes_at else None
        if unit is None:
            self._close(now)
        return unit

    def complete(self, began: float, now: float) -> None:
        if self._opened_at is not None:
            if not self._is_closed:
                self.tally.latencies.append(now - began)
            return
        self._starting -= 1
        if not self._starting:
            self._opened_at, self._closes_at = now, now + self._seconds
            self.tally.cpu_seconds = -self._cpu()

    def fail(self, answer: bytes) -> None:
        self.tally.failures += 1
        self.tally.first_failure = self.tally.first_failure or answer[:600]

    def leave(self) -> None:
        """Count out a connection that has nothing left to send; the last one ends the load."""
        self._busy -= 1
        if not self._busy and not self.done.done():
            self.done.set_result(None)

    def _close(self, now: float) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if self._opened_at is not None:
            self.tally.seconds = now - self._opened_at
            self.tally.cpu_seconds += self._cpu()


class _Connection(asyncio.Protocol):
    """Sends a request, checks its answer, sends the next."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._unit: Unit = ()
        self._position = 0
        self._began = 0.0
        self._expected = self._begins = b""
        self._received = b""
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def begin(self) -> None:
        unit = self._load.next_unit()
        if unit is None:
            self._transport.close()
            return
        self._unit, self._position = unit, 0
        self._began = time.perf_counter()
        self._send()

    def _send(self) -> None:
        request, self._expected, self._begins = self._unit[self._position]
        self._transport.write(request if isinstance(request, bytes) else request(self._answer))

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        head_end = data.find(b"\r\n\r\n")
        if head_end < 0 or len(data) < head_end + 4 + _content_length(data, head_end):
            self._received = data
            return
        self._received = b""
        if not data.startswith(self._begins) or not data.startswith(self._expected, head_end + 4):
            self._load.fail(data)
            self._position = len(self._unit)  # what was to follow builds on this answer
        self._answer = data
        self._position += 1
        if self._position < len(self._unit):
            self._send()
        else:
            self._load.complete(self._began, time.perf_counter())
            self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._position < len(self._unit):
            self._load.fail(f"connection lost: {exc}".encode())
        self._load.leave()


def _content_length(data: bytes, head_end: int) -> int:
    found = data.find(b"content-length: ", 0, head_end)
    if found < 0:
        return 0
    return int(data[found + 16 : data.find(b"\r", found)])


def _stay_awake(loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> None:
    """Give the loop something to do in its every turn, until all is done."""
    if not done.done():
        loop.call_soon(_stay_awake, loop, done)


async def drive(
    port: int,
    units: Iterator[Unit],
    connections: int,
    *,
    seconds: float,
    cpu: Callable[[], float],
    stays_awake: bool,
) -> Tally:
    """Load the server for `seconds`, or until the units are used up.

    `cpu` returns the seconds of processor that the server has used so far. `stays_awake`: don't
    sleep while there is nothing to read, for a generator that has a core to itself. Who sleeps has
    to be woken by the process that writes to it, which on a virtual machine costs the server 15 µs
    an answer: more than its own part in sending it.
    """
    loop = asyncio.get_running_loop()
    load = _Load(units, connections, seconds, cpu)
    made = [
        (await loop.create_connection(lambda: _Connection(load), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    gc.collect()
    gc.disable()
    try:
        for connection in made:
            connection.begin()
        if stays_awake:
            _stay_awake(loop, load.done)
        await load.done
    finally:
        gc.enable()
    return load.tally
