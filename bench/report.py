"""What is shown: a table on the terminal, a file of results, a page of the documentation."""

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import apsw
import msgspec
from rich.console import Console
from rich.table import Table

from bench import browserless_report, domain_report, pools_report
from bench.measurement import ROUNDS, Result
from bench.scale_report import PAGE, RESULTS, section

_COLUMNS: Final = (
    *("store", "users", "workers", "connections", "operation", "a second", "p50 ms", "p99 ms"),
    *("CPU µs", "floor µs", "of CPU", "of rate", "group", "MiB", "errors"),
)
_LEFT: Final = frozenset({"store", "operation"})


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The kind of machine that was measured on."""

    cores: int
    processor: str
    system: str
    python: str
    sqlite: str
    fsync: float
    """Microseconds that the disk takes to keep a page."""
    pinned: bool
    """Whether server and generator had a core each."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run."""

    at: datetime
    seconds: float
    machine: Machine
    ceiling: Mapping[int, float]
    results: tuple[Result, ...]


def machine(fsync: float, *, pinned: bool) -> Machine:
    return Machine(
        cores=os.cpu_count() or 1,
        processor=processor(),
        system=f"{platform.system()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=apsw.sqlite_lib_version(),
        fsync=fsync * 1e6,
        pinned=pinned,
    )


def table(results: Sequence[Result]) -> Table:
    shown = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        shown.add_column(column, justify="left" if column in _LEFT else "right", no_wrap=True)
    for result in results:
        shown.add_row(*_row(result))
    return shown


def show(report: Report) -> None:
    """Print everything that was measured."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table(report.results))
    console.print()
    for line in _facts(report):
        console.print(line, highlight=False)
    for result in report.results:
        if result.errors:
            console.print(f"\n{result.scenario}: {result.first_error}", markup=False)


def keep(report: Report) -> Path:
    """Write the results as JSON, by the time of the run."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{report.at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return path


def write_page(report: Report, plot: str) -> None:
    """Write the page of the documentation; `plot` is the picture's name beside it.

    What the other parts of the measurements have written at its end stays.
    """
    page = PAGE.read_text()
    parts = (browserless_report.section(page), pools_report.section(page), section(page))
    kept = [part for part in parts if part]
    lines = [*_page(report, plot), "", "\n\n".join(kept)]
    PAGE.write_text("\n".join(lines).rstrip("\n") + "\n")


def _page(report: Report, plot: str) -> Iterator[str]:
    yield "# Performance"
    yield ""
    yield (
        "Written by `python -m bench --write-docs`. `make bench` measures on your machine."
        " [Profile](profile.md) explains the difference between floors and rates."
    )
    yield ""
    yield (
        "Everything is enabled: signatures are verified, IAM policies evaluated, audit records"
        " written and secrets encrypted, and every change is durable before its response. Requests"
        " have the headers that an AWS SDK sends."
    )
    yield ""
    yield f"![Requests a second and their floors]({plot})"
    yield ""
    yield (
        "The *floor* of an operation, or its baseline, is its unavoidable CPU time, measured part"
        " by part on the same core in the same run: HTTP, the signature, JSON, reads by primary"
        " key, its share of a durable commit, the password's verifier. HTTP counts as the cost of"
        " uvicorn with an application that does nothing. The server's own protocol costs less, so"
        " an operation of little more than HTTP can exceed 100 %. *CPU* is the CPU time of the"
        " server's processes, and *of CPU* the floor's share of it. *Of rate* compares the rate"
        " with that of cores that compute only the floor's parts: it falls whenever the server"
        " waits for the disk or for a client. With one connection the server waits most of the"
        " time, so the latency is more meaningful. *GetUser* uses each token repeatedly, as apps"
        " do: the server has cached the verified token, while the floor verifies the signature each"
        " time, as the server does with *a new token*."
    )
    yield ""
    yield (
        "The build of Python matters most: an interpreter with optimisations (PGO and LTO, as in"
        " distributions and the official images) serves a third more requests than one that was"
        " compiled without them."
    )
    yield ""
    yield from (f"- {line}" for line in _facts(report))
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{'|'.join(':--' if column in _LEFT else '--:' for column in _COLUMNS)}|"
    yield from (f"| {' | '.join(_row(result))} |" for result in report.results)
    yield ""
    yield from domain_report.lines(report.results)
    yield from _two_workers(report.results)
    yield "## What the floors are made of"
    yield ""
    yield "Microseconds, with 64 connections or the most that were measured."
    yield ""
    yield from _floors(report.results)


