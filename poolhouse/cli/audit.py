"""`poolhouse audit`: what administrators did."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click
import msgspec

from poolhouse.cli.flags import OF_A_STORE, refuse, takes_settings
from poolhouse.cli.store_access import moment, printable, with_store
from poolhouse.config.settings import Settings
from poolhouse.entities.audit import UNAUTHENTICATED, AuditRecord

if TYPE_CHECKING:
    from poolhouse.store.store import Store

ROWS_AT_ONCE: Final = 500
LOOK_EVERY_SECONDS: Final = 0.5
LATE: Final = timedelta(seconds=30)
"""The id of a change's record tells when its request came, but it is stored with the change: after
triggers that may take five seconds three times over. A follower looks back so far each time,
and passes over what has been shown."""

Wanted = Callable[[AuditRecord], bool]
Show = Callable[[AuditRecord], str]


@click.command()
@click.option("--since", metavar="MOMENT", help="Only records from this time on, in ISO 8601.")
@click.option("--principal", metavar="TEXT", help="Only principals whose ARN contains this.")
@click.option("--action", metavar="TEXT", help="Only actions whose name contains this.")
@click.option("--denied", is_flag=True, help="Only denied calls.")
@click.option("--follow", is_flag=True, help="Wait for new records.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@takes_settings("tool", OF_A_STORE)
def audit(
    settings: Settings,
    *,
    since: str | None,
    principal: str | None,
    action: str | None,
    denied: bool,
    follow: bool,
    as_json: bool,
) -> None:
    """Show the audit records, oldest first."""
    start = _moment(since) if since else None

    def wanted(record: AuditRecord) -> bool:
        return (
            (start is None or record.at >= start)
            and (principal is None or principal in record.principal)
            and (action is None or action.lower() in record.action.lower())
            and not (denied and record.allowed)
        )

    show = _as_json if as_json else _as_line
    try:
        with_store(settings, lambda store: _print(store, start, wanted, show, follow=follow))
    except KeyboardInterrupt:
        raise click.exceptions.Exit(0) from None


async def _print(
    store: "Store", start: datetime | None, wanted: Wanted, show: Show, *, follow: bool
) -> None:
    from poolhouse.clock import Clock  # noqa: PLC0415 - each command loads its own

    clock = Clock()
    position = _first_id(start)
    shown: set[AuditRecord] = set()
    while True:
        looked_at = clock.now()
        async for record in _records(store, position):
            if wanted(record) and record not in shown:
                click.echo(show(record))
                if follow and record.at > looked_at - 3 * LATE:
                    shown.add(record)
        if not follow:
            return
        position = max(position, _first_id(looked_at - LATE))
        shown = {record for record in shown if record.at > looked_at - 2 * LATE}
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def _records(store: "Store", after: str) -> AsyncIterator[AuditRecord]:
    """Yield all records behind an id, a bounded number of them in memory at a time."""
    while True:
        records, last = await store.audit.after(after, ROWS_AT_ONCE)
        # A row may hold the records of some seconds, among which those of changes have own rows.
        for record in sorted(records, key=lambda each: each.at):
            yield record
        if last == after:
            return
        after = last


def _first_id(start: datetime | None) -> str:
    """Return what comes before the ids of all rows that hold records of `start` or later."""
    from poolhouse.ids import before_ids_of  # noqa: PLC0415 - each command loads its own

    return before_ids_of(start) if start else ""


def _as_json(record: AuditRecord) -> str:
    return msgspec.json.encode(record).decode()


def _as_line(record: AuditRecord) -> str:
    """Format a record for a terminal. Callers choose names and resources: these are escaped."""
    is_denied = not record.allowed and record.principal != UNAUTHENTICATED
    verdict = "DENIED" if is_denied else record.outcome
    target = f" {record.target}" if record.target else ""
    line = (
        f"{moment(record.at)}  {record.principal.rsplit(':', 1)[-1]:20}  {verdict:28}"
        f"  {record.action.partition(':')[2]}{target}  {record.resource.rsplit('/', 1)[-1]}"
        f"  {record.source_ip or '-'}  {record.request_id}"
        f"{f'  and others, {record.count} in total' if record.count > 1 else ''}"
    )
    return printable(line)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        refuse([f"{text!r} is not a time in ISO 8601, such as 2026-03-01T12:00:00Z."])
    return at if at.tzinfo else at.replace(tzinfo=UTC)
