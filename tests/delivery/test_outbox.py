"""Delivery from the outbox: once, when it is due, whatever else waits."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from support.delivery_world import NOW, Recorder, World, message, numbered, running

from poolhouse.delivery.inbox import Inbox
from poolhouse.delivery.outbox import AT_ONCE
from poolhouse.entities.messages import Channel, Message
from poolhouse.store.interface import Write


async def test_outbox_message_is_sent_and_removed(world: World) -> None:
    sender = Recorder()
    await world.put(message())
    async with running(world.delivery(sender)):
        assert await world.outcome() == "sent"
    assert [each.id for each in sender.sent] == ["m-1"]
    assert sender.sent[0].body == "Your verification code is 012345. "
    assert await world.waiting() == []
    assert await world.store.messages.received(None, None, 10) == []


async def test_delivery_of_a_decoy_message_drops_it_without_sending(world: World) -> None:
    """For a user who isn't there: neither a sender nor the inbox gets it."""
    sender = Recorder()
    decoys = (message("m-1"), message("m-2", Channel.SMS))
    await world.put(*(replace(each, decoy=True) for each in decoys))
    await world.put(message("m-3"))
    async with running(world.delivery(sender, Inbox())):
        assert await world.outcome() == "sent"
        await world.alarm.asleep()
    assert [each.id for each in sender.sent] == ["m-3"]
    assert await world.waiting() == []
    assert await world.store.messages.received(None, None, 10) == []


async def test_delivery_of_many_decoys_claims_only_the_real_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unauthenticated callers can make any number of decoys, which must not be claimed."""
    claimed, postpone = list[str](), world.store.messages.postpone

    def recorded(message: Message, version: int) -> Write:
        claimed.append(message.id)
        return postpone(message, version)

    monkeypatch.setattr(world.store.messages, "postpone", recorded)
    decoys = (f"n-{number}" for number in range(10 * AT_ONCE))
    await world.put(*(replace(message(id), decoy=True) for id in decoys), message("z-real"))
    async with running(world.delivery(Recorder())):
        assert await world.outcome() == "sent"
        await world.alarm.asleep()
    assert claimed == ["z-real"]
    assert await world.waiting() == []


async def test_inbox_keeps_messages_sent_to_it(world: World) -> None:
    await world.put(message("m-1"), message("m-2", Channel.SMS))
    async with running(world.delivery(Inbox(), Inbox())):
        assert await world.outcome() == "sent"
        assert await world.outcome() == "sent"
    kept = await world.store.messages.received(None, None, 10)
    assert [(each.id, each.code) for each in kept] == [("m-2", "012345"), ("m-1", "012345")]
    assert await world.waiting() == []


async def test_outbox_wake_sends_a_message_at_once(world: World) -> None:
    sender = Recorder()
    delivery = world.delivery(sender)
    async with running(delivery):
        await world.alarm.asleep()
        await world.put(message())
        delivery.wake()
        assert await world.outcome() == "sent"
    assert len(sender.sent) == 1


async def test_outbox_message_waits_until_due(world: World) -> None:
    sender = Recorder()
    await world.put(message(due_at=NOW + timedelta(hours=1)))
    async with running(world.delivery(sender)):
        await world.pass_by(timedelta(minutes=59))
        assert sender.begun == []
        await world.pass_by(timedelta(minutes=1))
        assert await world.outcome() == "sent"


async def test_outbox_sleeps_until_the_next_message_is_due(world: World) -> None:
    await world.put(message(due_at=NOW + timedelta(seconds=7)))
    async with running(world.delivery(Recorder())):
        assert await world.alarm.asleep() == 7.0


async def test_outbox_polls_for_messages_of_other_workers(world: World) -> None:
    async with running(world.delivery(Recorder())):
        assert await world.alarm.asleep() == 30.0
        await world.put(message(due_at=NOW + timedelta(days=1)))
        await world.pass_by(timedelta(seconds=30))
        assert await world.alarm.asleep() == 30.0


async def test_outbox_sends_a_bounded_number_at_once(world: World) -> None:
    sender = Recorder()
    sender.open.clear()
    await world.put(*numbered(100))
    async with running(world.delivery(sender)):
        await world.alarm.asleep()
        sender.open.set()
        assert {await world.outcome() for _ in range(100)} == {"sent"}
    assert sorted(each.id for each in sender.sent) == [each.id for each in numbered(100)]
    assert sender.most_at_once == AT_ONCE


async def test_outbox_sends_in_order_of_due_time(world: World) -> None:
    sender = Recorder()
    late = message("m-1", due_at=NOW - timedelta(seconds=1))
    early = message("m-2", due_at=NOW - timedelta(seconds=2))
    await world.put(late, early)
    async with running(world.delivery(sender)):
        await world.outcome()
        await world.outcome()
    assert [each.id for each in sender.begun] == ["m-2", "m-1"]


async def test_outbox_hanging_mail_server_does_not_delay_sms(world: World) -> None:
    email, sms = Recorder(), Recorder()
    email.open.clear()
    await world.put(message("m-1"), message("m-2", Channel.SMS))
    async with running(world.delivery(email, sms)):
        assert await world.outcomes.get() == (Channel.SMS, "sent")
        assert len(email.begun) == 1
        email.open.set()
        assert await world.outcomes.get() == (Channel.EMAIL, "sent")


async def test_setting_the_clock_while_a_message_is_sent_does_not_send_it_twice(
    world: World,
) -> None:
    sender = Recorder()
    sender.open.clear()
    await world.put(message())
    async with running(world.delivery(sender)):
        await world.alarm.asleep()
        await world.pass_by(timedelta(days=1))
        assert await world.alarm.asleep() == 1.0  # and it does not spin meanwhile
        sender.open.set()
        assert await world.outcome() == "sent"
    assert len(sender.begun) == 1


async def test_outbox_drain_awaits_messages_under_way(world: World) -> None:
    sender = Recorder()
    sender.open.clear()
    await world.put(message())
    async with running(world.delivery(sender)):
        await world.alarm.asleep()
        sender.open.set()
    assert len(sender.sent) == 1
    assert await world.waiting() == []


async def test_outbox_drain_starts_no_message(world: World) -> None:
    sender = Recorder()
    async with running(world.delivery(sender)):
        await world.alarm.asleep()
        await world.put(message())
    assert sender.begun == []
    assert len(await world.waiting()) == 1


async def test_outbox_drain_before_running_returns_at_once(world: World) -> None:
    await world.delivery(Recorder()).drain(5)
