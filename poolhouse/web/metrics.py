"""What Prometheus sees. Labels are resolved once: looking them up costs more than adding."""

import os
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.registry import REGISTRY

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


@cache
def _request_counter(operation: str, outcome: str) -> Counter:
    return _requests.labels(operation, outcome)


@cache
def _request_histogram(operation: str) -> Histogram:
    return _durations.labels(operation)


def request(operation: str, outcome: str, seconds: float) -> None:
    """An answer was given; `outcome` is "ok" or the error's code."""
    _request_counter(operation, outcome).inc()
    _request_histogram(operation).observe(seconds)


def trigger(name: str, outcome: str, seconds: float) -> None:
    _triggers.labels(name, outcome).observe(seconds)


def delivery(channel: str, outcome: str) -> None:
    _deliveries.labels(channel, outcome).inc()


def commit_group(commits: int) -> None:
    _groups.observe(commits)


def exposition() -> bytes:
    """Everything, in Prometheus' text format; over all workers where there are several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
