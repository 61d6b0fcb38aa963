"""Add up what the workers report to their supervisor: metrics and readiness."""

from typing import Final

import msgspec

from poolhouse import metrics
from poolhouse.metrics import Family
from poolhouse.server.health import READY
from poolhouse.workers.supervisor import Supervisor

METRICS: Final = "metrics"
READINESS: Final = "readiness"
"""The questions."""


class WorkerReports:
    """Asks the workers when a client of the operator's listener asks."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._last: dict[int, list[Family]] = {}
        """Last reports by process; a process that hangs keeps its counts."""
        self._past: list[Family] = []
        """Last reports of processes that have ended, added up: totals must not go down."""

    async def verdict(self) -> str:
        """Return `READY` if a worker is, else what one of them lacks."""
        if self._supervisor.is_stopping:
            return "stopping"
        verdicts = (await self._supervisor.ask(READINESS)).values()
        if READY in verdicts:
            return READY
        return str(next(iter(verdicts), "no worker answers"))

    async def exposition(self) -> bytes:
        """Return the sums over all workers, and how the workers are."""
        for process, answer in (await self._supervisor.ask(METRICS)).items():
            self._last[process] = msgspec.convert(answer, list[Family])
        for process in self._last.keys() - self._supervisor.alive:
            self._past = metrics.added([self._past, self._last.pop(process)])
        supervisor = self._supervisor
        return metrics.exposition_of(
            [
                *metrics.added([self._past, *self._last.values()]),
                metrics.gauge(
                    "poolhouse_workers_serving",
                    "Worker processes that are ready and send heartbeats.",
                    supervisor.serving,
                ),
                metrics.counter(
                    "poolhouse_worker_deaths",
                    "Worker processes that ended without having been asked to.",
                    supervisor.deaths,
                ),
            ]
        )
