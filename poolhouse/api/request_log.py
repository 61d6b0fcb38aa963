"""The operator's log of requests: what was asked, by which caller, what came of it, and why.

AWS's sentences say little, and less where they hide who exists. The log says the rest, without any
secret: no password, code, token, Session or ClientMetadata, nor a sentence that may repeat one.
"""

from collections.abc import Callable
from typing import Any, Final, Literal

import structlog

from poolhouse.api.iam_authentication import Administrator
from poolhouse.api.unknown_members import UnknownMembers
from poolhouse.audit.bounded_events import BoundedEvents
from poolhouse.audit.outage_log import OutageLog
from poolhouse.errors.protocol import AccessDeniedException
from poolhouse.http.messages import LOGGED_AS, HttpRequest
from poolhouse.services.audit_records import LONGEST_NAME
from poolhouse.services.context import AccountCall, AdminCall, AnyCall, UserCall, UserOrSessionCall
from poolhouse.services.request_summary import RequestSummary, refusal_name
from poolhouse.store.interface import Unavailable
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.operations import Operation
from poolhouse.wire.structs import Shape

Level = Literal["debug", "info", "warning", "error"]

UNKNOWN: Final = "unknown"

_log = structlog.get_logger()


class RequestTrace:
    """The facts that the log has of a request, however it ends."""

    __slots__ = ("administrator", "call", "name", "req")

    def __init__(self) -> None:
        self.name = UNKNOWN
        self.req: Shape | None = None
        self.administrator: Administrator | None = None
        self.call: AnyCall | None = None


class RequestLog:
    """Writes a line for each request, or for each one that was refused."""

    def __init__(
        self, level: Level, *, refusals_a_minute: int | None, monotonic: Callable[[], float]
    ) -> None:
        """Log each request at `debug`, and each refused one at `info`.

        `refusals_a_minute` bounds the lines of each kind that unauthenticated callers of one
        address can cause. None means no bound, for dev mode.
        """
        self._tells_all = level == "debug"
        self._tells_refusals = level in ("debug", "info")
        self._bounded = (
            None
            if refusals_a_minute is None
            else BoundedEvents[dict[str, Any]](refusals_a_minute, monotonic, _write, _write_summary)
        )
        # One line a minute and operation, however often it is asked for; their number is known.
        self._outage = OutageLog("store unavailable")
        self._missing = BoundedEvents[dict[str, Any]](1, monotonic, _warn, _pass_over)
        self._unknown_members = UnknownMembers()

    def answered(
        self, request: HttpRequest, trace: RequestTrace, error: ServiceError | None, seconds: float
    ) -> None:
        """Log a request that was answered; `error` is the refusal."""
        # What wasn't foreseen, and a store that is away, have lines of their own.
        is_refused = error is not None and error.status < 500
        if not (self._tells_all or (is_refused and self._tells_refusals)):
            return
        line = _line(request, trace, error, seconds)
        if error is None or self._bounded is None or trace.administrator is not None:
            _write(line)
        else:
            kind = (trace.name, error.code, line.get("refusal"))
            self._bounded.add(kind, request.source_ip, line)

    def endpoint_answered(self, request: HttpRequest, answered: RequestSummary) -> None:
        """Log a request to an endpoint of a pool's domain."""
        is_refused = answered.outcome != "ok"
        if not (self._tells_all or (is_refused and self._tells_refusals)):
            return
        members = {
            "operation": answered.name,
            "outcome": answered.outcome,
            "refusal": answered.refusal,
            "reason": answered.reason,
            "principal": answered.client_id and f"client/{answered.client_id}",
            "pool": answered.pool_id,
            "user": answered.user,
            "step": answered.step,
            "address": request.source_ip,
            "ms": round(answered.seconds * 1000, 1),
            "request_id": request.id,
        }
        line = {name: value for name, value in members.items() if value is not None}
        if is_refused and self._bounded is not None:
            kind = (answered.name, answered.outcome, answered.refusal)
            self._bounded.add(kind, request.source_ip, line)
        else:
            _write(line)

    def log_unknown_members(self, operation: Operation, request: HttpRequest) -> None:
        """Log the members that the API model doesn't know, each once, if `info` is logged."""
        if self._tells_refusals:
            self._unknown_members.log_new(operation, request.body, request.id)

    def not_built(self, operation: str) -> None:
        """Warn that a client asks for an operation of the API that isn't built."""
        line = {"operation": operation, "status_page": "docs/operations.md"}
        self._missing.add(operation, None, line)

    def unavailable(self, error: Unavailable, request_id: str) -> None:
        """Log a request that failed because the store is unavailable: all of them, in few lines."""
        self._outage.failed(error, request_id=request_id)

    def close(self) -> None:
        """Write the summaries that are due."""
        self._outage.close()
        if self._bounded is not None:
            self._bounded.close()


def _line(
    request: HttpRequest, trace: RequestTrace, error: ServiceError | None, seconds: float
) -> dict[str, Any]:
    """Return the members of a line, without those that nothing is known of."""
    call = trace.call
    reasons = list(call.notes) if call else []
    if isinstance(error, AccessDeniedException):
        reasons.append(error.text)
    elif error is not None and error.reason:
        reasons.append(error.reason)
    members = {
        "operation": trace.name,
        "outcome": "ok" if error is None else error.code,
        "refusal": None if error is None else refusal_name(error),
        "reason": "; ".join(dict.fromkeys(reasons)) or None,
        "principal": _principal(trace),
        "pool": _pool(call) if call else None,
        "user": _user(trace),
        "step": call.audit.step if call else None,
        "address": request.source_ip,
        "ms": round(seconds * 1000, 1),
        "request_id": request.id,
    }
    return {name: value for name, value in members.items() if value is not None}


def _principal(trace: RequestTrace) -> str | None:
    if trace.administrator is not None:
        return trace.administrator.principal.arn
    call = trace.call
    return None if call is None or isinstance(call, AccountCall) else f"client/{call.client.id}"


def _pool(call: AnyCall) -> str | None:
    if isinstance(call, AccountCall) and not isinstance(call, AdminCall):
        return None
    return call.pool.id


def _user(trace: RequestTrace) -> str | None:
    """Return the authenticated or named user, cut to the maximum length of a username."""
    call = trace.call
    if isinstance(call, UserCall | UserOrSessionCall):
        return call.user.username
    named = (call and call.audit.target) or getattr(trace.req, "Username", None)
    return named[:LONGEST_NAME] if isinstance(named, str) else None


def _write(line: dict[str, Any]) -> None:
    if line["outcome"] == "ok":
        _log.debug(LOGGED_AS, **line)
    else:
        _log.info(LOGGED_AS, **line)


def _write_summary(line: dict[str, Any], count: int, is_from_one: bool) -> None:
    """Log how many more requests of a kind there were, with the members of the last one."""
    of_all = {name: line[name] for name in ("operation", "outcome", "refusal") if name in line}
    address = {"address": line["address"]} if is_from_one and "address" in line else {}
    _log.info("more requests of this kind in a minute", **of_all, **address, count=count)


def _warn(line: dict[str, Any]) -> None:
    _log.warning("operation isn't built", **line)


def _pass_over(_line: dict[str, Any], _count: int, _is_from_one: bool) -> None:
    """Drop what is beyond the one warning a minute."""
