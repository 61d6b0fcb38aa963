"""Emptying the outbox: claim what is due, send it, forget it.

A message was committed with the state it speaks of, and leaves the outbox only after it was sent
or given up. Before a worker sends it, it claims it by a conditional write that makes it due again
later: no other worker sends it meanwhile, and when the worker dies, another sends it then. A
message can so be sent twice only when a worker dies between sending and forgetting, or loses the
store there; its id, which senders pass on, lets the receiver see that it is one message.

A message can also be put into the outbox claimed already, and handed over to the delivery of the
same worker: so its sender may know what isn't stored.

The call that puts a message into the outbox may watch its first try for a moment, to hear that it
was refused for good. What was heard of is not tried again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Final, Literal

import structlog
from msgspec.structs import replace

from poolhouse.delivery import backoff
from poolhouse.delivery.contract import Outbox, Sender, SendFailure
from poolhouse.entities.messages import Channel, Message

Outcome = Literal["sent", "delayed", "dropped"]
Observe = Callable[[Channel, Outcome, float], None]
FirstTryResult = Callable[[], Awaitable[Message | None]]

LIMIT_SECONDS: Final = 30.0
GIVE_UP_AFTER: Final = timedelta(days=5)
"""RFC 5321 §4.5.4.1: at least four to five days."""

AT_ONCE: Final = 16
"""Messages of one worker under way at the same time."""

REFUSALS: Final = 3
"""Tries of a message that was refused for good. More than one, and an hour apart, as a relay that
is set up wrongly refuses everything just so."""

WATCHED_SECONDS: Final = 2.0
"""Longest time that a call waits for a message's first try; a mail server may be slow."""

MOST_HANDED: Final = 1_000
"""Messages handed over that wait for their turn; beyond that they wait for their claim's end."""

_LONGEST_WAIT: Final = 30.0
"""Seconds between two looks, for the messages of a worker that died before it sent them."""

_MOMENT: Final = 0.002
_SHORTEST_WAIT: Final = 1.0
"""A message that is due but can't be claimed must not make the loop spin."""

_log = structlog.get_logger()


