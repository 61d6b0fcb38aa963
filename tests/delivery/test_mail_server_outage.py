"""The mail server is away for an hour: nothing is lost, and everything comes once."""

from collections import Counter
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from msgspec.structs import replace
from support.delivery_world import NOW, Recorder, World, numbered, running

from poolhouse.clock import SettableClock
from poolhouse.delivery.contract import SendFailure
from poolhouse.entities.messages import Message

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BACK = NOW + HOUR


class AwayForAnHour(Recorder):
    """A mail server that every worker shares. It refuses connections until it is back."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__()
        self._clock = clock
        self.tries = 0

    async def send(self, message: Message) -> None:
        self.tries += 1
        if self._clock.now() < BACK:
            raise SendFailure("ConnectionRefusedError")
        await super().send(message)


async def work(
    workers: tuple[World, ...], server: AwayForAnHour, until: datetime, arriving: list[Message]
) -> None:
    """Run every worker's delivery until then, while users sign up; then stop them."""
    async with AsyncExitStack() as stack:
        deliveries = [worker.delivery(server) for worker in workers]
        for delivery in deliveries:
            await stack.enter_async_context(running(delivery))
        while True:
            now = workers[0].clock.now()
            if arriving:
                message = arriving.pop()
                await workers[0].put(replace(message, created_at=now, due_at=now))
            for delivery in deliveries:
                delivery.wake()
            for delivery in deliveries:
                await delivery.settle(30)  # else a claim would end in the middle of a try
            if now + MINUTE >= until:
                break
            workers[0].clock.advance(MINUTE)
    workers[0].clock.advance(MINUTE)  # no worker runs at that moment any more


async def test_mail_server_outage_loses_and_duplicates_no_message(world: World) -> None:
    """Two workers, a message a minute, and a restart of both while the mail server is away."""
    workers = (world, World(world.store, world.clock))
    server = AwayForAnHour(world.clock)
    messages = numbered(60)
    arriving = messages.copy()
    await work(workers, server, NOW + 30 * MINUTE, arriving)
    assert server.sent == []
    await work(workers, server, BACK, arriving)
    assert (server.sent, arriving) == ([], [])
    assert len(await world.waiting()) == 60
    # The longest pause is an hour: by then the last of them has been tried again.
    await work(workers, server, BACK + HOUR + MINUTE, [])
    assert Counter(message.id for message in server.sent) == {each.id: 1 for each in messages}
    assert await world.waiting() == []


async def test_mail_server_outage_changes_no_message(world: World) -> None:
    """Its code, its address and its date; only the count of tries has grown."""
    server = AwayForAnHour(world.clock)
    [message] = numbered(1)
    await work((world,), server, BACK + HOUR + MINUTE, [message])
    [sent] = server.sent
    assert replace(sent, attempts=0, due_at=NOW) == message
    assert server.tries == sent.attempts + 1
    assert server.tries < 20, "a server that is away isn't knocked down by tries"


async def test_mail_server_outage_retries_within_the_longest_pause(world: World) -> None:
    server = AwayForAnHour(world.clock)
    await work((world,), server, BACK, numbered(20))
    due = await world.time_to_next()
    assert due is not None
    assert due <= HOUR
