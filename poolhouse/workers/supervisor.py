"""Worker processes that share a port: started, watched, replaced, and stopped together.

Each worker has a listening socket of its own, so that the kernel spreads connections over them.
The supervisor has made these sockets and keeps them open: the connections that a dead worker leaves
in its queue wait there for its successor, and none is refused.

A worker that lives sends a heartbeat every second from its event loop. After `MISSED_HEARTBEATS`
without one, and when a successor doesn't start at once, another worker accepts from its socket too.
After `LOST_HEARTBEATS` it is killed and replaced.

One channel joins the supervisor to each worker. Down it go the settings, questions and sockets to
accept from; up it come heartbeats and answers. Its end tells either side that the other is gone:
workers don't outlive their supervisor, whatever killed it.
"""

import asyncio
import contextlib
import itertools
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog

from poolhouse.workers.process import Process, start

HEARTBEAT_SECONDS: Final = 1.0
"""Pause between the heartbeats of a worker."""
LOST_HEARTBEATS: Final = 10
LOST_STARTING_HEARTBEATS: Final = 60
"""The same for a process that starts; loading takes it half a second, on a busy machine more."""

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 15.0
SETTLED_SECONDS: Final = 10.0
"""A worker that lived so long didn't fail to start: its successor starts after the first pause."""
ANSWER_SECONDS: Final = 3.0
"""Longest time that a question to the workers waits for their answers."""
KILL_AFTER_SECONDS: Final = 2.0
"""Time that a worker gets beyond that of a stop, which it keeps by itself."""

_log = structlog.get_logger()


