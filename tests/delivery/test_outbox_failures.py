"""Failed deliveries: retried later, none lost, and no secret in the log."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from support.captured_logs import capture_logs
from support.delivery_world import NOW, Recorder, World, failures, message, running

from poolhouse.delivery.outbox import GIVE_UP_AFTER
from poolhouse.entities.messages import Channel, Message
from poolhouse.store.interface import Unavailable
from poolhouse.store.outbox import Outbox


async def test_outbox_failed_message_is_retried_after_growing_pauses(world: World) -> None:
    sender = Recorder(*failures(14))
    pauses: list[float] = []
    await world.put(message())
    async with running(world.delivery(sender)):
        for _ in range(14):
            assert await world.outcome() == "delayed"
            pause = await world.time_to_next()
            assert pause is not None
            pauses.append(pause.total_seconds())
            await world.pass_by(pause - timedelta(milliseconds=1))
            assert world.outcomes.empty()
            await world.pass_by(timedelta(milliseconds=1))
        assert await world.outcome() == "sent"
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 2400, 2400]
    assert [each.attempts for each in sender.begun] == list(range(15))
    assert await world.waiting() == []


@pytest.mark.parametrize("error", [OSError("zoe@barn.example"), ZeroDivisionError()])
async def test_outbox_sender_exception_is_retried(world: World, error: Exception) -> None:
    sender = Recorder(error)
    await world.put(message())
    async with running(world.delivery(sender)):
        assert await world.outcome() == "delayed"
        await world.pass_by(timedelta(seconds=1))
        assert await world.outcome() == "sent"


async def test_outbox_hanging_sender_times_out(world: World) -> None:
    sender = Recorder()
    sender.open.clear()
    await world.put(message())
    with capture_logs() as logs:
        async with running(world.delivery(sender, limit_seconds=0.01)):
            assert await world.outcome() == "delayed"
    assert logs[0]["reason"] == "timed out"
    assert len(await world.waiting()) == 1


async def test_outbox_message_without_sender_waits(world: World) -> None:
    await world.put(message(channel=Channel.SMS))
    async with running(world.delivery(Recorder())):
        assert await world.outcome() == "delayed"
    sms = Recorder()
    world.clock.advance(timedelta(seconds=1))
    async with running(world.delivery(Recorder(), sms)):
        assert await world.outcome() == "sent"
    assert len(sms.sent) == 1


async def test_outbox_refused_message_is_tried_three_times_an_hour_apart(
    world: World,
) -> None:
    """AWS answers CodeDeliveryFailureException; ours is sent after the answer."""
    sender = Recorder(*failures(3, refused=True))
    await world.put(message())
    async with running(world.delivery(sender)):
        assert await world.outcome() == "delayed"
        assert await world.time_to_next() == timedelta(hours=1)
        await world.pass_by(timedelta(hours=1))
        assert await world.outcome() == "delayed"
        await world.pass_by(timedelta(hours=1))
        assert await world.outcome() == "dropped"
    assert await world.waiting() == []


@pytest.mark.parametrize(
    ("age", "outcome"), [(timedelta(days=4), "delayed"), (GIVE_UP_AFTER, "dropped")]
)
async def test_outbox_message_is_dropped_after_days(
    world: World, age: timedelta, outcome: str
) -> None:
    """RFC 5321 §4.5.4.1: not before four days."""
    old = replace(message(), attempts=100, created_at=NOW - age)
    await world.put(old)
    async with running(world.delivery(Recorder(*failures(1)))):
        assert await world.outcome() == outcome
    assert len(await world.waiting()) == (outcome == "delayed")


async def test_outbox_last_try_succeeds_at_any_age(world: World) -> None:
    await world.put(replace(message(), created_at=NOW - timedelta(days=300)))
    async with running(world.delivery(Recorder())):
        assert await world.outcome() == "sent"


class Flaky(Outbox):
    """A store that can't be reached: `broken` names what fails."""

    broken = ""

    async def due(self, *arguments: object, **named: object) -> list[tuple[Message, int]]:
        self._break("due")
        return await super().due(*arguments, **named)  # type: ignore[arg-type]

    async def postpone(self, message: Message, version: int) -> bool:
        self._break("postpone")
        return await super().postpone(message, version)

    async def finish(self, message: Message, *, keep: bool) -> None:
        self._break("finish")
        await super().finish(message, keep=keep)

    def _break(self, what: str) -> None:
        if self.broken == what:
            raise Unavailable("the disk is full")


@pytest.mark.parametrize("broken", ["due", "postpone"])
async def test_outbox_failing_store_is_retried(world: World, broken: str) -> None:
    sender, outbox = Recorder(), Flaky(world.store)
    outbox.broken = broken
    await world.put(message())
    with capture_logs() as logs:
        async with running(world.delivery(sender, outbox=outbox)):
            assert await world.alarm.asleep() == 1.0
            assert sender.begun == []
            outbox.broken = ""
            world.alarm.ring()
            assert await world.outcome() == "sent"
    assert logs[0] == {
        "event": "outbox not reached",
        "log_level": "error",
        "error": "Unavailable",
    }


async def test_outbox_message_not_removed_is_sent_again_with_its_id(
    world: World,
) -> None:
    """The receiver sees by its id that it is one message."""
    sender, outbox = Recorder(), Flaky(world.store)
    outbox.broken = "finish"
    await world.put(message())
    async with running(world.delivery(sender, outbox=outbox)):
        while not sender.sent:
            await world.alarm.asleep()
            world.alarm.ring()
        outbox.broken = ""
        await world.pass_by(timedelta(seconds=59))
        assert len(sender.sent) == 1
        await world.pass_by(timedelta(seconds=1))
        assert await world.outcome() == "sent"
    assert [each.id for each in sender.sent] == ["m-1", "m-1"]
    assert await world.waiting() == []


async def test_outbox_log_names_the_message_without_its_content(world: World) -> None:
    secret = message()
    sender = Recorder(*failures(1), OSError(secret.destination), *failures(1, refused=True))
    await world.put(secret)
    with capture_logs() as logs:
        async with running(world.delivery(sender)):
            for _ in range(2):
                assert await world.outcome() == "delayed"
                await world.pass_by(timedelta(seconds=3))
            assert await world.outcome() == "dropped"
            await world.put(message("m-2"))
            world.alarm.ring()
            assert await world.outcome() == "sent"
    events = [(log["event"], log["log_level"], log["id"], log.get("reason")) for log in logs]
    assert events == [
        ("message delayed", "warning", "m-1", "the server is away"),
        ("message delayed", "warning", "m-1", "OSError"),
        ("message dropped", "error", "m-1", "the server is away"),
        ("message sent", "info", "m-2", None),
    ]
    for text in (secret.destination, secret.username, secret.code, secret.body, secret.subject):
        assert text not in repr(logs)