def _two_workers(results: Sequence[Result]) -> Iterator[str]:
    """Yield how two workers compare with one; nothing if two were not measured."""
    alone = {_load_of(result): result for result in results if result.workers == 1}
    pairs = [(alone.get(_load_of(two)), two) for two in results if two.workers == 2]
    if not any(one for one, _ in pairs):
        return
    yield "## Two workers"
    yield ""
    yield (
        "Set against one. *By rate* is what came out on this machine, where two workers and the"
        " load generator share the cores, and PostgreSQL too; what the clients have to work out is"
        " in it (SRP costs a client nearly as much as the server), so that with many machines of"
        " clients it would be more. *By CPU* is what two workers would do with a core each: twice"
        " one, less what they cost each other. *Clients* is the share of both cores that was left"
        " to the clients and all else."
    )
    yield ""
    yield "| store | users | operation | one | two | by rate | by CPU | clients |"
    yield "|:--|--:|:--|--:|--:|--:|--:|--:|"
    for one, two in pairs:
        if one is not None:
            left = max(0.0, 1 - two.rate * two.cpu / 2e6)
            by_rate, by_cpu = two.rate / one.rate, 2 * one.cpu / two.cpu
            yield (
                f"| {two.store} | {two.users:,} | {two.scenario} | {one.rate:,.0f}"
                f" | {two.rate:,.0f} | {by_rate:.2f} | {by_cpu:.2f} | {left:.0%} |"
            )
    yield ""


def _load_of(result: Result) -> tuple[str, int, int, str]:
    return result.store, result.users, result.connections, result.scenario


def _floors(results: Sequence[Result]) -> Iterator[str]:
    most = max(result.connections for result in results)
    parts = tuple(dict.fromkeys(part for result in results for part in result.floor_parts))
    yield f"| store | users | operation | {' | '.join(parts)} | sum |"
    yield f"|:--|--:|:--|{'--:|' * (len(parts) + 1)}"
    for result in results:
        if result.connections == most and result.workers == 1:
            times = (result.floor_parts.get(part) for part in parts)
            shown = " | ".join("" if time is None else f"{time:.1f}" for time in times)
            yield (
                f"| {result.store} | {result.users:,} | {result.scenario} | {shown}"
                f" | {result.floor:.0f} |"
            )


def _facts(report: Report) -> Iterator[str]:
    one = report.machine
    yield (
        f"{report.at:%Y-%m-%d}, {one.cores} cores of {one.processor}, {one.system}, {one.python},"
        f" SQLite {one.sqlite}; the disk keeps a page in {one.fsync:,.0f} µs."
    )
    if one.pinned:
        yield (
            "One worker has a core to itself. The load generator has another, and never sleeps,"
            " since the server would have to wake it. Two workers share these cores with it."
        )
    else:
        yield "The server and the load generator share their cores."
    ceilings = ", ".join(
        f"{rate:,.0f} a second with {n}" for n, rate in sorted(report.ceiling.items())
    )
    yield (
        f"The load generator itself reaches {ceilings} connections,"
        " against a server that does no work."
    )
    yield (
        f"Each line is the best of {ROUNDS} loads of {report.seconds:g} seconds, as the floors are"
        " the best of several. MiB: resident memory of a worker."
    )
    yield "With a million users there are also five million of their sessions."


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.store,
        f"{result.users:,}",
        str(result.workers),
        str(result.connections),
        result.scenario,
        f"{result.rate:,.0f}",
        f"{result.p50 / 1000:.2f}",
        f"{result.p99 / 1000:.2f}",
        f"{result.cpu:.0f}",
        f"{result.floor:.0f}",
        f"{result.useful:.0%}",
        f"{result.share:.0%}",
        f"{result.commit_group:.1f}" if result.commit_group else "",
        f"{result.memory_before:.0f} → {result.memory_after:.0f}",
        str(result.errors),
    )


def processor() -> str:
    """Return the model of the processor as the system names it."""
    try:
        lines: list[str] = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "an unknown processor"
    named = (line.partition(":")[2] for line in lines if line.startswith("model name"))
    return next(named, "an unknown processor").strip()
