"""The endpoints of a pool's domain that programs call: how a request becomes a response.

Each endpoint is a function of an `EndpointCall`. It raises an `OAuthError` to refuse. Pages for
people, among them the authorization endpoint, belong to `pages/`.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import NamedTuple

import msgspec
import structlog

from poolhouse.errors.oauth import OAuthError, ServerFailure, TemporarilyUnavailable
from poolhouse.http.error_logging import describe_failure
from poolhouse.http.messages import HttpRequest, HttpResponse
from poolhouse.oauth import responses
from poolhouse.oauth.sites import Site, Sites
from poolhouse.services.context import Caller, ClientCall, Services, UserCall
from poolhouse.services.request_recorder import RequestRecorder
from poolhouse.store.interface import Conflict, Unavailable

_log = structlog.get_logger()


class EndpointCall(msgspec.Struct):
    """A request to an endpoint of a domain.

    The endpoint sets `call` as soon as it knows the app client: log and audit trail name it then.
    """

    services: Services
    caller: Caller
    site: Site
    request: HttpRequest
    call: ClientCall | UserCall | None = None
    notes: list[str] = msgspec.field(default_factory=list)


Handle = Callable[[EndpointCall], Awaitable[HttpResponse]]


class Endpoint(NamedTuple):
    """An endpoint: its function, its name in the log, and whether successes are audited."""

    name: str
    handle: Handle
    is_audited: bool = True


def caller_of(request: HttpRequest) -> Caller:
    """Return the facts of a request that don't depend on what it asks for."""
    return Caller(
        request_id=request.id,
        now=request.now,
        source_ip=request.source_ip,
        user_agent=request.user_agent,
        received_at=request.received_at,
        origin=request.origin,
    )


class DomainEndpoints:
    """Finds the domain and the endpoint of a request, and answers."""

    def __init__(
        self,
        recorder: RequestRecorder,
        sites: Sites,
        load: Callable[[], Mapping[tuple[str, str], Endpoint]],
    ) -> None:
        """`load` returns the endpoints by method and path; the first request needs them."""
        self._recorder = recorder
        self._services = recorder.services
        self._sites = sites
        self._load = load

    @cached_property
    def _endpoints(self) -> Mapping[tuple[str, str], Endpoint]:
        return self._load()

    @cached_property
    def _methods(self) -> Mapping[str, list[str]]:
        """The methods of each path."""
        methods: dict[str, list[str]] = {}
        for method, path in self._endpoints:
            methods.setdefault(path, []).append(method)
        return methods

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
        started = self._recorder.clock.monotonic()
        call = EndpointCall(self._services, caller_of(request), site, request)
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
        response.headers.append((b"x-amz-cognito-request-id", request.id.encode()))
        self._recorder.record(
            endpoint.name,
            request,
            call.call,
            refused,
            pool=site.pool,
            started=started,
            notes=call.notes,
            is_audited=endpoint.is_audited,
        )
        return response
