"""The clock is set back, by a little or by a year: codes, limits and messages go on working.

A clock that ran ahead has left moments in the store that are still to come. None of them may lock
a user out, keep a message, or let a caller guess more often.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from support.delivery_world import NOW, Recorder, World, failures, message, running
from support.refusals import refused
from support.running_server import RunningServer
from support.running_server import running as serving
from support.sent_codes import another
from support.served_pools import PoolForTest
from support.store_contents import eventually

from poolhouse.app import App
from poolhouse.delivery import backoff
from poolhouse.delivery.outbox import LIMIT_SECONDS
from poolhouse.entities.messages import Message
from poolhouse.store.outbox import FARTHEST

EMAIL = {"email": "alice@home.example"}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY, YEAR = timedelta(days=1), timedelta(days=365)
STEPS = [timedelta(milliseconds=5), MINUTE, HOUR, DAY, YEAR]


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with serving(tmp_path_factory.mktemp("dev"), dev=True) as server:
        yield server


def turn(dev: RunningServer, by: timedelta) -> None:
    """Let the clock run ahead, or set it back."""
    setting = {"advance_seconds": by.total_seconds()}
    httpx.post(f"{dev.url}/dev/clock", json=setting).raise_for_status()


@pytest.fixture
def pool(dev: RunningServer) -> Iterator[PoolForTest]:
    httpx.post(f"{dev.url}/dev/clock", json={"now": None}).raise_for_status()
    yield PoolForTest(dev.client(), AutoVerifiedAttributes=["email"])
    httpx.post(f"{dev.url}/dev/clock", json={"now": None}).raise_for_status()


def codes_of(dev: RunningServer, pool: PoolForTest, many: int) -> dict[str, str]:
    """alice's codes by what brought them, once there are so many."""

    async def read(app: App) -> list[Message]:
        return await app.services.store.messages.received(pool.id, "alice", 100)

    def look() -> list[Message] | None:
        found: list[Message] = dev.run(read)
        return found if len(found) == many else None

    return {each.trigger_source.partition("_")[2]: each.code for each in eventually(look)}


def confirm(pool: PoolForTest, code: str) -> Any:
    return pool.cognito.confirm_sign_up(
        ClientId=pool.client_id, Username="alice", ConfirmationCode=code
    )


@pytest.mark.parametrize("step", STEPS)
def test_clock_set_back_keeps_earlier_codes_valid(
    dev: RunningServer, pool: PoolForTest, step: timedelta
) -> None:
    turn(dev, step)
    pool.sign_up(attributes=EMAIL)
    code = codes_of(dev, pool, 1)["SignUp"]
    turn(dev, -step)
    confirm(pool, code)
    assert pool.user()["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize("step", STEPS)
def test_clock_set_back_later_code_replaces_the_earlier(
    dev: RunningServer, pool: PoolForTest, step: timedelta
) -> None:
    """Though it is the older one by its date."""
    turn(dev, step)
    pool.sign_up(attributes=EMAIL)
    before = codes_of(dev, pool, 1)["SignUp"]
    turn(dev, -step)
    pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username="alice")
    after = codes_of(dev, pool, 2)["ResendCode"]
    if before != after:
        with refused("CodeMismatchException"):
            confirm(pool, before)
    confirm(pool, after)


@pytest.mark.parametrize("step", [HOUR + MINUTE, DAY, YEAR])
def test_clock_set_back_does_not_keep_the_attempt_limit(
    dev: RunningServer, pool: PoolForTest, step: timedelta
) -> None:
    turn(dev, step)
    pool.sign_up(attributes=EMAIL)
    code = codes_of(dev, pool, 1)["SignUp"]
    for _ in range(15):
        with refused("CodeMismatchException"):
            confirm(pool, another(code))
    with refused("LimitExceededException"):
        confirm(pool, code)
    turn(dev, -step)
    confirm(pool, code)


def test_clock_set_back_a_little_grants_no_more_attempts(
    dev: RunningServer, pool: PoolForTest
) -> None:
    """Machines' clocks differ a little, and are set right now and then: no reason to forget."""
    pool.sign_up(attributes=EMAIL)
    code = codes_of(dev, pool, 1)["SignUp"]
    for _ in range(15):
        with refused("CodeMismatchException"):
            confirm(pool, another(code))
        turn(dev, -MINUTE)
    with refused("LimitExceededException"):
        confirm(pool, code)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = await World.over()
    yield world
    await world.store.close()


@pytest.mark.parametrize("step", [*STEPS[2:], 3 * HOUR])
async def test_clock_set_back_waiting_message_is_sent(world: World, step: timedelta) -> None:
    """At once, or within the hours that no message waits longer than."""
    sender = Recorder(*failures(1))
    world.clock.advance(step)
    ahead = NOW + step
    await world.put(replace(message(due_at=ahead), created_at=ahead))
    async with running(world.delivery(sender)):
        assert await world.outcome() == "delayed"
        await world.alarm.asleep()
        world.clock.set(NOW, frozen=True)
        await world.pass_by(timedelta())
        if step < FARTHEST:
            await world.pass_by(step + MINUTE)
        assert await world.outcome() == "sent"
    assert [each.id for each in sender.sent] == ["m-1"]


async def test_clock_set_back_claimed_message_is_not_sent_twice(world: World) -> None:
    """Its claim ends in a future that is gone; while it tries, it is its own."""
    sender = Recorder()
    sender.open.clear()
    world.clock.advance(YEAR)
    await world.put(message(due_at=NOW + YEAR))
    async with running(world.delivery(sender)):
        world.alarm.ring()
        await world.alarm.asleep()
        world.clock.set(NOW, frozen=True)
        await world.pass_by(timedelta())
        sender.open.set()
        assert await world.outcome() == "sent"
    assert len(sender.begun) == 1


async def test_clock_set_back_waiting_retry_is_not_taken_for_stranded(world: World) -> None:
    await world.put(message(due_at=NOW + backoff.LONGEST))
    async with running(world.delivery(Recorder())):
        await world.pass_by(timedelta())
        assert world.outcomes.empty()


def test_message_wait_is_shorter_than_the_limit_of_stranded_ones() -> None:
    """Pauses, claims, and holds for a function of the longest time and all its attempts."""
    longest_hold = timedelta(seconds=3 * 900) + MINUTE
    claim = timedelta(seconds=2 * LIMIT_SECONDS)
    assert max(backoff.LONGEST, longest_hold, claim) < FARTHEST
