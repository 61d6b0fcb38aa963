"""`python -m bench.scale`: whether an operation takes longer where there are a million users.

Loads crowds of a thousand, a hundred thousand and a million by `poolhouse import`, starts a server
on each, and asks the same of all three in turn, so that whatever else the machine does disturbs
them alike. Of three rounds the best counts. `make bench` runs this too.
"""

import argparse
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import uvloop
from rich.console import Console

from bench import fixtures, load, postgres, processes, scale_plot, scale_report
from bench.dataset import POOL_ID, Dataset
from bench.dataset_loader import LoadedDataset, open_dataset
from bench.load import Tally
from bench.scale_report import Measured, ScaleReport
from bench.scale_scenarios import CALLS, CrowdCall

SIZES: Final = (1_000, 100_000, 1_000_000)
STORES: Final = ("sqlite", "postgres")
CONNECTIONS: Final = 16
ROUNDS: Final = 3
WARM_UP_SECONDS: Final = 0.2
MOST_A_SECOND: Final = 9_000
"""Requests made beforehand: more than a worker answers, so that hardly one is asked twice."""

_console = Console(highlight=False, soft_wrap=True)


async def _run(chosen: Any) -> ScaleReport:
    began = datetime.now(UTC)
    results: list[Measured] = []
    loads: dict[str, tuple[float, float]] = {}
    for store in chosen.store or STORES:
        async with _datasets(store, chosen.users or SIZES, shuffled=chosen.shuffled) as towns:
            loads |= {f"{store} {town.crowd.size}": town.load for town in towns}
            for call in CALLS:
                if chosen.only.lower() in call.name.lower():
                    results += await _measure(store, call, towns, chosen.seconds)
    return ScaleReport(
        at=began,
        seconds=chosen.seconds,
        shuffled=chosen.shuffled,
        busy=os.getloadavg()[2],
        loads=loads,
        results=results,
    )


@contextlib.asynccontextmanager
async def _datasets(
    store: str, sizes: Sequence[int], *, shuffled: bool
) -> AsyncIterator[list[LoadedDataset]]:
    async with contextlib.AsyncExitStack() as stack:
        server = stack.enter_context(postgres.running()) if store == "postgres" else None
        towns = []
        for size in sizes:
            town = await stack.enter_async_context(open_dataset(Dataset(size, shuffled), server))
            rate, cpu = town.load
            _console.print(
                f"[bold]{store}, {size:,} users[/bold], loaded {rate:,.0f} a second,"
                f" {cpu:.0f} µs of CPU each"
            )
            towns.append(town)
        yield towns


async def _measure(
    store: str, call: CrowdCall, towns: Sequence[LoadedDataset], seconds: float
) -> list[Measured]:
    rounds: list[list[Tally]] = [[] for _ in towns]
    for _ in range(ROUNDS):
        for town, tallies in zip(towns, rounds, strict=True):
            await _load(town, call, WARM_UP_SECONDS)
            tallies.append(await _load(await town.with_backends(), call, seconds))
    measured = [
        Measured(
            call=call.name,
            store=store,
            users=town.crowd.size,
            rate=max(tally.rate for tally in tallies),
            p50=min(tally.percentile(50) for tally in tallies) * 1e6,
            cpu=min(tally.cpu_per_unit for tally in tallies) * 1e6,
            page=call.page,
            errors=sum(tally.failures for tally in tallies),
            first_error=next((t.first_failure for t in tallies if t.failures), b"").decode(),
        )
        for town, tallies in zip(towns, rounds, strict=True)
    ]
    _print(measured)
    return measured


async def _load(town: LoadedDataset, call: CrowdCall, seconds: float) -> Tally:
    """Ask for so long; in rounds, where users can be asked about only once in each."""
    tally = Tally()
    while tally.seconds < seconds and not tally.failures:
        if call.once:
            await fixtures.unconfirm(town.store_url, POOL_ID)
        units = call.units(town, int(seconds * MOST_A_SECOND) + CONNECTIONS)
        with processes.on_core(processes.GENERATOR_CORE):
            tally.add(
                await load.drive(
                    town.port,
                    units,
                    CONNECTIONS,
                    seconds=seconds - tally.seconds,
                    cpu=town.cpu_seconds,
                    stays_awake=False,
                )
            )
    return tally


def _print(measured: Sequence[Measured]) -> None:
    first, last = measured[0], measured[-1]
    rates = "  ".join(f"{each.rate:7,.0f}" for each in measured)
    cpus = "  ".join(f"{each.cpu:5.0f}" for each in measured)
    _console.print(
        f"  {first.call:38} {rates} a second   {cpus} µs of CPU"
        f"   {last.cpu / first.cpu:5.2f} x CPU   {first.rate / last.rate:5.2f} x time"
        + "".join(f"   {each.errors} ERRORS {each.first_error}" for each in measured if each.errors)
    )


def main(given: Sequence[str] | None = None) -> None:
    """Run the command; `given` are its arguments instead of the program's own."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=0.5, help="how long each load runs")
    add("--only", default="", help="operations whose name contains this")
    add("--store", action="append", choices=STORES)
    add("--users", action="append", type=int, choices=SIZES)
    add("--shuffled", action="store_true", help="names in another order than subs: loads slowly")
    add("--write-docs", action="store_true", help="write the part of the docs, and its picture")
    chosen = parser.parse_args(given)
    report = uvloop.run(_run(chosen))
    _console.print(f"\nKept in {scale_report.keep(report)}")
    if chosen.write_docs:
        whole = scale_report.with_kept(report)
        scale_plot.draw(whole)
        scale_report.write_section(whole)
    if any(each.errors for each in report.results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