class Supervisor:
    """Keeps one worker alive for every listening socket."""

    def __init__(
        self,
        command: Sequence[str],
        orders: bytes,
        listeners: Sequence[socket.socket],
        *,
        stop_seconds: float,
    ) -> None:
        """Prepare workers. `command` gets two more arguments: descriptors of socket and channel.

        A worker that doesn't end within `stop_seconds` of a stop, and a little more, is killed.
        """
        ids = itertools.count(1)
        self._workers = [
            _Worker(number, command, orders, listener, ids)
            for number, listener in enumerate(listeners)
        ]
        self._stop_seconds = stop_seconds
        self._stopping = asyncio.Event()
        self._failed = False
        self.deaths = 0
        """Processes that ended without having been asked to."""

    async def run(self, announce: Callable[[], None]) -> int:
        """Start all, call `announce` when they are ready, and return the exit status at the end.

        The first worker starts alone: what a first start makes is made once, and a mistake that
        would stop every worker is logged once.
        """
        watching = asyncio.create_task(self._watch())
        tasks = []
        for worker in self._workers:
            tasks.append(asyncio.create_task(self._keep_alive(worker)))
            await self._ready_or_stopping(worker, tasks[-1])
        if not self._stopping.is_set():
            announce()
        try:
            await asyncio.gather(*tasks)
        finally:
            watching.cancel()
        return 1 if self._failed else 0

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    @property
    def alive(self) -> set[int]:
        """Return the ids of the processes there are."""
        return {worker.process.id for worker in self._workers if worker.process is not None}

    @property
    def serving(self) -> int:
        """Return how many workers are ready and send heartbeats."""
        return sum(worker.is_serving for worker in self._workers)

    def stop(self) -> None:
        """Let every worker finish what it accepted, and end; refuse new connections meanwhile."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        for worker in self._workers:
            worker.listener.close()
            worker.send(signal.SIGTERM)
        asyncio.get_running_loop().call_later(
            self._stop_seconds + KILL_AFTER_SECONDS, self._kill_late
        )

    def kill(self) -> None:
        """End every worker at once."""
        for worker in self._workers:
            worker.send(signal.SIGKILL)

    def broadcast(self, word: str) -> None:
        """Send a message to every worker that serves."""
        for worker in self._workers:
            if worker.process is not None and worker.is_serving:
                worker.process.channel.send(word)

    async def ask(self, question: str) -> dict[int, Any]:
        """Return the answers to `question` by process id.

        A worker that hangs or starts isn't asked; one that doesn't answer in time is missing.
        """
        asked = {
            worker.process.id: worker.process.ask(question)
            for worker in self._workers
            if worker.process is not None and worker.is_serving
        }
        if asked:
            await asyncio.wait(asked.values(), timeout=ANSWER_SECONDS)
        answers = {}
        for id, answer in asked.items():
            if answer.done() and not answer.cancelled():
                answers[id] = answer.result()
            answer.cancel()
        return answers

    async def _ready_or_stopping(self, worker: "_Worker", lifetime: "asyncio.Task[None]") -> None:
        """Wait until the worker is ready, or a stop.

        `lifetime` ends before either only if no process can be made; `run` raises what it raised.
        """
        events = [asyncio.create_task(one.wait()) for one in (worker.ready, self._stopping)]
        await asyncio.wait({*events, lifetime}, return_when=asyncio.FIRST_COMPLETED)
        for event in events:
            event.cancel()

    async def _keep_alive(self, worker: "_Worker") -> None:
        now = asyncio.get_running_loop().time
        pause = FIRST_PAUSE
        status: int | str
        while not self._stopping.is_set():
            started = now()
            try:
                status, was_ready = await worker.live()
            except OSError as error:
                # No process can be made: for want of memory or descriptors, or amid an upgrade.
                if not worker.ready.is_set():
                    raise
                status, was_ready = str(error), False
            if self._stopping.is_set():
                # SIGTERM ends a process that has not come to its own handling of it.
                self._failed |= status not in {0, -signal.SIGTERM}
                return
            self.deaths += 1
            if not worker.ready.is_set():
                _log.error("worker can't start", worker=worker.number, status=status)
                self._failed = True
                self.stop()
                return
            pause = FIRST_PAUSE if now() - started > SETTLED_SECONDS else pause
            event = "worker ended" if was_ready else "worker can't start"
            _log.error(event, worker=worker.number, status=status, again_in=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _watch(self) -> None:
        """Count missed heartbeats, and see to it that every socket is accepted from.

        Turns of this loop are counted, not seconds: if all processes were stopped and go on
        together, none of them is late.
        """
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                self._watch_once()
            except Exception as error:  # without the watch no hanging worker would be noticed
                _log.error("unexpected error", error=type(error).__qualname__)

    def _watch_once(self) -> None:
        for worker in self._workers:
            self._supervise(worker)
        if not self._stopping.is_set():
            for worker in self._workers:
                self._hand_over(worker)

    def _supervise(self, worker: "_Worker") -> None:
        process = worker.process
        if process is None:
            return
        process.silent += 1
        # A first start may migrate the store, which takes what it takes.
        limit = LOST_HEARTBEATS if process.is_ready else LOST_STARTING_HEARTBEATS
        if process.silent >= limit and (process.is_ready or worker.ready.is_set()):
            _log.error(
                "worker hangs and is killed",
                worker=worker.number,
                pid=process.pid,
                silent_seconds=process.silent * HEARTBEAT_SECONDS,
            )
            self._failed |= self._stopping.is_set()
            process.kill()

    def _hand_over(self, worker: "_Worker") -> None:
        """Pass the socket of a worker that can't accept to another, and take it back later."""
        if worker.is_serving:
            if worker.deputy is not None:
                worker.deputy.channel.send("release", worker.number)
                worker.deputy = None
                _log.info("worker serves again", worker=worker.number)
            return
        deputy = worker.deputy
        if deputy is not None and worker.number in deputy.declined:
            deputy.declined.discard(worker.number)
            deputy = None
        if not worker.ready.is_set() or (deputy is not None and deputy.is_serving):
            return
        healthy = [each for each in self._workers if each.is_serving]
        if not healthy:
            return
        deputies = [other.deputy for other in self._workers]
        chosen = min(healthy, key=lambda each: deputies.count(each.process))
        assert chosen.process is not None
        if chosen.process.channel.send("accept", worker.number, carried=worker.listener):
            worker.deputy = chosen.process
            _log.warning(
                "connections of a worker go to another", worker=worker.number, to=chosen.number
            )

    def _kill_late(self) -> None:
        for worker in self._workers:
            if worker.process is not None:
                _log.error(
                    "worker didn't stop in time", worker=worker.number, pid=worker.process.pid
                )
                self._failed = True
                worker.process.kill()


class _Worker:
    """One place among the workers, and the process that holds it now. `ready`: one ever was."""

    def __init__(
        self,
        number: int,
        command: Sequence[str],
        orders: bytes,
        listener: socket.socket,
        ids: "itertools.count[int]",
    ) -> None:
        self.number = number
        self.ready = asyncio.Event()
        self.listener = listener
        self.process: Process | None = None
        self.deputy: Process | None = None
        """The process of another worker that accepts from this one's socket."""
        self._command = command
        self._orders = orders
        self._ids = ids
        self._ordered: signal.Signals | None = None

    @property
    def is_serving(self) -> bool:
        return self.process is not None and self.process.is_serving

    async def live(self) -> tuple[int, bool]:
        """Run a process to its end.

        Returns its exit status, negative for a signal, and whether it became ready.
        """
        process = await start(
            self._command, self._orders, self.listener, next(self._ids), self.ready.set
        )
        self.process = process
        _log.info("worker started", worker=self.number, pid=process.pid)
        if self._ordered is not None:  # while the process was being made
            self.send(self._ordered)
        try:
            return await process.wait(), process.is_ready
        finally:
            self.process = None
            process.close()

    def send(self, number: signal.Signals) -> None:
        """Send a signal that asks to end: to the process there is, or to the one being made."""
        self._ordered = number
        if self.process is not None:
            self.process.signal(number)