class WakeableTimer:
    """A timer that ends when its time is over, or earlier when it is woken."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the sleeper; if there is none, the next sleep ends at once."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()


class OutboxWorker:
    """Sends what waits in the outbox; every worker process runs one.

    `senders` has one for each channel; messages of a channel without one wait, as for a sender
    that fails. `functions` sends the messages that pools send themselves. `limit_seconds` is the
    time for one try. `observe` gets the channel, the outcome and the seconds of each try. A message
    is given up (and logged as an error) at the age of `give_up_after`, or when it was refused for
    good several times.
    """

    def __init__(
        self,
        outbox: Outbox,
        senders: Mapping[Channel, Sender],
        now: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
        observe: Observe = lambda _channel, _outcome, _seconds: None,
        *,
        functions: Sender | None = None,
        limit_seconds: float = LIMIT_SECONDS,
        give_up_after: timedelta = GIVE_UP_AFTER,
        watched_seconds: float = WATCHED_SECONDS,
        alarm: WakeableTimer | None = None,
    ) -> None:
        self._outbox = outbox
        self._senders = senders
        self._functions = functions
        self._now = now
        self._random_bytes = random_bytes
        self._observe = observe
        self._limit = limit_seconds
        # Twice the limit of a try: enough for the commits before and after it.
        self._lease = timedelta(seconds=2 * limit_seconds)
        self._give_up_after = give_up_after
        self._watched_seconds = watched_seconds
        self._alarm = alarm or WakeableTimer()
        self._handed: deque[Message] = deque()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._watched: dict[str, asyncio.Future[Message | None]] = {}
        self._looking = False
        self._stopping = False
        self._stopped = asyncio.Event()
        self._stopped.set()

    def wake(self) -> None:
        """Look at once: something was put into the outbox, or the clock was set."""
        self._alarm.ring()

    def hand_over(self, message: Message) -> None:
        """Send a message that was just put into the outbox claimed: due only at the claim's end."""
        if len(self._handed) < MOST_HANDED:
            self._handed.append(message)
            self._alarm.ring()

    @contextmanager
    def watching(self, messages: Sequence[Message]) -> Iterator[FirstTryResult]:
        """Watch the first tries of messages that are put into the outbox within the block.

        It gives a function to call there afterwards, which returns the message that was refused for
        good, if one was. It waits no longer than `watched_seconds`, and not at all while the
        delivery queue is full, or for messages that can't be refused by then: without a
        sender, for the inbox, or for the pools' own functions.
        """
        loop = asyncio.get_running_loop()
        watched = {each.id: loop.create_future() for each in messages if self._may_be_refused(each)}
        self._watched |= watched

        async def refused() -> Message | None:
            if not watched:
                return None
            done, _ = await asyncio.wait(watched.values(), timeout=self._watched_seconds)
            return next((found for each in done if (found := each.result())), None)

        try:
            yield refused
        finally:
            for id in watched:
                del self._watched[id]

    def _may_be_refused(self, message: Message) -> bool:
        sender = None if message.function else self._senders.get(message.channel)
        return sender is not None and not sender.keeps and len(self._under_way) < AT_ONCE

    async def run(self) -> None:
        """Send whatever becomes due, until `drain`. A store that fails is asked again."""
        self._stopped.clear()
        try:
            while not self._stopping:
                await self._alarm.wait(await self._poll())
        finally:
            self._stopped.set()

    async def settle(self, seconds: float) -> None:
        """Return once all that is due now has been tried, or when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._looking or self._under_way or await self._outbox.due(self._now(), 1):
                    if self._under_way:
                        await asyncio.wait(self._under_way.values())
                    else:
                        self._alarm.ring()
                        await asyncio.sleep(_MOMENT)

    async def drain(self, seconds: float) -> None:
        """Begin nothing new; give what is under way so much time, then cut it off.

        What is cut off stays in the outbox, to be sent when its claim has run out.
        """
        self._stopping = True
        self._alarm.ring()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
                if self._under_way:
                    await asyncio.wait(self._under_way.values())
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _poll(self) -> float:
        """Start sending what is due; return in how many seconds to look again."""
        self._start_handed()
        self._looking = True
        try:
            await self._start_due()
            next_due = await self._outbox.next_due()
        except Exception as error:  # the store's failure: nothing is lost, it is only later
            _log.error("outbox not reached", error=type(error).__name__)
            return _SHORTEST_WAIT
        finally:
            self._looking = False
        if next_due is None or len(self._under_way) >= AT_ONCE:
            return _LONGEST_WAIT
        seconds = (next_due - self._now()).total_seconds()
        return min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)

    def _start_handed(self) -> None:
        while self._handed and len(self._under_way) < AT_ONCE:
            message = self._handed.popleft()
            # The claim must outlast the try; else it is due soon, for the next worker.
            if message.due_at >= self._now() + timedelta(seconds=self._limit):
                self._under_way[message.id] = asyncio.create_task(self._try(message, 1))

    async def _start_due(self) -> None:
        free = AT_ONCE - len(self._under_way)
        if not free:
            return
        # Those under way can be due too: their claims expire when a test sets the clock.
        found = await self._outbox.due(self._now(), free + len(self._under_way))
        found = await self._without_decoys(found)
        fresh = [entry for entry in found if entry[0].id not in self._under_way][:free]
        # All claims at once: they share one disk write.
        claims = await asyncio.gather(*(self._claim(*entry) for entry in fresh))
        for (message, version), claimed in zip(fresh, claims, strict=True):
            if claimed:
                self._under_way[message.id] = asyncio.create_task(self._try(message, version + 1))

    async def _without_decoys(
        self, found: Sequence[tuple[Message, int]]
    ) -> list[tuple[Message, int]]:
        """Delete the decoys among these messages without a claim.

        Unauthenticated callers can cause any number of them, which must not delay real messages.
        """
        decoys = [message for message, _ in found if message.decoy]
        if decoys:
            await asyncio.gather(*(self._outbox.finish(each, keep=False) for each in decoys))
            self._alarm.ring()  # others may be due behind them
        return [entry for entry in found if not entry[0].decoy]

    async def _claim(self, message: Message, version: int) -> bool:
        return await self._outbox.postpone(
            replace(message, due_at=self._now() + self._lease), version
        )

    async def _try(self, message: Message, version: int) -> None:
        """Send a claimed message, then write down how that went."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            failure = await self._send(message)
            heard = self._report_result(message, failure)
            outcome = await self._settle(message, version, failure, heard=heard)
            _report(message, outcome, failure)
            self._observe(message.channel, outcome, loop.time() - started)
        except Exception as error:  # the store's again: the message is due when its claim ends
            _log.error("outbox not reached", id=message.id, error=type(error).__name__)
        finally:
            del self._under_way[message.id]
            self._alarm.ring()

    async def _send(self, message: Message) -> SendFailure | None:
        sender = self._sender(message)
        if sender is None:
            return SendFailure("no sender")
        try:
            async with asyncio.timeout(self._limit):
                await sender.send(message)
        except TimeoutError:
            return SendFailure("timed out")
        except SendFailure as failure:
            return failure
        except Exception as error:  # a sender's mistake must not lose a message
            return SendFailure(type(error).__name__)
        return None

    def _sender(self, message: Message) -> Sender | None:
        return self._functions if message.function else self._senders.get(message.channel)

    def _report_result(self, message: Message, failure: SendFailure | None) -> bool:
        """Report the first try of a watched message. Return whether a refusal was reported."""
        watched = self._watched.get(message.id)
        if watched is None or watched.done():
            return False
        refused = failure is not None and failure.refused
        watched.set_result(message if refused else None)
        return refused

    async def _settle(
        self, message: Message, version: int, failure: SendFailure | None, *, heard: bool
    ) -> Outcome:
        if failure is None:
            sender = self._sender(message)
            await self._outbox.finish(message, keep=sender is not None and sender.keeps)
            return "sent"
        now, failures = self._now(), message.attempts + 1
        refused_for_good = heard or (failure.refused and failures >= REFUSALS)
        if refused_for_good or now >= message.created_at + self._give_up_after:
            await self._outbox.finish(message, keep=False)
            return "dropped"
        random = self._random_bytes(backoff.RANDOM_BYTES)
        pause = backoff.LONGEST if failure.refused else backoff.pause(failures, random)
        # If this finds another version, the claim ran out and another worker has the message.
        later = replace(message, attempts=failures, due_at=now + pause)
        await self._outbox.postpone(later, version)
        return "delayed"


def _report(message: Message, outcome: Outcome, failure: SendFailure | None) -> None:
    """Log what happened to which message, and nothing of whom it is for or what it says."""
    log = _log.bind(
        id=message.id,
        channel=message.channel.value,
        trigger_source=message.trigger_source,
        outcome=outcome,
    )
    if failure is None:
        log.info("message sent")
    elif outcome == "dropped":
        log.error("message dropped", reason=failure.reason, attempts=message.attempts + 1)
    else:
        log.warning("message delayed", reason=failure.reason, attempts=message.attempts + 1)
