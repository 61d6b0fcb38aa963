"""The section of docs/performance.md on a pool's domain: its endpoints beside their measures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bench.measurement import Result

_OF_FLOOR: Final = ("client credentials", "code exchange", "sign-in page", "browserless sign-in")
"""Scenarios whose floor is their measure."""
_OF_TWIN: Final[Mapping[str, str]] = {"userInfo": "GetUser", "discovery": "key set"}
"""Scenarios that are compared with an operation or document of the API."""


def lines(results: Sequence[Result]) -> Iterator[str]:
    """Yield the section; nothing if no endpoint of a domain was measured."""
    compared = [each for each in results if each.workers == 1 and _measure(each, results)]
    if not compared:
        return
    most = max(each.connections for each in compared)
    yield "## A pool's domain"
    yield ""
    yield (
        "What clients and browsers ask of a pool's domain, with one worker and"
        f" {most} connections. *Client credentials* and *code exchange* are requests to the token"
        " endpoint, for one signature and for two. *Sign-in page* is the first view of `/login`, in"
        " a browser without cookies. *Browserless sign-in* counts the four requests of a whole"
        " sign-in as one: the app's link, the page, its form with the password, and the code's"
        " exchange for tokens. *Share* is the floor's share of the CPU time. For userInfo and"
        " discovery it is the CPU time of GetUser and of the key set, divided by their own."
    )
    yield ""
    yield "| store | users | operation | a second | CPU µs | measure | measure µs | share |"
    yield "|:--|--:|:--|--:|--:|:--|--:|--:|"
    for each in compared:
        if each.connections == most:
            name, cpu = _measure(each, results) or ("", 0.0)
            yield (
                f"| {each.store} | {each.users:,} | {each.scenario} | {each.rate:,.0f}"
                f" | {each.cpu:.0f} | {name} | {cpu:.0f} | {cpu / each.cpu:.0%} |"
            )
    yield ""


def _measure(result: Result, results: Sequence[Result]) -> tuple[str, float] | None:
    """Return the name and CPU microseconds of what a result is compared with."""
    if result.scenario in _OF_FLOOR:
        return "its floor", result.floor
    twin = _OF_TWIN.get(result.scenario)
    return next(
        (
            (each.scenario, each.cpu)
            for each in results
            if each.scenario == twin and _load_of(each) == _load_of(result)
        ),
        None,
    )


def _load_of(result: Result) -> tuple[str, int, int, int]:
    return result.store, result.users, result.workers, result.connections
