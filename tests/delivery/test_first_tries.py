"""The first try of a message, whose permanent refusal its sender can await."""

from datetime import timedelta

from msgspec.structs import replace
from support.delivery_world import Recorder, World, failures, message, running

from poolhouse.delivery.inbox import Inbox
from poolhouse.delivery.outbox import AT_ONCE, OutboxWorker
from poolhouse.entities.messages import Channel, Message, SenderFunction


async def first_try(world: World, delivery: OutboxWorker, *messages: Message) -> Message | None:
    """Put messages into the outbox as a call does; what it hears."""
    with delivery.watching(messages) as refused:
        await world.put(*messages)
        delivery.wake()
        return await refused()


async def test_first_try_refused_is_reported_and_dropped(world: World) -> None:
    """Who has heard will ask for another: this one must not come hours later."""
    delivery = world.delivery(Recorder(*failures(1, refused=True)))
    async with running(delivery):
        assert await first_try(world, delivery, message()) == message()
        assert await world.outcome() == "dropped"
    assert await world.waiting() == []


async def test_first_try_temporary_failure_is_not_reported_and_retried(
    world: World,
) -> None:
    sender = Recorder(*failures(1))
    delivery = world.delivery(sender)
    async with running(delivery):
        assert await first_try(world, delivery, message()) is None
        assert await world.outcome() == "delayed"
        await world.pass_by(timedelta(seconds=1))
        assert await world.outcome() == "sent"
    assert len(sender.sent) == 1


async def test_first_try_sent_is_not_reported(world: World) -> None:
    delivery = world.delivery(Recorder())
    async with running(delivery):
        assert await first_try(world, delivery, message()) is None
        assert await world.outcome() == "sent"


async def test_first_try_of_several_reports_the_refused_one(world: World) -> None:
    email, sms = message("m-1"), message("m-2", Channel.SMS)
    delivery = world.delivery(Recorder(), Recorder(*failures(1, refused=True)))
    async with running(delivery):
        assert await first_try(world, delivery, email, sms) == sms
        assert {await world.outcome(), await world.outcome()} == {"sent", "dropped"}


async def test_first_try_of_a_hanging_sender_is_not_awaited_long(world: World) -> None:
    """The message has its tries left: a later refusal reaches no client."""
    sender = Recorder(*failures(1, refused=True))
    sender.open.clear()
    delivery = world.delivery(sender, watched_seconds=0.01)
    async with running(delivery):
        assert await first_try(world, delivery, message()) is None
        sender.open.set()
        assert await world.outcome() == "delayed"
    assert [each.id for each in await world.waiting()] == ["m-1"]


async def test_first_try_with_all_senders_busy_is_not_awaited(world: World) -> None:
    """A mail server that hangs would hold up every call otherwise."""
    sender = Recorder()
    sender.open.clear()
    delivery = world.delivery(sender)
    async with running(delivery):
        await world.put(*(message(f"m-{number}") for number in range(AT_ONCE)))
        delivery.wake()
        await world.alarm.asleep()
        assert await first_try(world, delivery, message("late")) is None
        sender.open.set()


async def test_first_try_that_cannot_be_refused_is_not_awaited(world: World) -> None:
    """Without a sender, for the inbox, and for a pool's own function, whose errors AWS ignores."""
    function = SenderFunction(arn="arn", key_arn="key", user_attributes={})
    by_function = replace(message("m-3"), function=function)
    delivery = world.delivery(Inbox())  # which doesn't run: it would be waited for in vain
    assert await first_try(world, delivery, message("m-1"), message("m-2", Channel.SMS)) is None
    assert await first_try(world, delivery, by_function) is None


async def test_first_try_of_an_uncommitted_message_is_forgotten(world: World) -> None:
    sender = Recorder(*failures(1, refused=True))
    delivery = world.delivery(sender)
    with delivery.watching([message()]):
        pass  # the commit failed
    async with running(delivery):
        await world.put(message())
        delivery.wake()
        assert await world.outcome() == "delayed"
