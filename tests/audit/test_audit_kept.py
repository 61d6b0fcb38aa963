"""Retention of audit records: for good, or for the days of the setting."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.running_server import running
from support.store_samples import an_audit_record

from poolhouse.app import App
from poolhouse.store import audit

DAY = timedelta(days=1)
AGES = (0 * DAY, 29 * DAY, 31 * DAY, 400 * DAY)


async def swept(app: App) -> set[str]:
    """The records that a sweep leaves of some of each age, more than are dropped at once."""
    ids, now = app.services.ids, datetime.now(UTC)
    for age in AGES:
        for _ in range(120):
            made = an_audit_record(f"{age.days} days old")
            await app.services.store.commit(audit.insert(ids.audit_id(now - age), [made]))
    await app._collector.collect()
    records, _ = await app.services.store.audit.after("", 1000)
    return {each.request_id for each in records}


@pytest.mark.parametrize(("days", "oldest"), [(0, 400), (30, 29), (31, 29), (32, 31), (1, 0)])
def test_records_older_than_that_are_swept_away(tmp_path: Path, days: int, oldest: int) -> None:
    with running(tmp_path, audit_days=days) as server:
        kept = server.run(swept)
    assert kept == {f"{age.days} days old" for age in AGES if age.days <= oldest}
