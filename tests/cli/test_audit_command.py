"""`poolhouse audit`: what administrators did, as a table or as JSON lines, and as it happens."""

import asyncio
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli.programs import Process, answer, poolhouse, refusal

from poolhouse.bootstrap.store import open_store
from poolhouse.clock import Clock
from poolhouse.config.settings import Settings
from poolhouse.entities.audit import AuditRecord
from poolhouse.ids import Ids
from poolhouse.store import audit

POOL = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Abc"
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDS = Ids()


def record(number: int, at: datetime, **more: Any) -> AuditRecord:
    usual: dict[str, Any] = {
        "at": at,
        "request_id": f"request-{number}",
        "principal": "arn:aws:iam::000000000000:user/ann",
        "access_key_id": "AKIAANN",
        "action": "cognito-idp:AdminConfirmSignUp",
        "resource": POOL,
        "allowed": True,
        "outcome": "committed",
        "source_ip": "192.0.2.7",
    }
    return AuditRecord(**usual | more)


def keep(folder: Path, *records: AuditRecord) -> None:
    """Each in a row of its own, under the id of its time."""

    async def put() -> None:
        store, _, _ = await open_store(Settings(data=folder / ".poolhouse"))
        await store.commit(*(audit.insert(IDS.audit_id(each.at), [each]) for each in records))
        await store.close()

    asyncio.run(put())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail of five records, an hour apart."""
    folder = tmp_path_factory.mktemp("audit")
    hours = [BEGAN + timedelta(hours=hour) for hour in range(5)]
    keep(
        folder,
        record(0, hours[0], target="alice"),
        record(1, hours[1], principal="arn:aws:iam::000000000000:root"),
        record(2, hours[2], action="cognito-idp:ListUsers", outcome="ok"),
        record(3, hours[3], allowed=False, outcome="AccessDeniedException", reason="Not allowed."),
        record(4, hours[4], outcome="UserNotFoundException", target="\x1b[2Jmallory\nroot"),
    )
    return folder


@pytest.mark.parametrize(
    ("flags", "numbers"),
    [
        ((), [0, 1, 2, 3, 4]),
        (("--since", "2026-03-01T13:00:00Z"), [1, 2, 3, 4]),
        (("--since", "2026-03-01T16:30:00+02:00"), [3, 4]),
        (("--since", "2026-03-01T14:00"), [2, 3, 4]),
        (("--since", "2026-03-02"), []),
        (("--principal", "user/ann"), [0, 2, 3, 4]),
        (("--principal", ":root"), [1]),
        (("--action", "listusers"), [2]),
        (("--denied",), [3]),
        (("--denied", "--principal", ":root"), []),
    ],
)
def test_audit_records_are_filtered(
    folder: Path, flags: tuple[str, ...], numbers: list[int]
) -> None:
    printed = answer(poolhouse(folder, "audit", "--json", *flags))
    found = [json.loads(line)["request_id"] for line in printed.splitlines()]
    assert found == [f"request-{number}" for number in numbers]


def test_audit_of_records_kept_together_shows_the_oldest_first(tmp_path: Path) -> None:
    """Sign-ups are kept some at a time, after the confirmation that came between them."""
    moments = [BEGAN + timedelta(seconds=number) for number in range(3)]
    first, confirmed, last = (record(number, at) for number, at in enumerate(moments))

    async def put() -> None:
        store, _, _ = await open_store(Settings(data=tmp_path / ".poolhouse"))
        await store.commit(audit.insert(IDS.audit_id(confirmed.at), [confirmed]))
        await store.commit(audit.insert(IDS.audit_id(last.at), [first, last]))
        await store.close()

    asyncio.run(put())
    printed = answer(poolhouse(tmp_path, "audit", "--json"))
    found = [json.loads(line)["request_id"] for line in printed.splitlines()]
    assert found == ["request-0", "request-1", "request-2"]


def test_audit_record_is_printed_as_a_line(folder: Path) -> None:
    lines = answer(poolhouse(folder, "audit")).splitlines()
    assert len(lines) == 5
    for part in ("2026-03-01 12:00:00", "user/ann", "AdminConfirmSignUp alice", "us-east-1_Abc"):
        assert part in lines[0]
    assert "DENIED" in lines[3]


def test_audit_output_escapes_control_characters(folder: Path) -> None:
    printed = answer(poolhouse(folder, "audit"))
    assert "\x1b" not in printed
    assert "\\x1b[2Jmallory\\nroot" in printed


def test_audit_since_malformed_is_refused(folder: Path) -> None:
    complaint = refusal(poolhouse(folder, "audit", "--since", "yesterday"), 2)
    assert complaint.startswith("'yesterday' is not a time in ISO 8601")


@pytest.fixture
def following(tmp_path: Path) -> Iterator[Process]:
    """A process that follows a trail, and has shown its first record."""
    keep(tmp_path, record(0, Clock().now()))
    with Process(tmp_path, "audit", "--follow", "--json", "--action", "AdminConfirm") as process:
        process.printed.until("request-0")
        yield process


def test_audit_follow_prints_each_record_once(following: Process, tmp_path: Path) -> None:
    """A change's record is dated when its request came, and stored after its triggers."""
    now = Clock().now()
    keep(tmp_path, record(1, now))
    following.printed.until("request-1")
    keep(tmp_path, record(2, now - timedelta(seconds=15)))
    following.printed.until("request-2")
    keep(tmp_path, record(3, now, action="cognito-idp:ListUsers"), record(4, now))
    following.printed.until("request-4")
    printed = following.stop(signal.SIGINT)
    found = [json.loads(line)["request_id"] for line in printed.splitlines()]
    assert found == ["request-0", "request-1", "request-2", "request-4"]
