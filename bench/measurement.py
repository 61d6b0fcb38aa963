"""Running the scenarios, and setting what came of them against the floors."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from bench import baselines, load, processes
from bench.environment import Environment, Setup
from bench.load import Exchange, Tally, Unit
from bench.scenarios import Scenario
from bench.signed_requests import Key, Requests

WARM_UP_SECONDS: Final = 0.3
ROUNDS: Final = 3
"""Loads of each kind, of which the best counts, as of the floors' parts: only noise makes others
worse."""
CALIBRATION_SECONDS: Final = 0.5
MOST_UNITS: Final = 20_000
"""Requests made at a time; a load that uses them up goes on with new ones, or the same again."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario under one load. Times are in microseconds of a unit, memory is in MiB."""

    scenario: str
    store: str
    users: int
    workers: int
    connections: int
    rate: float
    p50: float
    p99: float
    errors: int
    first_error: str
    cpu: float
    floor: float
    floor_parts: Mapping[str, float]
    commit_group: float
    memory_before: float
    memory_after: float

    @property
    def share(self) -> float:
        """Return the share of what the server's cores could do with the floor's parts alone."""
        return self.rate * self.floor / 1e6 / self.workers

    @property
    def useful(self) -> float:
        """Return the floor's share of the CPU time that was used.

        Unlike `share` it doesn't depend on the disk or on other processes.
        """
        return self.floor / self.cpu if self.cpu else 0.0


class Calibration:
    """Costs that don't depend on the store: HTTP and computing, and the load generator's ceiling.

    They are measured again for each setup, so that baselines and rates are of the same hour.
    """

    def __init__(self, computing: Mapping[str, float]) -> None:
        self.computing = computing
        self.http: dict[int, float] = {}
        self.ceiling: dict[int, float] = {}

    async def at(self, connections: int) -> None:
        """Measure both at so many connections."""
        request = Requests(9229, "AdminGetUser", Key("AKIAEXAMPLEEXAMPLE00", "secret")).make(
            UserPoolId="eu-central-1_Example00", Username="user-0000000"
        )
        unit = (Exchange(request, b"{}"),)
        canned = await _calibrate("canned", unit, connections)
        self.http[connections] = min(tally.cpu_per_unit for tally in canned)
        echo = await _calibrate("echo", unit, connections)
        self.ceiling[connections] = max(tally.rate for tally in echo)


async def measure(
    scenario: Scenario,
    connections: int,
    seconds: float,
    *,
    place: Setup,
    environment: Environment,
    calibration: Calibration,
) -> Result:
    """Load the environment's server with one scenario."""
    # A core of its own is the generator's only where no database server shares it.
    awake = environment.server.is_pinned and place.store == "sqlite"
    await _load(environment, scenario, connections, WARM_UP_SECONDS, stays_awake=awake)
    memory_before = environment.server.memory()
    rounds = [
        await _counted(environment, scenario, connections, seconds, stays_awake=awake)
        for _ in range(ROUNDS)
    ]
    tally, group = max(rounds, key=lambda one: (not one[0].failures, one[0].rate))
    known = {**calibration.computing, "http": calibration.http[connections]}
    parts = {
        part: known[part] if part in known else environment.floor(part, group)
        for part in scenario.floor
    }
    return Result(
        scenario=scenario.name,
        store=place.store,
        users=place.users,
        workers=place.workers,
        connections=connections,
        rate=tally.rate,
        p50=tally.percentile(50) * 1e6,
        p99=tally.percentile(99) * 1e6,
        errors=sum(one.failures for one, _ in rounds),
        first_error=b"".join(one.first_failure for one, _ in rounds).decode(errors="replace"),
        cpu=tally.cpu_per_unit * 1e6,
        floor=baselines.total(parts, scenario.floor) * 1e6,
        floor_parts={part: parts[part] * times * 1e6 for part, times in scenario.floor.items()},
        commit_group=group,
        memory_before=memory_before,
        memory_after=environment.server.memory(),
    )


async def _counted(
    environment: Environment,
    scenario: Scenario,
    connections: int,
    seconds: float,
    *,
    stays_awake: bool,
) -> tuple[Tally, float]:
    """Return a load, and how many commits shared one write to the disk meanwhile."""
    before = environment.commits()
    tally = await _load(environment, scenario, connections, seconds, stays_awake=stays_awake)
    commits, groups = (now - then for now, then in zip(environment.commits(), before, strict=True))
    return tally, commits / groups if groups else 0.0


async def _load(
    environment: Environment,
    scenario: Scenario,
    connections: int,
    seconds: float,
    *,
    stays_awake: bool,
) -> Tally:
    """Drive the server for so long; in rounds, where users can be used only once in each."""
    tally = Tally()
    server = environment.server
    while tally.seconds < seconds and not tally.failures:
        if scenario.once and not scenario.grows:
            await environment.unconfirm()
        made = scenario.units(server.port, environment.population, MOST_UNITS)
        units: Iterator[Unit] = iter(made) if scenario.once else itertools.cycle(made)
        with processes.on_core(processes.GENERATOR_CORE):
            tally.add(
                await load.drive(
                    server.port,
                    units,
                    connections,
                    seconds=seconds - tally.seconds,
                    cpu=server.cpu_seconds,
                    stays_awake=stays_awake,
                )
            )
    return tally


async def _calibrate(what: str, unit: Unit, connections: int) -> list[Tally]:
    """Run three short loads, of which the caller takes the best.

    Noise can only slow a load down.
    """
    with processes.comparison(what) as server, processes.on_core(processes.GENERATOR_CORE):
        return [
            await load.drive(
                server.port,
                itertools.repeat(unit),
                connections,
                seconds=CALIBRATION_SECONDS,
                cpu=server.cpu_seconds,
                stays_awake=server.is_pinned,
            )
            for _ in range(3)
        ]
