"""Messages that are put into the outbox claimed already, and handed over in memory."""

from datetime import timedelta

import msgspec
from support.delivery_world import NOW, Recorder, World, failures, message, numbered, running

from poolhouse.delivery.inbox import Inbox
from poolhouse.delivery.outbox import AT_ONCE
from poolhouse.entities.messages import Message, SenderFunction

HELD = timedelta(minutes=2)
FUNCTION = SenderFunction(
    arn="arn:aws:lambda:eu-west-1:123456789012:function:send",
    key_arn="arn:aws:kms:eu-west-1:123456789012:key/1",
    user_attributes={"email": "zoe@barn.example"},
)


def held(id: str = "m-1", function: SenderFunction | None = FUNCTION) -> Message:
    return msgspec.structs.replace(message(id, due_at=NOW + HELD), function=function)


async def test_custom_sender_handover_is_sent_at_once(world: World) -> None:
    ours, functions = Recorder(), Recorder()
    delivery = world.delivery(ours, functions=functions)
    async with running(delivery):
        await world.put(held())
        delivery.hand_over(held())
        assert await world.outcome() == "sent"
    assert functions.sent == [held()]
    assert ours.begun == []
    assert await world.waiting() == []


async def test_custom_sender_handover_is_claimed_from_other_workers(world: World) -> None:
    functions = Recorder()
    functions.open.clear()
    delivery = world.delivery(functions=functions)
    async with running(delivery):
        await world.put(held())
        delivery.hand_over(held())
        await world.pass_by(timedelta(seconds=60))
        assert len(functions.begun) == 1
        functions.open.set()
        assert await world.outcome() == "sent"


async def test_custom_sender_message_not_handed_over_is_sent_after_its_claim(world: World) -> None:
    """As when the worker that put it there died."""
    functions = Recorder()
    async with running(world.delivery(functions=functions)):
        await world.put(held())
        await world.pass_by(HELD - timedelta(seconds=1))
        assert functions.begun == []
        await world.pass_by(timedelta(seconds=1))
        assert await world.outcome() == "sent"
    assert len(functions.sent) == 1


async def test_custom_sender_handover_failure_is_retried(world: World) -> None:
    functions = Recorder(*failures(1))
    delivery = world.delivery(functions=functions)
    async with running(delivery):
        await world.put(held())
        delivery.hand_over(held())
        assert await world.outcome() == "delayed"
        assert await world.time_to_next() == timedelta(seconds=1)
        await world.pass_by(timedelta(seconds=1))
        assert await world.outcome() == "sent"
    assert [each.attempts for each in functions.begun] == [0, 1]


async def test_custom_sender_handover_that_waited_too_long_is_left_to_the_outbox(
    world: World,
) -> None:
    """Its claim must outlast the try, or another worker could send it at the same time."""
    functions = Recorder()
    functions.open.clear()
    delivery = world.delivery(functions=functions)
    many = [held(each.id) for each in numbered(AT_ONCE + 1)]
    async with running(delivery):
        await world.put(*many)
        for each in many:
            delivery.hand_over(each)
        await world.alarm.asleep()
        assert len(functions.begun) == AT_ONCE
        world.clock.advance(HELD - timedelta(seconds=29))
        functions.open.set()
        assert [await world.outcome() for _ in range(AT_ONCE)] == ["sent"] * AT_ONCE
        await world.alarm.asleep()
        assert len(functions.begun) == AT_ONCE
        await world.pass_by(timedelta(seconds=29))
        assert await world.outcome() == "sent"


async def test_custom_sender_handover_while_stopping_stays_in_the_outbox(world: World) -> None:
    functions = Recorder()
    delivery = world.delivery(functions=functions)
    async with running(delivery):
        await delivery.drain(1)
        await world.put(held())
        delivery.hand_over(held())
    assert functions.begun == []
    assert await world.waiting() == [held()]


async def test_custom_sender_handover_without_a_sender_waits(world: World) -> None:
    delivery = world.delivery(Recorder())
    async with running(delivery):
        await world.put(held())
        delivery.hand_over(held())
        assert await world.outcome() == "delayed"
    assert len(await world.waiting()) == 1


async def test_inbox_receives_messages_instead_of_functions(world: World) -> None:
    delivery = world.delivery(Recorder(), functions=Inbox())
    async with running(delivery):
        await world.put(held())
        delivery.hand_over(held())
        assert await world.outcome() == "sent"
    assert await world.store.messages.received(None, None, 10) == [held()]
