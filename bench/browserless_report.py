"""What was measured of whole sign-ins, as a file and as a part of the documentation's page."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from bench import pools_report
from bench.scale_report import PAGE, RESULTS

HEADING: Final = "## Sign-ins without a browser"


class SignIns(msgspec.Struct, frozen=True, kw_only=True):
    """A round on one server. `cpu` is the processor time of its processes."""

    server: str
    count: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Return the sign-ins a second."""
        return self.count / self.seconds


class BrowserlessReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run: of each server the middle one of its rounds."""

    at: datetime
    peers: tuple[str, ...]
    processor: str
    system: str
    cores: int
    busy: float
    """The mean number of processes that wanted a core in the last 15 minutes."""
    results: tuple[SignIns, ...]


def keep(report: BrowserlessReport) -> Path:
    """Write the results as JSON, by the time of the run."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{report.at:%Y%m%dT%H%M%SZ}-sign-in.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return path


def section(page: str) -> str:
    """Return this part of a page, or nothing."""
    _, heading, text = page.partition(f"{HEADING}\n")
    return heading + text.partition("\n## ")[0].rstrip("\n")


def write_section(report: BrowserlessReport) -> None:
    """Put this part before that of fresh pools, instead of what an earlier run has written."""
    page = PAGE.read_text()
    old = section(page)
    above, heading, below = page.partition(f"{pools_report.HEADING}\n")
    if old:
        above, below = above.replace(old, ""), below.replace(old, "")
    own = "\n".join(_lines(report))
    PAGE.write_text(f"{above.rstrip()}\n\n{own}\n\n{heading}{below}".rstrip("\n") + "\n")


def _lines(report: BrowserlessReport) -> Iterator[str]:
    yield HEADING
    yield ""
    peers = "".join(f" --peer {peer}" for peer in report.peers)
    count = report.results[0].count
    yield (
        f"Written by `python -m bench --part sign-in{peers} --write-docs` on {report.at:%Y-%m-%d}"
        f" ({report.processor}, {report.system}). One client signs in {count} times, one after the"
        " other, as a browser without a session and its app do it: it follows the app's link, sends"
        " the page's form with the password, and exchanges the code for tokens. Every server gets"
        " the same requests, a round each in turn, and the table has the middle one of three"
        " rounds. Poolhouse runs in dev mode in memory."
    )
    yield ""
    yield (
        "The peers serve their form at the authorization endpoint, a request less than AWS and"
        " Poolhouse need. cognito-local answers only apps with PKCE, so that all apps use it here."
        " moto has neither a form nor codes."
    )
    yield ""
    yield (
        f"While this ran, {report.busy:.1f} processes wanted one of the {report.cores} cores, this"
        " measurement's own among them."
    )
    yield ""
    yield "| server | sign-ins a second | ms each | its CPU, ms each |"
    yield "|:--|--:|--:|--:|"
    for one in sorted(report.results, key=lambda each: each.seconds):
        each, cpu = 1000 * one.seconds / one.count, 1000 * one.cpu / one.count
        yield f"| {one.server} | {one.rate:,.0f} | {each:.1f} | {cpu:.1f} |"
