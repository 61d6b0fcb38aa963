"""Metrics for Prometheus, counted in the memory of each process.

Counting needs no file, no lock that another process could hold and no free descriptor. So a full
disk or an exhausted limit can't stop a request through its metrics.

`prometheus_client` writes the text of a scrape. It is loaded by the first scrape: it would make up
a twentieth of a server's start.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import msgspec
import structlog

if TYPE_CHECKING:
    from prometheus_client.core import Metric

P = ParamSpec("P")

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_GROUPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)

_log = structlog.get_logger()


class Family(msgspec.Struct, frozen=True, array_like=True):
    """A metric of a process; a sample is a name, its labels and a value."""

    name: str
    kind: str
    help: str
    samples: list[tuple[str, dict[str, str], float]]


class _Counter:
    """Counts by the values of its labels."""

    def __init__(self, name: str, help: str, *labels: str) -> None:
        self._name, self._help, self._labels = name, help, labels
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, *values: str) -> None:
        self._counts[values] = self._counts.get(values, 0) + 1

    def family(self) -> Family:
        samples = [
            (f"{self._name}_total", dict(zip(self._labels, values, strict=True)), float(count))
            for values, count in self._counts.copy().items()
        ]
        return Family(self._name, "counter", self._help, samples)


class _Histogram:
    """Counts values by their size, and adds them up, by the values of its labels."""

    def __init__(self, name: str, help: str, bounds: Sequence[float], *labels: str) -> None:
        self._name, self._help, self._bounds, self._labels = name, help, bounds, labels
        self._counts: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}

    def add(self, value: float, *values: str) -> None:
        counts = self._counts.get(values)
        if counts is None:
            counts = self._counts[values] = [0] * (len(self._bounds) + 1)
        counts[bisect_left(self._bounds, value)] += 1
        self._sums[values] = self._sums.get(values, 0.0) + value

    def family(self) -> Family:
        samples = [
            sample
            for values, counts in self._counts.copy().items()
            for sample in self._samples(values, counts)
        ]
        return Family(self._name, "histogram", self._help, samples)

    def _samples(
        self, values: tuple[str, ...], counts: Sequence[int]
    ) -> Iterator[tuple[str, dict[str, str], float]]:
        labels = dict(zip(self._labels, values, strict=True))
        bounds = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        total = 0
        for bound, count in zip(bounds, counts, strict=True):
            total += count
            yield f"{self._name}_bucket", {"le": bound, **labels}, float(total)
        yield f"{self._name}_count", labels, float(total)
        yield f"{self._name}_sum", labels, self._sums[values]


_requests: Final = _Counter(
    "poolhouse_requests", "Requests by operation and outcome.", "operation", "outcome"
)
_durations: Final = _Histogram(
    "poolhouse_request_seconds", "Time to answer.", _SECONDS, "operation"
)
_triggers: Final = _Histogram(
    "poolhouse_trigger_seconds",
    "Time that trigger functions took, by outcome.",
    _SECONDS,
    "trigger",
    "outcome",
)
_deliveries: Final = _Counter(
    "poolhouse_deliveries", "Tries to send a message.", "channel", "outcome"
)
_groups: Final = _Histogram(
    "poolhouse_commit_group", "Commits that shared one write to the disk.", _GROUPS
)
_COUNTED: Final = (_requests, _durations, _triggers, _deliveries, _groups)


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


@_harmless
def request(operation: str, outcome: str, seconds: float) -> None:
    """Count an answer; `outcome` is "ok" or the error's code."""
    _requests.add(operation, outcome)
    _durations.add(seconds, operation)


@_harmless
def trigger(name: str, outcome: str, seconds: float) -> None:
    _triggers.add(seconds, name, outcome)


@_harmless
def delivery(channel: str, outcome: str) -> None:
    _deliveries.add(channel, outcome)


@_harmless
def commit_group(commits: int) -> None:
    _groups.add(commits)


def exposition() -> bytes:
    """Return the metrics of this process in Prometheus' text format, and those of its runtime."""
    from prometheus_client import REGISTRY, generate_latest  # noqa: PLC0415 - see above

    return generate_latest(REGISTRY) + exposition_of(snapshot())


def snapshot() -> list[Family]:
    """Return what this process has counted, to be added to the counts of other workers."""
    return [counted.family() for counted in _COUNTED]


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

    def collect(self) -> Iterator["Metric"]:
        from prometheus_client.core import Metric  # noqa: PLC0415 - see above

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
    from prometheus_client import generate_latest  # noqa: PLC0415 - see above

    gathered: Any = _Gathered(families)
    return generate_latest(gathered)
