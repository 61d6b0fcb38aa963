"""Answers that ask no function take as long as one took of late."""

import itertools
from collections.abc import Callable

import pytest

from poolhouse.services.latency_matching import KEPT, MOST_FUNCTIONS, LatencyHistory


class World:
    """Time as the test wants it to pass, chance as it draws it, and how long was slept."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self._draws = itertools.count()
        self.latencies = LatencyHistory(lambda: self.now, self._random_bytes, self._sleep)

    def took(self, what: str, seconds: float) -> None:
        with self.latencies.measured(what):
            self.now += seconds

    async def kept(self, what: str, times: int = 1) -> list[float]:
        self.slept.clear()
        for _ in range(times):
            await self.latencies.replay(what)
        return self.slept

    def _random_bytes(self, size: int) -> bytes:
        return next(self._draws).to_bytes(size, "big")

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def world() -> World:
    return World()


async def test_latency_matching_repeats_a_measured_duration(world: World) -> None:
    world.took("words", 0.25)
    assert await world.kept("words") == [0.25]


async def test_latency_matching_without_measurement_takes_no_time(world: World) -> None:
    world.took("words", 0.25)
    assert await world.kept("others") == []


async def test_latency_matching_draws_from_all_kept_durations(world: World) -> None:
    """A fixed duration, or the latest one, would tell decoy users from real ones."""
    for seconds in (1.0, 2.0, 3.0):
        world.took("words", seconds)
    assert sorted(await world.kept("words", 3)) == [1.0, 2.0, 3.0]


async def test_old_durations_are_forgotten(world: World) -> None:
    for seconds in range(2 * KEPT):
        world.took("words", seconds)
    assert sorted(await world.kept("words", KEPT)) == list(range(KEPT, 2 * KEPT))


async def test_latency_matching_does_not_measure_failures(world: World) -> None:
    """It is answered as one, and no unknown user is."""

    def fail(work: Callable[[], None]) -> None:
        with pytest.raises(LookupError), world.latencies.measured("words"):
            work()
            raise LookupError

    fail(lambda: None)
    assert await world.kept("words") == []


async def test_latency_matching_forgets_the_least_recently_used_function(
    world: World,
) -> None:
    for n in range(MOST_FUNCTIONS):
        world.took(str(n), 1.0)
    world.took("0", 1.0)
    world.took("one more", 1.0)
    assert await world.kept("1") == []
    for still in ("0", "2", "one more"):
        assert await world.kept(still) == [1.0]
