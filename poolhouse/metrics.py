"""Metrics for Prometheus, counted in the memory of each process.

Counting needs no file, no lock that another process could hold and no free descriptor. So a full
disk or an exhausted limit can't stop a request through its metrics.

Labels are resolved once: looking them up costs more than adding.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, wraps
from typing import Any, Final, ParamSpec

import msgspec
import structlog
from prometheus_client import Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import REGISTRY

P = ParamSpec("P")

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_GROUPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)

_requests = Counter(
    "poolhouse_requests", "Requests by operation and outcome.", ["operation", "outcome"]
)
_durations = Histogram(
    "poolhouse_request_seconds", "Time to answer.", ["operation"], buckets=_SECONDS
)
_triggers = Histogram(
    "poolhouse_trigger_seconds",
    "Time that trigger functions took, by outcome.",
    ["trigger", "outcome"],
    buckets=_SECONDS,
)
_deliveries = Counter("poolhouse_deliveries", "Tries to send a message.", ["channel", "outcome"])
_groups = Histogram(
    "poolhouse_commit_group", "Commits that shared one write to the disk.", buckets=_GROUPS
)
_COUNTED: Final = (_requests, _durations, _triggers, _deliveries, _groups)

_log = structlog.get_logger()


class Family(msgspec.Struct, frozen=True, array_like=True):
    """A metric of a process; a sample is a name, its labels and a value."""

    name: str
    kind: str
    help: str
    samples: list[tuple[str, dict[str, str], float]]


def _harmless(count: Callable[P, None]) -> Callable[P, None]:
    """Log a failure of `count` instead of raising it.

    Callers count what is finished: an error here must not turn a stored change into a failure.
    """

    @wraps(count)
    def counted(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            count(*args, **kwargs)
        except Exception as error:
            _log.error("not counted", metric=count.__name__, error=type(error).__name__)

    return counted


@cache
def _request_counter(operation: str, outcome: str) -> Counter:
    return _requests.labels(operation, outcome)


@cache
def _request_histogram(operation: str) -> Histogram:
    return _durations.labels(operation)


@_harmless
def request(operation: str, outcome: str, seconds: float) -> None:
    """Count an answer; `outcome` is "ok" or the error's code."""
    _request_counter(operation, outcome).inc()
    _request_histogram(operation).observe(seconds)


@_harmless
def trigger(name: str, outcome: str, seconds: float) -> None:
    _triggers.labels(name, outcome).observe(seconds)


@_harmless
def delivery(channel: str, outcome: str) -> None:
    _deliveries.labels(channel, outcome).inc()


@_harmless
def commit_group(commits: int) -> None:
    _groups.observe(commits)


def exposition() -> bytes:
    """Return the metrics of this process in Prometheus' text format."""
    return generate_latest(REGISTRY)


def snapshot() -> list[Family]:
    """Return what this process has counted, to be added to the counts of other workers."""
    return [
        Family(
            metric.name,
            metric.type,
            metric.documentation,
            [
                (sample.name, dict(sample.labels), sample.value)
                for sample in metric.samples
                # The time at which a process made a counter can't be added to another's.
                if not sample.name.endswith("_created")
            ],
        )
        for collector in _COUNTED
        for metric in collector.collect()
    ]


def added(snapshots: Iterable[Sequence[Family]]) -> list[Family]:
    """Add up the samples of the same name and labels."""
    families: dict[str, Family] = {}
    values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for family in (each for families_of_one in snapshots for each in families_of_one):
        families.setdefault(family.name, family)
        sums = values.setdefault(family.name, {})
        for name, labels, value in family.samples:
            key = name, tuple(labels.items())
            sums[key] = sums.get(key, 0.0) + value
    return [
        Family(
            family.name,
            family.kind,
            family.help,
            [(name, dict(labels), value) for (name, labels), value in values[family.name].items()],
        )
        for family in families.values()
    ]


class _Gathered:
    """Families in the form that `generate_latest` reads."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            metric = Metric(family.name, family.help, family.kind)
            for name, labels, value in family.samples:
                metric.add_sample(name, labels, value)
            yield metric


def gauge(name: str, help: str, value: float) -> Family:
    """Return a family of one sample, which may go down."""
    return Family(name, "gauge", help, [(name, {}, value)])


def counter(name: str, help: str, value: float) -> Family:
    """Return a family of one sample, which only grows."""
    return Family(name, "counter", help, [(f"{name}_total", {}, value)])


def exposition_of(families: Sequence[Family]) -> bytes:
    """Return these families in Prometheus' text format."""
    gathered: Any = _Gathered(families)
    return generate_latest(gathered)
