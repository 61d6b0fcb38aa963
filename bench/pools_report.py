"""What was measured of fresh pools, as a file and as a part of the documentation's page."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from bench import scale_report
from bench.scale_report import PAGE, RESULTS

HEADING: Final = "## Fresh pools"
STEPS: Final = (
    *("CreateUserPool", "CreateUserPoolClient", "SignUp", "AdminConfirmSignUp", "InitiateAuth"),
)


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """A round on one server. `steps` are the medians of the calls; all times are seconds."""

    server: str
    seconds: float
    steps: Mapping[str, float]
    done: int
    error: str = ""


class PoolsReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run: of each server the middle one of its rounds."""

    at: datetime
    cycles: int
    peers: tuple[str, ...]
    processor: str
    system: str
    cores: int
    busy: float
    """The mean number of processes that wanted a core in the last 15 minutes."""
    results: tuple[Cycle, ...]


def keep(report: PoolsReport) -> Path:
    """Write the results as JSON, by the time of the run."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{report.at:%Y%m%dT%H%M%SZ}-pools.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return path


def section(page: str) -> str:
    """Return this part of a page, or nothing."""
    _, heading, text = page.partition(f"{HEADING}\n")
    return heading + text.partition("\n## ")[0].rstrip("\n")


def write_section(report: PoolsReport) -> None:
    """Put this part before that of the crowds, instead of what an earlier run has written."""
    page = PAGE.read_text()
    crowds = scale_report.section(page)
    above = page.removesuffix(crowds).replace(section(page), "").rstrip("\n")
    PAGE.write_text("\n".join([above, "", *_lines(report), "", crowds]).rstrip("\n") + "\n")


def _lines(report: PoolsReport) -> Iterator[str]:
    yield HEADING
    yield ""
    peers = "".join(f" --peer {peer}" for peer in report.peers)
    yield (
        f"Written by `python -m bench --part pools{peers} --write-docs` on {report.at:%Y-%m-%d}"
        f" ({report.processor}, {report.system}). A test suite makes a pool, a client and a user,"
        f" confirms the user and signs in with a password, {report.cycles} times, each time in a"
        " new pool. Every server gets the same calls of the same boto3, a round each in turn, and"
        " of three rounds the middle one is told. A cycle is the time of all five calls divided by"
        " their number; the calls are medians. Times are milliseconds."
    )
    yield ""
    yield (
        "Every pool has two RSA keys of its own, and a key takes 75 ms of CPU to make. Dev mode"
        " makes sixteen in idle time. In memory, as here, it combines their primes into 256, and"
        " adds keys when these are used up. On a disk each pool gets keys that share nothing: there"
        " a suite that spends two tenths of a second on each test finds them made. A peer that"
        " signs for every pool with the same keys has no such work."
    )
    yield ""
    yield (
        f"While this ran, {report.busy:.1f} processes wanted one of the {report.cores} cores, this"
        " measurement's own among them. What is made in idle time suffers most from others."
    )
    yield ""
    yield f"| server | a cycle | {' | '.join(STEPS)} | |"
    yield f"|:--|--:|{'--:|' * len(STEPS)}:--|"
    for one in sorted(report.results, key=lambda each: each.seconds):
        steps = " | ".join(
            f"{1000 * one.steps[step]:.1f}" if step in one.steps else "" for step in STEPS
        )
        whole = f"{1000 * one.seconds:.0f}" if not one.error else ""
        yield f"| {one.server} | {whole} | {steps} | {one.error} |"
