"""Leave the audit record, the log line and the metrics of a request to a pool's domain."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from poolhouse.audit.writer import AuditTrail
from poolhouse.clock import Clock
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.pools import Pool
from poolhouse.errors.oauth import OAuthError
from poolhouse.http.messages import HttpRequest
from poolhouse.services import audit_records
from poolhouse.services.context import ClientCall, Services, SignedInCall
from poolhouse.services.request_summary import RequestSummary, refusal_name
from poolhouse.wire.errors import ServiceError

Refusal = OAuthError | ServiceError


class RequestRecorder(msgspec.Struct, frozen=True):
    """Records requests of endpoints and pages alike."""

    services: Services
    trail: AuditTrail
    clock: Clock
    observe: Callable[[str, str, float], None]
    log: Callable[[HttpRequest, RequestSummary], None]

    def record(
        self,
        name: str,
        request: HttpRequest,
        call: ClientCall | SignedInCall | None,
        refused: Refusal | None,
        *,
        pool: Pool | None,
        started: float,
        notes: Sequence[str] = (),
        is_audited: bool = True,
    ) -> None:
        """Record an answered request. `started` is the clock's monotonic time at its beginning.

        Refusals are always audited, up to a rate; successes if `is_audited`.
        """
        record = self._audit_record(name, request, call, pool)
        if refused is not None:
            if not isinstance(refused, OAuthError) or refused.is_audited:
                self.trail.note_bounded(audit_records.failure_record(record, refused))
        elif is_audited:
            self.trail.note(record)
        seconds = self.clock.monotonic() - started
        outcome = "ok" if refused is None else refused.code
        self.observe(name, outcome, seconds)
        reasons = [*notes, *(call.notes if call else ())]
        if refused is not None and refused.reason:
            reasons.append(refused.reason)
        at = call.pool if call else pool
        summary = RequestSummary(
            name=name,
            outcome=outcome,
            refusal=None if refused is None else refusal_name(refused),
            reason="; ".join(dict.fromkeys(reasons)) or None,
            client_id=call.client.id if call else None,
            pool_id=at.id if at else None,
            user=call.audit.target if call else None,
            step=call.audit.step if call else None,
            seconds=seconds,
        )
        self.log(request, summary)

    def _audit_record(
        self,
        name: str,
        request: HttpRequest,
        call: ClientCall | SignedInCall | None,
        pool: Pool | None,
    ) -> AuditRecord:
        if call is not None:
            resource = self.services.pool_arn(call.pool.id)
            return audit_records.client_record(request, name, call, None, resource)
        record = audit_records.unauthenticated_record(request, name)
        if pool is None:
            return record
        return replace(record, resource=self.services.pool_arn(pool.id))
