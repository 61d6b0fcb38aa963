"""The audit records of calls that commit nothing: reads, refusals, failures.

A change carries its record in its own commit. A read makes no commit that could carry it, and
waiting for the disk would make it fifty times slower, so these records gather and are stored a
moment later, together. A power cut loses at most the records of that moment, none of a change.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from poolhouse.audit.bounded_events import BoundedEvents
from poolhouse.audit.outage_log import OutageLog
from poolhouse.clock import Clock
from poolhouse.entities.audit import AuditRecord
from poolhouse.ids import Ids
from poolhouse.store import audit
from poolhouse.store.interface import Unavailable
from poolhouse.store.store import Store

GATHER_SECONDS: Final = 0.1
LARGEST_ROW: Final = 500
MOST_WAITING: Final = 100_000
"""Records kept while the store can't be reached; beyond that the oldest are lost, and counted."""


class AuditTrail:
    """Gathers records and stores them in batches."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        clock: Clock,
        print_line: Callable[[AuditRecord], None] | None = None,
        *,
        refusals_a_minute: int,
    ) -> None:
        """Prepare to write records to the store.

        `print_line` gets every record at once, for operators who collect standard output.
        `refusals_a_minute` bounds the records of one kind that unauthenticated callers of one
        address can leave. Further ones are counted in one record.
        """
        self._store = store
        self._ids = ids
        self._clock = clock
        self._waiting: list[AuditRecord] = []
        self._row: tuple[str, list[AuditRecord]] | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._lost = 0
        self._outage = OutageLog("audit records wait for the store")
        self._print_line = print_line
        self._bounded = BoundedEvents[AuditRecord](
            refusals_a_minute, clock.monotonic, self.note, self._note_summary
        )

    def note(self, record: AuditRecord, *, stored: bool = False) -> None:
        """Queue a record; it is stored within a moment, unless the commit of its change has it."""
        if self._print_line is not None:
            self._print_line(record)
        if stored:
            return
        self._waiting.append(record)
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[: MOST_WAITING // 10]
            self._lost += MOST_WAITING // 10
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.get_running_loop().create_task(self._flush_soon())

    def note_bounded(self, record: AuditRecord) -> None:
        """Queue a record that unauthenticated callers can cause; past the rate only count it."""
        kind = (record.action, record.outcome, record.reason)
        self._bounded.add(kind, record.source_ip, record)

    def _note_summary(self, last: AuditRecord, count: int, is_from_one: bool) -> None:
        summary = replace(last, count=count, target=None)
        self.note(summary if is_from_one else replace(summary, source_ip=None))

    @property
    def waiting(self) -> int:
        """Return how many records aren't stored yet."""
        return len(self._waiting) + (0 if self._row is None else len(self._row[1]))

    async def close(self) -> None:
        """Store what has gathered. A batch on its way is waited for, or it might be kept twice."""
        self._bounded.close()
        self._closing.set()
        if self._flushing is not None:
            await self._flushing
        await self.flush()
        self._outage.close()

    async def flush(self) -> None:
        """Store what has gathered, now."""
        while self._waiting or self._row is not None:
            if self._row is None:
                batch, self._waiting = self._waiting[:LARGEST_ROW], self._waiting[LARGEST_ROW:]
                self._row = self._ids.audit_id(self._clock.now()), batch
            try:
                await self._store.commit(audit.insert(*self._row))
            except Unavailable as error:
                # Perhaps it was stored, and only the word of it lost: it comes again as itself.
                self._outage.failed(error, waiting=self.waiting, lost=self._lost)
                return
            self._row = None

    async def _flush_soon(self) -> None:
        while (self._waiting or self._row is not None) and not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), GATHER_SECONDS)
            await self.flush()
