"""Events of unauthenticated callers: recorded singly up to a rate, and counted beyond it."""

import asyncio
from pathlib import Path

import pytest
from support.audit_reading import Trail
from support.running_server import running
from support.wire_client import Wire, call

from poolhouse.audit.bounded_events import (
    ALL_KINDS,
    MOST_KINDS,
    SHARE_KINDS,
    WINDOW_SECONDS,
    BoundedEvents,
)
from poolhouse.entities.audit import AuditRecord

EACH = 3


class Kept:
    """What was passed on, what was summarized, and a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.passed: list[str] = []
        self.summaries: list[tuple[str, int, bool]] = []
        self.events = BoundedEvents[str](
            EACH, lambda: self.now, self.passed.append, self._summarize
        )

    def _summarize(self, event: str, count: int, is_from_one: bool) -> None:
        self.summaries.append((event, count, is_from_one))


@pytest.fixture
async def kept() -> Kept:
    return Kept()


async def test_event_beyond_the_number_is_counted(kept: Kept) -> None:
    for number in range(EACH + 5):
        kept.events.add("kind", "192.0.2.1", f"event {number}")
    assert kept.passed == ["event 0", "event 1", "event 2"]
    kept.events.close()
    assert kept.summaries == [("event 7", 5, True)]


async def test_bounded_events_are_counted_by_kind_and_address(kept: Kept) -> None:
    for _ in range(10):
        kept.events.add("one", "192.0.2.1", "flood")
    kept.events.add("one", "192.0.2.2", "another address")
    kept.events.add("other", "192.0.2.1", "another kind")
    assert kept.passed[EACH:] == ["another address", "another kind"]


async def test_flood_from_one_network_leaves_room_for_other_addresses(kept: Kept) -> None:
    """A caller who can cause many kinds of refusals must not hide those of others."""
    for kind in range(2 * ALL_KINDS):
        for host in range(EACH):
            kept.events.add(f"kind {kind}", f"2001:db8:0:1::{host:x}", "flood")
    kept.events.add("kind", "2001:db8:0:2::1", "another network")
    kept.events.add("kind", "192.0.2.2", "another address")
    assert kept.passed == ["flood"] * (EACH * SHARE_KINDS) + ["another network", "another address"]
    kept.events.close()
    assert sum(count for _, count, _ in kept.summaries) == EACH * (2 * ALL_KINDS - SHARE_KINDS)


async def test_next_minute_begins_with_the_summary_of_the_last(kept: Kept) -> None:
    for number in range(EACH + 1):
        kept.events.add("kind", None, f"event {number}")
    kept.now += WINDOW_SECONDS
    kept.events.add("kind", None, "next minute")
    assert kept.summaries == [("event 3", 1, False)]
    assert kept.passed[-1] == "next minute"


async def test_bounded_events_of_all_addresses_are_bounded(kept: Kept) -> None:
    """A caller with many addresses fills neither the store nor the memory."""
    for number in range(5 * MOST_KINDS):
        kept.events.add("kind", f"address {number}", "event")
    assert len(kept.passed) == EACH * ALL_KINDS
    kept.events.close()
    assert len(kept.summaries) <= MOST_KINDS + 1
    assert sum(count for _, count, _ in kept.summaries) == 5 * MOST_KINDS - EACH * ALL_KINDS


async def test_summary_comes_by_itself_when_nothing_follows(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolhouse.audit.bounded_events.WINDOW_SECONDS", 0.01)
    summarized = asyncio.Event()
    events = BoundedEvents[str](EACH, lambda: 0.0, kept.passed.append, lambda *_: summarized.set())
    for _ in range(EACH + 1):
        events.add("kind", None, "event")
    await asyncio.wait_for(summarized.wait(), 30)


def test_refusals_of_unauthenticated_callers_are_kept_up_to_the_setting(tmp_path: Path) -> None:
    """1.6 KB each, for good, would be 42 GB a day from one connection."""
    requests = 500
    body = b'{"ClientId":"unknown","AuthFlow":"USER_SRP_AUTH","AuthParameters":{}}'
    with running(tmp_path, audit_refusals=10) as server, Wire(server.port) as wire:
        for _ in range(requests):
            assert wire.ask(call("InitiateAuth", body)).status == 400
        server.run(lambda app: _close(app._trail))
        records = Trail(server).now()
    alone = [record for record in records if record.count == 1]
    assert len(alone) == 10
    assert {record.outcome for record in records} == {"ResourceNotFoundException"}
    assert sum(record.count for record in records) == requests
    (summary,) = [record for record in records if record.count > 1]
    assert isinstance(summary, AuditRecord)
    assert (summary.action, summary.source_ip) == ("cognito-idp:InitiateAuth", "127.0.0.1")


async def _close(trail: object) -> None:
    await trail.close()  # type: ignore[attr-defined]
