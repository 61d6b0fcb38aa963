"""The endpoints of a pool's domain that programs call: how a request becomes a response.

Each endpoint is a function of an `EndpointCall`. It raises an `OAuthError` to refuse. Pages for
people, among them the authorization endpoint, belong to `pages/`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import structlog
from msgspec.structs import replace

from poolhouse.audit.writer import AuditTrail
from poolhouse.clock import Clock
from poolhouse.entities.audit import AuditRecord
from poolhouse.errors.oauth import OAuthError, ServerFailure, TemporarilyUnavailable
from poolhouse.http.error_logging import describe_failure
from poolhouse.http.messages import HttpRequest, HttpResponse
from poolhouse.oauth import responses
from poolhouse.oauth.sites import Site, Sites
from poolhouse.services import audit_records
from poolhouse.services.context import Caller, ClientCall, Services, UserCall
from poolhouse.services.request_summary import RequestSummary
from poolhouse.store.interface import Conflict, Unavailable

_log = structlog.get_logger()


@dataclass(slots=True)
class EndpointCall:
    """A request to an endpoint of a domain.

    The endpoint sets `call` as soon as it knows the app client: log and audit trail name it then.
    """

    services: Services
    caller: Caller
    site: Site
    request: HttpRequest
    call: ClientCall | UserCall | None = None
    notes: list[str] = field(default_factory=list)


Handle = Callable[[EndpointCall], Awaitable[HttpResponse]]


class Endpoint(NamedTuple):
    """An endpoint: its function, its name in the log, and whether successes are audited."""

    name: str
    handle: Handle
    is_audited: bool = True


class DomainEndpoints:
    """Finds the domain and the endpoint of a request, and answers."""

    def __init__(
        self,
        services: Services,
        sites: Sites,
        endpoints: Mapping[tuple[str, str], Endpoint],
        *,
        trail: AuditTrail,
        clock: Clock,
        observe: Callable[[str, str, float], None],
        log: Callable[[HttpRequest, RequestSummary], None],
    ) -> None:
        """`endpoints` are known by method and path."""
        self._services = services
        self._sites = sites
        self._endpoints = endpoints
        self._methods: dict[str, list[str]] = {}
        for method, path in endpoints:
            self._methods.setdefault(path, []).append(method)
        self._trail = trail
        self._clock = clock
        self._observe = observe
        self._log = log

    async def find(self, request: HttpRequest, path: str) -> tuple[Site, str] | None:
        """Return the domain's site that a request addresses, and the path there."""
        return await self._sites.find(request, path)

    async def answer(self, request: HttpRequest, site: Site, path: str) -> HttpResponse | None:
        """Return the response of an endpoint; None if the path is no endpoint for programs."""
        methods = self._methods.get(path)
        if methods is None:
            return None
        if request.method == "OPTIONS":
            return responses.preflight(request, ", ".join([*methods, "OPTIONS"]).encode())
        endpoint = self._endpoints.get((request.method, path))
        if endpoint is None:
            return responses.empty_response(405)
        return await self._call(endpoint, request, site)

    async def _call(self, endpoint: Endpoint, request: HttpRequest, site: Site) -> HttpResponse:
        started = self._clock.monotonic()
        caller = Caller(
            request_id=request.id,
            now=request.now,
            source_ip=request.source_ip,
            user_agent=request.user_agent,
            received_at=request.received_at,
            origin=request.origin,
        )
        call = EndpointCall(self._services, caller, site, request)
        refused: OAuthError | None = None
        try:
            await self._services.store.configuration.refresh()
            response = await endpoint.handle(call)
        except OAuthError as error:
            refused = error
        except (Unavailable, Conflict) as error:
            refused = TemporarilyUnavailable().because(type(error).__name__)
        except Exception as error:
            _log.error(
                "unexpected error",
                request_id=request.id,
                operation=endpoint.name,
                **describe_failure(error),
            )
            refused = ServerFailure()
        if refused is not None:
            response = responses.refusal(refused)
        self._record(endpoint, call, refused)
        seconds = self._clock.monotonic() - started
        self._observe(endpoint.name, "ok" if refused is None else refused.code, seconds)
        self._log(request, _answered(endpoint, call, refused, seconds))
        return response

    def _record(self, endpoint: Endpoint, call: EndpointCall, refused: OAuthError | None) -> None:
        """Leave the audit record of the request; of refused ones up to a rate."""
        record = self._record_of(endpoint, call)
        if refused is not None:
            self._trail.note_bounded(audit_records.failure_record(record, refused))
        elif endpoint.is_audited:
            self._trail.note(record)

    def _record_of(self, endpoint: Endpoint, call: EndpointCall) -> AuditRecord:
        if call.call is not None:
            resource = self._services.pool_arn(call.call.pool.id)
            return audit_records.client_record(
                call.request, endpoint.name, call.call, None, resource
            )
        record = audit_records.unauthenticated_record(call.request, endpoint.name)
        pool = call.site.pool
        return (
            record if pool is None else replace(record, resource=self._services.pool_arn(pool.id))
        )


def _answered(
    endpoint: Endpoint, call: EndpointCall, refused: OAuthError | None, seconds: float
) -> RequestSummary:
    reasons = [*call.notes, *(call.call.notes if call.call else ())]
    if refused is not None and refused.reason:
        reasons.append(refused.reason)
    pool = call.call.pool if call.call else call.site.pool
    return RequestSummary(
        name=endpoint.name,
        outcome="ok" if refused is None else refused.code,
        reason="; ".join(dict.fromkeys(reasons)) or None,
        client_id=call.call.client.id if call.call else None,
        pool_id=pool.id if pool else None,
        user=call.call.audit.target if call.call else None,
        seconds=seconds,
    )


FORM: Final = b"application/x-www-form-urlencoded"
"""The only content type that the endpoints read (ev:oauth-4)."""
