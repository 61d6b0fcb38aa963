"""`POST /`: the AWS JSON 1.1 API, from the bytes of a request to the bytes of its answer."""

import re
from collections.abc import Callable
from typing import Final

import structlog
from msgspec.structs import replace

from poolhouse.api import json11
from poolhouse.api.callers import Callers, listed, member
from poolhouse.api.iam_authentication import Administrator, IamAuthentication
from poolhouse.api.iam_authorization import IamAuthorization
from poolhouse.api.request_log import RequestLog, RequestTrace
from poolhouse.audit.writer import AuditTrail
from poolhouse.clock import Clock
from poolhouse.entities.audit import AuditRecord
from poolhouse.errors.pools import ClientNotFound, PoolNotFound
from poolhouse.errors.protocol import (
    ChangedMeanwhile,
    Internal,
    NotBuilt,
    RateExceeded,
    UnknownOperationException,
)
from poolhouse.errors.users import UserNotFound
from poolhouse.http.error_logging import describe_failure
from poolhouse.http.messages import LONGEST_HEADER, HttpRequest, HttpResponse
from poolhouse.operations.registry import TABLE, Audited, Entry
from poolhouse.rules.aws.iam import denial
from poolhouse.services import audit_records
from poolhouse.services.context import AccountCall, AnyCall, Caller, ClientCall, Services
from poolhouse.services.retry import until_committed
from poolhouse.store.interface import Conflict, Unavailable
from poolhouse.wire.errors import (
    ConcurrentModificationException,
    ServiceError,
    TooManyRequestsException,
)
from poolhouse.wire.operations import OPERATIONS
from poolhouse.wire.operations import Caller as AuthenticatedBy
from poolhouse.wire.structs import Shape

PREFIX: Final = "AWSCognitoIdentityProviderService"
CONTENT_TYPE: Final = (b"content-type", b"application/x-amz-json-1.1")
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")
_TARGET: Final = re.compile(r"[A-Za-z0-9_.]{1,100}")

_log = structlog.get_logger()


class CognitoEndpoint:
    """Every operation's way from wire to store and back, in one place."""

    def __init__(
        self,
        services: Services,
        authentication: IamAuthentication,
        authorization: IamAuthorization,
        *,
        trail: AuditTrail,
        clock: Clock,
        observe: Callable[[str, str, float], None],
        requests: RequestLog,
        is_dev: bool,
    ) -> None:
        self._services = services
        self._callers = Callers(services)
        self._authentication = authentication
        self._authorization = authorization
        self._trail = trail
        self._clock = clock
        self._observe = observe
        self._requests = requests
        self._is_dev = is_dev

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer a request. Never raises: what wasn't foreseen is logged and answered 500."""
        started = self._clock.monotonic()
        trace = RequestTrace()
        refused: ServiceError | None = None
        try:
            entry = self._find_entry(request, trace)
            response = await self._run(entry, request, trace)
            answer = HttpResponse(200, [CONTENT_TYPE], json11.encode(response))
        except ServiceError as error:
            refused = error
        except Unavailable as error:
            self._requests.unavailable(error, request.id)
            refused = Internal()
        except Exception as error:
            _log.error(
                "unexpected error",
                request_id=request.id,
                operation=trace.name,
                **describe_failure(error),
            )
            refused = Internal()
        if refused is not None:
            answer = refusal(refused)
        seconds = self._clock.monotonic() - started
        self._observe(trace.name, "ok" if refused is None else refused.code, seconds)
        self._requests.answered(request, trace, refused, seconds)
        return answer

    def _find_entry(self, request: HttpRequest, trace: RequestTrace) -> Entry:
        target = request.header(b"x-amz-target") or ""
        prefix, _, name = target.partition(".")
        entry = TABLE.get(name)
        if entry is not None and prefix == PREFIX:
            trace.name = name
            return entry
        if prefix != PREFIX or name not in OPERATIONS:
            raise UnknownOperationException().because(_why_unknown(target))
        trace.name = name
        self._requests.not_built(name)
        raise (NotBuilt(operation=name) if self._is_dev else UnknownOperationException()).because(
            "isn't built yet; docs/operations.md lists what is"
        )

    async def _run(self, entry: Entry, request: HttpRequest, trace: RequestTrace) -> Shape | None:
        """Authenticate, decode, authorize, load, run.

        A signature is verified before the body is decoded, as on AWS: an unauthenticated caller
        learns nothing of what would be wrong with the request.
        """
        caller = Caller(
            request_id=request.id,
            now=request.now,
            source_ip=request.source_ip,
            user_agent=request.user_agent,
            received_at=request.received_at,
            origin=request.origin,
        )
        if not _is_administrative(entry, request):
            return await self._serve_public(entry, request, caller, trace)
        try:
            administrator = await self._authentication.authenticate(request)
        except ServiceError as error:
            record = audit_records.failure_record(
                audit_records.unauthenticated_record(request, trace.name), error
            )
            self._trail.note_bounded(record)
            raise
        trace.administrator = administrator
        return await self._administer(entry, request, administrator, caller, trace)

    async def _serve_public(
        self, entry: Entry, request: HttpRequest, caller: Caller, trace: RequestTrace
    ) -> Shape | None:
        """Run a call that no administrator signed, and leave the record that the table asks for."""
        req = trace.req = self._decode(entry, request)
        response: Shape | None = None
        failure: BaseException | None = None
        try:
            call = trace.call = await self._callers.public_call(entry, req, caller)
            response = await self._repeat(entry, req, call)
        except (ClientNotFound, PoolNotFound, UserNotFound) as error:
            failure = listed(entry, error)
            raise failure from None
        except BaseException as error:
            failure = error
            raise
        finally:
            if failure is not None or entry.audited is not Audited.REFUSALS:
                self._note_public(entry, request, trace, response, failure)
        return response

    def _decode(self, entry: Entry, request: HttpRequest) -> Shape:
        """Decode the body, and log what it has beyond the model, also if it is refused."""
        try:
            return json11.decode(entry.operation, request.body)
        finally:
            self._requests.log_unknown_members(entry.operation, request)

    def _note_public(
        self,
        entry: Entry,
        request: HttpRequest,
        trace: RequestTrace,
        response: Shape | None,
        failure: BaseException | None,
    ) -> None:
        """Leave the record of a public call; of an unauthenticated one, up to a rate."""
        req, call = trace.req, trace.call
        record = audit_records.unauthenticated_record(request, entry.operation.name)
        if call is not None and not isinstance(call, AccountCall):
            resource = self._services.pool_arn(call.pool.id)
            record = audit_records.client_record(request, entry.operation.name, call, req, resource)
        if failure is not None:
            self._trail.note_bounded(audit_records.failure_record(record, failure))
        elif entry.audited is Audited.EVERY_PROOF and not audit_records.authenticates_caller(
            call, response
        ):
            self._trail.note_bounded(record)
        else:
            self._trail.note(record)

    async def _administer(
        self,
        entry: Entry,
        request: HttpRequest,
        administrator: Administrator,
        caller: Caller,
        trace: RequestTrace,
    ) -> Shape | None:
        """Run an administrative call, and leave its record whatever comes of it."""
        record = audit_records.administrative_record(
            request, entry.operation.name, administrator.principal, administrator.key.id
        )
        call: ClientCall | AccountCall | None = None
        try:
            req = trace.req = self._decode(entry, request)
            pool_id = await self._callers.named_pool(entry, req, administrator.region)
            pool = await self._callers.pool_in_region(pool_id, administrator.region)
            resource, decision = self._authorization.authorize(
                administrator, entry.operation.name, request, req, pool_id=pool_id, pool=pool
            )
            record = replace(
                record, resource=resource, allowed=decision.allowed, target=member(req, "Username")
            )
            if not decision.allowed:
                raise denial(record.principal, record.action, resource, decision)
            call = trace.call = (
                await self._callers.client_call(entry, req, caller, administrator)
                if entry.call is ClientCall
                else self._callers.admin_call(
                    entry, administrator, caller, record=record, pool_id=pool_id, pool=pool
                )
            )
            return await self._repeat(entry, req, call)
        except Exception as error:
            record = audit_records.failure_record(record, error)
            raise
        finally:
            self._note_administrative(record, call)

    def _note_administrative(
        self, record: AuditRecord, call: ClientCall | AccountCall | None
    ) -> None:
        """Leave the record of an administrative call, which its commit may have stored already."""
        is_stored = isinstance(call, AccountCall) and call.is_audited
        if is_stored:
            # One call, one record. What failed after the commit (a trigger) undid nothing.
            record = replace(record, outcome="committed", reason=None)
        self._trail.note(call.audit.added_to(record) if call else record, stored=is_stored)

    async def _repeat(self, entry: Entry, req: Shape, call: AnyCall) -> Shape | None:
        """Run the operation, and again on the new state if another call has changed it."""
        try:
            return await until_committed(call, lambda: _run(entry, req, call))
        except Conflict:
            raise _too_busy(entry) from None


