"""Several worker processes over one store: together they send everything once."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from support.delivery_world import Recorder, World, message, numbered, running


async def test_outbox_two_workers_send_each_message_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store'}"
    first, second = await World.over(url), await World.over(url)
    senders = Recorder(), Recorder()
    await first.put(*numbered(200))
    async with AsyncExitStack() as both:
        for world, sender in zip((first, second), senders, strict=True):
            await both.enter_async_context(running(world.delivery(sender)))
        while len(senders[0].sent) + len(senders[1].sent) < 200 or await first.waiting():
            for world in (first, second):
                world.alarm.ring()
                await world.alarm.asleep()
    sent = [each.id for sender in senders for each in sender.sent]
    assert sorted(sent) == [each.id for each in numbered(200)]
    assert await first.waiting() == []
    await asyncio.gather(first.store.close(), second.store.close())


async def test_outbox_message_claimed_by_a_dead_worker_is_sent_by_another(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store'}"
    dead, alive = await World.over(url), await World.over(url)
    hanging, sender = Recorder(), Recorder()
    hanging.open.clear()
    await dead.put(message())
    dying = dead.delivery(hanging)
    task = asyncio.create_task(dying.run())
    await dead.alarm.asleep()
    await dying.drain(0)
    await task
    assert len(hanging.begun) == 1
    async with running(alive.delivery(sender)):
        await alive.pass_by(timedelta(seconds=59))
        assert sender.begun == []
        await alive.pass_by(timedelta(seconds=1))
        assert await alive.outcome() == "sent"
    assert hanging.sent == []
    await asyncio.gather(dead.store.close(), alive.store.close())


async def test_outbox_worker_too_late_to_postpone_leaves_the_message(
    world: World,
) -> None:
    """Its claim ran out while it was sending, and another worker has sent the message since."""
    sender = Recorder(OSError())
    sender.open.clear()
    await world.put(message())
    async with running(world.delivery(sender)):
        await world.alarm.asleep()
        [claimed] = await world.waiting()
        await world.outbox.finish(claimed, keep=False)
        sender.open.set()
        assert await world.outcome() == "delayed"
    assert await world.waiting() == []
