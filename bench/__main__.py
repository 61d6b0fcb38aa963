"""`python -m bench`: measure, show, keep the results; `--write-docs` writes docs/performance.md.

First each operation against its floor, then (bench.scale) against itself among a million users.
`--quick` and `--part` leave out a part. Two parts are measured beside other servers: `--part pools`
is fresh pools, and `--part sign-in` whole sign-ins at a pool's domain.
"""

import argparse
import contextlib
import itertools
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import uvloop
from rich.console import Console

from bench import (
    baselines,
    browserless,
    plot,
    pools,
    postgres,
    processes,
    report,
    scale,
    scale_report,
)
from bench.domain_scenarios import DOMAIN_SCENARIOS
from bench.environment import Setup, open_house
from bench.measurement import Calibration, Result, measure
from bench.scenarios import SCENARIOS, Scenario
from bench.sign_in_scenarios import SIGN_IN_SCENARIOS
from tests.support.postgres_server import PostgresServer

_PLACES: Final = (
    (Setup("sqlite", 1_000, 1), (1, 16, 64)),
    (Setup("sqlite", 100_000, 1), (1, 16, 64)),
    (Setup("sqlite", 100_000, 2), (64,)),
    (Setup("sqlite", 1_000_000, 1), (64,)),
    (Setup("postgres", 1_000, 1), (64,)),
    (Setup("postgres", 100_000, 1), (1, 16, 64)),
    (Setup("postgres", 100_000, 2), (64,)),
    (Setup("postgres", 1_000_000, 1), (64,)),
)
_QUICK: Final = ((Setup("sqlite", 1_000, 1), (64,)),)

_console = Console(highlight=False, soft_wrap=True)


async def _run(chosen: Any) -> report.Report:
    places = [
        (place, [n for n in connections if n in (chosen.connections or connections)])
        for place, connections in (_QUICK if chosen.quick else _PLACES)
        if place.store in (chosen.store or (place.store,))
        and place.users in (chosen.users or (place.users,))
        and place.workers in (chosen.workers or (place.workers,))
    ]
    scenarios = [
        one
        for one in (*SCENARIOS, *SIGN_IN_SCENARIOS, *DOMAIN_SCENARIOS)
        if chosen.only.lower() in one.name.lower()
    ]
    results, ceiling = list[Result](), dict[int, float]()
    began = datetime.now(UTC)
    with contextlib.ExitStack() as stack:
        needed = any(place.store == "postgres" for place, _ in places)
        server = stack.enter_context(postgres.running()) if needed else None
        # Places that differ in their workers only are measured in turn, scenario by scenario: what
        # is set against each other should be of the same minute.
        for _, together in itertools.groupby(places, lambda one: (one[0].store, one[0].users)):
            results += await _measure(list(together), server, scenarios, chosen.seconds, ceiling)
    with tempfile.TemporaryDirectory() as folder:
        fsync = baselines.of_disk(Path(folder))
    return report.Report(
        at=began,
        seconds=chosen.seconds,
        machine=report.machine(fsync, pinned=processes.may_pin()),
        ceiling=ceiling,
        results=tuple(results),
    )


async def _measure(
    places: Sequence[tuple[Setup, Sequence[int]]],
    server: PostgresServer | None,
    scenarios: Sequence[Scenario],
    seconds: float,
    ceiling: dict[int, float],
) -> list[Result]:
    """Return every scenario at each of these places, the results by place."""
    results = list[Result]()
    async with contextlib.AsyncExitStack() as stack:
        environments = [
            (place, loads, await stack.enter_async_context(open_house(place, server)))
            for place, loads in places
        ]
        calibration = Calibration(baselines.of_computing(environments[0][2].population))
        for n in sorted({n for _, loads in places for n in loads}):
            await calibration.at(n)
            ceiling[n] = max(ceiling.get(n, 0), calibration.ceiling[n])
        _console.print(f"[bold]{' and '.join(str(place) for place, _ in places)}[/bold]")
        for scenario in _in_order(scenarios):
            for place, loads, environment in environments:
                for n in loads:
                    results.append(
                        await measure(
                            scenario,
                            n,
                            seconds,
                            place=place,
                            environment=environment,
                            calibration=calibration,
                        )
                    )
                    _print(results[-1])
    return sorted(results, key=lambda result: result.workers)


def _in_order(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Order the scenarios: those that leave rows behind come last."""
    return sorted(scenarios, key=lambda scenario: scenario.grows)


def _print(result: Result) -> None:
    _console.print(
        f"  {result.scenario:28} workers {result.workers}  connections {result.connections:3}"
        f" {result.rate:9,.0f} a second   p99 {result.p99 / 1000:7.2f} ms"
        f"   {result.share:4.0%} of the floor's rate"
        + (f"   {result.errors} ERRORS" if result.errors else "")
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="one store, one size, one load: under a minute")
    add("--part", choices=["floors", "scale", "pools", "sign-in"], help="one part only")
    add(
        "--peer",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="parts pools and sign-in: another server that runs already, measured beside this one",
    )
    add("--cycles", type=int, default=pools.CYCLES, help="part pools: how many in a round")
    add("--seconds", type=float, help="how long each round runs (default 1, quick 0.6)")
    add("--only", default="", help="scenarios whose name contains this")
    add("--store", action="append", choices=["sqlite", "postgres"])
    add("--users", action="append", type=int, choices=[1_000, 100_000, 1_000_000])
    add("--workers", action="append", type=int, choices=[1, 2])
    add("--connections", action="append", type=int, choices=[1, 16, 64])
    add("--write-docs", action="store_true", help=f"write {scale_report.PAGE} and its pictures")
    chosen = parser.parse_args()
    if chosen.part == "pools":
        pools.main(chosen.peer, cycles=chosen.cycles, write_docs=chosen.write_docs)
        return
    if chosen.part == "sign-in":
        browserless.main(chosen.peer, write_docs=chosen.write_docs)
        return
    if chosen.part != "scale":
        _measure_floors(chosen)
    if chosen.part != "floors" and not chosen.quick:
        options = ["--write-docs"] if chosen.write_docs else []
        scale.main([*options, *(f"--store={store}" for store in chosen.store or ())])


def _measure_floors(chosen: Any) -> None:
    chosen.seconds = chosen.seconds or (0.6 if chosen.quick else 1.0)
    whole = uvloop.run(_run(chosen))
    _console.print()
    report.show(whole)
    _console.print(f"\nKept in {report.keep(whole)}")
    if chosen.write_docs:
        plot.draw(whole.results)
        report.write_page(whole, plot.PICTURE.name)
    if any(result.errors for result in whole.results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
