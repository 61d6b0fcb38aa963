"""`poolhouse audit`: what administrators did."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
import typer

from poolhouse.cli.flags import OF_A_STORE, refuse, takes_settings
from poolhouse.cli.tools import moment, with_store
from poolhouse.config import Settings
from poolhouse.entities.audit import AuditRecord

ROWS_AT_ONCE: Final = 500
LOOK_EVERY_SECONDS: Final = 1.0

Wanted = Callable[[AuditRecord], bool]


@takes_settings("tool", OF_A_STORE)
def audit(
    settings: Settings,
    since: Annotated[str | None, typer.Option(help="From this moment on, ISO 8601.")] = None,
    principal: Annotated[str | None, typer.Option(help="Only whose ARN contains this.")] = None,
    action: Annotated[str | None, typer.Option(help="Only actions that contain this.")] = None,
    denied: Annotated[bool, typer.Option("--denied", help="Only what was not allowed.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as records come in.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Show the audit trail, oldest first."""
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
        with_store(settings, lambda store: _read(store, _first_id(start), wanted, show, follow))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


async def _read(
    store: Any, after: str, wanted: Wanted, show: Callable[[AuditRecord], str], follow: bool
) -> None:
    while True:
        records, last = await store.audit.after(after, ROWS_AT_ONCE)
        for record in filter(wanted, records):
            typer.echo(show(record))
        if last == after:
            if not follow:
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        after = last


def _first_id(start: datetime | None) -> str:
    """The ids of rows rise with the time at which they were stored."""
    if start is None:
        return ""
    milliseconds = f"{int(start.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"


def _as_json(record: AuditRecord) -> str:
    return msgspec.json.encode(record).decode()


def _as_line(record: AuditRecord) -> str:
    verdict = "allowed" if record.allowed else "DENIED "
    who = record.principal.rsplit(":", 1)[-1]
    target = f" {record.target}" if record.target else ""
    action = record.action.partition(":")[2]
    where = record.resource.rsplit("/", 1)[-1]
    return (
        f"{moment(record.at)}  {verdict}  {who:24}  {action}{target}  on {where}"
        f"  {record.outcome}  from {record.source_ip or '-'}  {record.request_id}"
    )


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        refuse([f"{text!r} is no moment in ISO 8601: write 2026-03-01T12:00:00Z."])
    return at if at.tzinfo else at.replace(tzinfo=UTC)
