"""What was measured of crowds, as a file of results and as a part of the documentation's page."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

RESULTS: Final = Path("bench/results")
PAGE: Final = Path("docs/performance.md")
HEADING: Final = "## A thousand users or a million"
PICTURE: Final = Path("docs/scale.svg")
MOST: Final = 1.3
"""The goal: times the CPU of a thousand users that a million may cost."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One operation on one crowd: the best of its rounds. Times are microseconds a request."""

    call: str
    store: str
    users: int
    rate: float
    p50: float
    cpu: float
    page: bool
    errors: int
    first_error: str


class ScaleReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run. `loads` has users a second and CPU a user of each import."""

    at: datetime
    seconds: float
    shuffled: bool
    busy: float = 0.0
    """The mean number of processes that wanted a core in the last 15 minutes."""
    loads: Mapping[str, tuple[float, float]]
    results: Sequence[Measured]


def keep(report: ScaleReport) -> Path:
    """Write the results as JSON, by the time of the run."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{report.at:%Y%m%dT%H%M%SZ}-scale.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return path


def with_kept(report: ScaleReport) -> ScaleReport:
    """Return the report, with what was last measured of stores that this run has left out."""
    stores = {each.store for each in report.results}
    for path in sorted(RESULTS.glob("*-scale.json"), reverse=True):
        stored = msgspec.json.decode(path.read_bytes(), type=ScaleReport)
        others = [each for each in stored.results if each.store not in stores]
        if others and stored.shuffled == report.shuffled:
            missing = {each.store for each in others}
            loads = {
                name: load for name, load in stored.loads.items() if name.split()[0] in missing
            }
            report = msgspec.structs.replace(
                report, loads={**report.loads, **loads}, results=[*report.results, *others]
            )
            stores |= missing
    return report


def by_call(results: Sequence[Measured]) -> dict[tuple[str, str], list[Measured]]:
    """Return what was measured of each operation of each store, by rising size."""
    found: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for each in results:
        found[each.store, each.call].append(each)
    return {key: sorted(some, key=lambda each: each.users) for key, some in found.items()}


def section(page: str) -> str:
    """Return this part of a page, or an empty text."""
    _, heading, text = page.partition(HEADING)
    return heading + text


def write_section(report: ScaleReport) -> None:
    """Put this part at the end of the page, instead of what an earlier run has written."""
    page = PAGE.read_text()
    above = page.removesuffix(section(page)).rstrip("\n")
    PAGE.write_text("\n".join([above, "", *_lines(report), ""]))


def _lines(report: ScaleReport) -> Iterator[str]:
    sizes = sorted({each.users for each in report.results})
    yield HEADING
    yield ""
    yield (
        f"`python -m bench.scale` loads crowds of {', '.join(f'{size:,}' for size in sizes)} users"
        " by the command that imports: every attribute that can be searched by, three aliases and a"
        " password each, half of them in one group. It then asks the same of all, in turn, 16"
        f" requests at a time, {report.seconds:g} seconds each, about users drawn at random; the"
        " best of three rounds counts. *CPU* is that of the server's process and of PostgreSQL's"
        " for it, in microseconds a request; *× CPU* and *× time* set the largest crowd of a"
        f" store against the smallest, by CPU and by rate. The goal is {MOST}. The stores'"
        " files are held in memory, as a machine with enough of it does by itself: the work is"
        " measured, not the disk."
    )
    yield ""
    yield f"![CPU a request, by the number of users]({PICTURE.name})"
    yield ""
    yield (
        f"{report.at:%Y-%m-%d}, {os.cpu_count()} cores, for which {report.busy:.1f} processes"
        " waited on average, these included: where that is much more than three, rates say how the"
        " machine was shared, and CPU is nearer to the truth. Loaded, the check of the file"
        " included:"
    )
    yield ""
    for name, (rate, cpu) in report.loads.items():
        store, size = name.split()
        yield f"- {store}: {int(size):,} users, {rate:,.0f} a second, {cpu:.0f} µs of CPU each"
    yield ""
    columns = [f"{what} {size:,}" for what in ("a second", "CPU") for size in sizes]
    yield f"| store | operation | {' | '.join(columns)} | p50 ms | × CPU | × time |"
    yield f"|:--|:--|{'--:|' * (len(columns) + 3)}"
    for (store, call), some in by_call(report.results).items():
        first, last, sized = some[0], some[-1], {each.users: each for each in some}
        shown = [
            *(f"{sized[size].rate:,.0f}" if size in sized else "" for size in sizes),
            *(f"{sized[size].cpu:.0f}" if size in sized else "" for size in sizes),
            f"{last.p50 / 1000:.2f}",
            f"{last.cpu / first.cpu:.2f}",
            f"{first.rate / last.rate:.2f}",
        ]
        name = f"{call} (60 users)" if first.page else call
        yield f"| {store} | {name} | {' | '.join(shown)} |"