async def _run(entry: Entry, req: Shape, call: AnyCall) -> Shape | None:
    """Authenticate the app client, if the operation asks for it, and run the operation."""
    if entry.authenticate_client is not None and isinstance(call, ClientCall):
        await entry.authenticate_client(call, req)
    return await entry.handle(call, req)


def _why_unknown(target: str) -> str:
    """Return what is wrong with X-Amz-Target; often another service's client was sent here."""
    if not target:
        return "there is no X-Amz-Target, which names the operation"
    named = f" {target}" if _TARGET.fullmatch(target) else ""
    return f"X-Amz-Target{named} is no operation of Amazon Cognito user pools"


def _is_administrative(entry: Entry, request: HttpRequest) -> bool:
    """Return whether a call needs a signature, or has one instead of a client secret."""
    authenticated_by = entry.operation.caller
    if authenticated_by is AuthenticatedBy.IAM_OR_APP_CLIENT:
        return request.header(b"authorization") is not None
    return authenticated_by is AuthenticatedBy.IAM


def _too_busy(entry: Entry) -> ServiceError:
    """Return the operation's error that asks the client to retry."""
    if ConcurrentModificationException in entry.operation.errors:
        return ChangedMeanwhile()
    if TooManyRequestsException in entry.operation.errors:
        return RateExceeded()
    return Internal()


def refusal(error: ServiceError) -> HttpResponse:
    """Return AWS's envelope: code and message, in the body and in headers (ev:users-1.2)."""
    headers = [CONTENT_TYPE, (b"x-amzn-errortype", f"{error.code}:".encode())]
    if error.text:
        headers.append((b"x-amzn-errormessage", _header_text(error.text)))
    return HttpResponse(error.status, headers, json11.encode_error(error))


def _header_text(sentence: str) -> bytes:
    """Return a sentence on one line that HTTP allows in a header, of a length that proxies accept.

    Sentences repeat what callers sent. A line feed would start a header of theirs, and any other
    control character would make the HTTP server drop the response.
    """
    line = " ".join(sentence[:LONGEST_HEADER].split())
    return _CONTROL.sub(b"?", line.encode("ascii", "replace"))
