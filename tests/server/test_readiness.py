"""Readiness costs the store little, however many clients ask for it."""

import asyncio

import pytest

from poolhouse.server import health
from poolhouse.server.health import FRESH_SECONDS, READY, Readiness
from poolhouse.store.interface import Unavailable


class Store:
    """Counts the attempts to reach it. They end when `goes_on` is set; `is_away` fails them."""

    def __init__(self) -> None:
        self.attempts = 0
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.is_away = False
        self.now = 1_000.0
        self.readiness = Readiness(self._reach, lambda: self.now)

    async def _reach(self) -> None:
        self.attempts += 1
        await self.goes_on.wait()
        if self.is_away:
            raise Unavailable("away")


@pytest.fixture
async def store() -> Store:
    return Store()


async def test_verdict_asked_by_many_at_once_makes_one_attempt(store: Store) -> None:
    asked = [asyncio.create_task(store.readiness.verdict()) for _ in range(400)]
    assert await asyncio.gather(*asked) == [READY] * 400
    assert store.attempts == 1


async def test_verdict_within_a_second_is_cached(store: Store) -> None:
    assert await store.readiness.verdict() == READY
    store.is_away = True
    store.now += FRESH_SECONDS / 2
    assert await store.readiness.verdict() == READY
    assert store.attempts == 1
    store.now += FRESH_SECONDS / 2
    assert await store.readiness.verdict() == "store unavailable"
    assert store.attempts == 2


async def test_verdict_while_an_attempt_is_late_makes_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LIMIT_SECONDS", 0.01)
    store.goes_on.clear()
    for _ in range(3):
        assert await store.readiness.verdict() == "store too slow"
        store.now += FRESH_SECONDS
    assert store.attempts == 1
    store.goes_on.set()
    await asyncio.wait_for(_until_ready(store), 60)
    assert store.attempts <= 2


async def _until_ready(store: Store) -> None:
    while await store.readiness.verdict() != READY:
        store.now += FRESH_SECONDS
        await asyncio.sleep(0)
