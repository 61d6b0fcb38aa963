"""Fixtures of the delivery's tests: a real store, a settable clock, an alarm without a timer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from poolhouse.clock import SettableClock
from poolhouse.crypto.master_key import MasterKey, new_wrapped_data_key
from poolhouse.crypto.sealer import Sealer
from poolhouse.delivery.contract import Sender, SendFailure
from poolhouse.delivery.outbox import OutboxWorker, Outcome, WakeableTimer
from poolhouse.entities.messages import Channel, Message
from poolhouse.store.migrate import migrate
from poolhouse.store.outbox import Outbox
from poolhouse.store.store import Store, open_database

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_MASTER = MasterKey(bytes(32))
_WRAPPED = new_wrapped_data_key(_MASTER)


def message(id: str = "m-1", channel: Channel = Channel.EMAIL, due_at: datetime = NOW) -> Message:
    return Message(
        id=id,
        pool_id="eu-west-1_Barn",
        username="zoe",
        channel=channel,
        destination="zoe@barn.example" if channel is Channel.EMAIL else "+12065550100",
        trigger_source="CustomMessage_SignUp",
        subject="Your verification code",
        body="Your verification code is 012345. ",
        code="012345",
        created_at=NOW,
        due_at=due_at,
    )


async def open_store(url: str = "sqlite://") -> Store:
    database = await open_database(url)
    await migrate(database)
    return Store(database, Sealer(_MASTER, _WRAPPED))


class StillAlarm(WakeableTimer):
    """Rings only when it is rung, and tells when the delivery has nothing left to do."""

    def __init__(self) -> None:
        super().__init__()
        self._asleep = asyncio.Event()
        self._seconds = 0.0

    def ring(self) -> None:
        self._asleep.clear()
        super().ring()

    async def wait(self, seconds: float) -> None:
        if not self._rung.is_set():
            self._seconds = seconds
            self._asleep.set()
            await self._rung.wait()
        self._rung.clear()

    async def asleep(self) -> float:
        """Wait until the delivery has looked at everything; for how long it means to sleep."""
        await self._asleep.wait()
        return self._seconds


class Recorder:
    """A sender that keeps what it was given. `answers` are failures to come, then all goes well;
    while `open` is not set, it hangs."""

    keeps = False

    def __init__(self, *answers: Exception) -> None:
        self.answers = list(answers)
        self.begun: list[Message] = []
        self.sent: list[Message] = []
        self.open = asyncio.Event()
        self.open.set()
        self.at_once = self.most_at_once = 0

    async def send(self, message: Message) -> None:
        self.begun.append(message)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
            if self.answers:
                raise self.answers.pop(0)
            self.sent.append(message)
        finally:
            self.at_once -= 1


def failures(count: int, *, refused: bool = False) -> list[Exception]:
    return [SendFailure("the server is away", refused=refused) for _ in range(count)]


class World:
    """A delivery over a store, and what can be seen of both."""

    def __init__(self, store: Store, clock: SettableClock) -> None:
        self.store = store
        self.outbox = Outbox(store)
        self.clock = clock
        self.alarm = StillAlarm()
        self.outcomes: asyncio.Queue[tuple[Channel, Outcome]] = asyncio.Queue()

    @classmethod
    async def over(cls, url: str = "sqlite://") -> "World":
        clock = SettableClock()
        clock.set(NOW, frozen=True)
        return cls(await open_store(url), clock)

    def delivery(
        self,
        *senders: Sender,
        outbox: Outbox | None = None,
        random_bytes: Callable[[int], bytes] = bytes,
        limit_seconds: float = 30.0,
        functions: Sender | None = None,
        watched_seconds: float = 30.0,
    ) -> OutboxWorker:
        """The first sender sends emails, the second text messages; zero bytes mean no jitter."""
        return OutboxWorker(
            outbox or self.outbox,
            dict(zip(Channel, senders, strict=False)),
            self.clock.now,
            random_bytes,
            lambda channel, outcome, _seconds: self.outcomes.put_nowait((channel, outcome)),
            functions=functions,
            limit_seconds=limit_seconds,
            watched_seconds=watched_seconds,
            alarm=self.alarm,
        )

    async def put(self, *messages: Message) -> None:
        await self.store.commit(*(self.store.messages.put(each) for each in messages))

    async def outcome(self) -> Outcome:
        """How the next try ends."""
        return (await self.outcomes.get())[1]

    async def pass_by(self, time: timedelta) -> None:
        """Set the clock on and let the delivery look."""
        self.clock.advance(time)
        self.alarm.ring()
        await self.alarm.asleep()

    async def time_to_next(self) -> timedelta | None:
        due = await self.outbox.next_due()
        return None if due is None else due - self.clock.now()

    async def waiting(self) -> list[Message]:
        """What is in the outbox, due or not."""
        rows = await self.outbox.due(NOW + timedelta(days=365), 1000)
        return [each for each, _ in rows]


@asynccontextmanager
async def running(delivery: OutboxWorker) -> AsyncIterator[None]:
    task = asyncio.create_task(delivery.run())
    try:
        yield
    finally:
        await delivery.drain(5)
        await task


def numbered(count: int) -> list[Message]:
    return [replace(message(f"m-{number:04}"), username=f"u{number}") for number in range(count)]
