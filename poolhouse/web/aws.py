"""`POST /`: the AWS JSON 1.1 API, from the bytes of a request to the bytes of its answer."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

from poolhouse.clock import Clock
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.pools import Pool
from poolhouse.entities.principals import Principal
from poolhouse.errors import (
    AccessTokenRevoked,
    ChangedMeanwhile,
    Internal,
    RateExceeded,
    UserNotFound,
)
from poolhouse.operations.calls import (
    AccountCall,
    AdminCall,
    AnyCall,
    Caller,
    ClientCall,
    Services,
    UserCall,
    UserOrSessionCall,
)
from poolhouse.operations.table import TABLE, Entry
from poolhouse.pool_errors import ClientNotFound, PoolNotFound
from poolhouse.protocol_errors import UnknownOperationException
from poolhouse.sign_in_errors import ClientUnauthorized, EitherTokenOrSession, InvalidSession
from poolhouse.store.contract import Conflict, Unavailable
from poolhouse.web import json11, records
from poolhouse.web.administrators import Administrator, Administrators, denial
from poolhouse.web.audit_trail import AuditTrail
from poolhouse.web.failures import what_failed
from poolhouse.web.requests import LONGEST_HEADER, HttpAnswer, HttpRequest
from poolhouse.web.sign_ins import sign_in_under_way
from poolhouse.web.token_holders import prove_user
from poolhouse.wire.errors import (
    ConcurrentModificationException,
    ServiceError,
    TooManyRequestsException,
)
from poolhouse.wire.operations import Caller as ProvedBy
from poolhouse.wire.structs import Shape

PREFIX: Final = "AWSCognitoIdentityProviderService"
CONTENT_TYPE: Final = (b"content-type", b"application/x-amz-json-1.1")
ON_RECORD: Final = frozenset({"sign_in", "tokens"})
"""The rooms whose public operations leave audit records: who has tokens, and who was refused."""
TRIES: Final = 5
"""How often an operation is run, when others change the same rows meanwhile."""

_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")

_log = structlog.get_logger()


class AwsApi:
    """Every operation's way from wire to store and back, in one place."""

    def __init__(
        self,
        services: Services,
        administrators: Administrators,
        trail: AuditTrail,
        clock: Clock,
        observe: Callable[[str, str, float], None],
    ) -> None:
        self._services = services
        self._administrators = administrators
        self._trail = trail
        self._clock = clock
        self._observe = observe

    async def handle(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request. Never raises: what wasn't foreseen is logged and answered 500."""
        started = self._clock.monotonic()
        name, outcome = "unknown", "ok"
        try:
            entry = _find_entry(request)
            name = entry.operation.name
            response = await self._run(entry, request)
            answer = HttpAnswer(200, [CONTENT_TYPE], json11.encode(response))
        except ServiceError as error:
            outcome = error.code
            answer = refusal(error)
        except Unavailable as error:
            _log.error("store unavailable", request_id=request.id, error=str(error))
            outcome, answer = Internal.code, refusal(Internal())
        except Exception as error:
            _log.error(
                "unexpected error", request_id=request.id, operation=name, **what_failed(error)
            )
            outcome, answer = Internal.code, refusal(Internal())
        self._observe(name, outcome, self._clock.monotonic() - started)
        return answer

    async def _run(self, entry: Entry, request: HttpRequest) -> Shape | None:
        """Prove, decode, authorise, load, do.

        A signature is proved before the body is decoded, as on AWS: a stranger learns nothing of
        what would be wrong with the request.
        """
        caller = Caller(
            request_id=request.id,
            now=request.now,
            source_ip=request.source_ip,
            user_agent=request.user_agent,
            received_at=request.received_at,
            origin=request.origin,
        )
        if _is_administrative(entry, request):
            administrator = await self._administrators.prove(request)
            return await self._administer(entry, request, administrator, caller)
        req = json11.decode(entry.operation, request.body)
        try:
            call = await self._public_call(entry, req, caller)
            if entry.room in ON_RECORD and isinstance(call, ClientCall | UserCall):
                return await self._on_record(entry, request, req, call)
            return await self._repeat(entry, req, call)
        except (ClientNotFound, UserNotFound) as error:
            raise _listed(entry, error) from None

    async def _on_record(
        self, entry: Entry, request: HttpRequest, req: Shape, call: ClientCall | UserCall
    ) -> Shape | None:
        """Run a step of a sign-in or a use of tokens, and leave its record whatever comes of it."""
        resource = self._services.pool_arn(call.pool.id)
        record = records.of_client(request, entry.operation.name, call.client, resource)
        try:
            return await self._repeat(entry, req, call)
        except Exception as error:
            record = records.failed(record, error)
            raise
        finally:
            self._trail.note(msgspec.structs.replace(record, **call.told))

    async def _administer(
        self, entry: Entry, request: HttpRequest, administrator: Administrator, caller: Caller
    ) -> Shape | None:
        """Run an administrative call, and leave its record whatever comes of it."""
        record = records.first(request, entry.operation.name, administrator)
        audited, told = False, dict[str, Any]()
        try:
            req = json11.decode(entry.operation, request.body)
            pool_id = await self._named_pool(entry, req)
            pool = await self._services.store.pools.find(pool_id) if pool_id else None
            resource, decision = self._administrators.authorise(
                administrator, entry.operation.name, pool_id, pool, req, request
            )
            record = msgspec.structs.replace(
                record, resource=resource, allowed=decision.allowed, target=_member(req, "Username")
            )
            if not decision.allowed:
                raise denial(record.principal, record.action, resource, decision)
            by = administrator.principal
            call: ClientCall | AccountCall = (
                await self._client_call(entry, req, caller, by)
                if entry.call is ClientCall
                else self._admin_call(entry, administrator, caller, record, pool_id, pool)
            )
            try:
                return await self._repeat(entry, req, call)
            finally:
                audited, told = isinstance(call, AccountCall) and call.audited, call.told
        except Exception as error:
            record = records.failed(record, error)
            raise
        finally:
            if audited:
                # One call, one record. What failed after the commit (a trigger) undid nothing.
                record = msgspec.structs.replace(record, outcome="committed", reason=None)
            self._trail.note(msgspec.structs.replace(record, **told), stored=audited)

    async def _named_pool(self, entry: Entry, req: Shape) -> str | None:
        """The id of the pool that a request names: by itself, within the pool's ARN, or by one of
        the pool's app clients.

        Only the very ARN that policies know the pool by will do; any other names no pool of ours.
        """
        if entry.call is ClientCall:
            client = await self._services.store.clients.find(_client_id(entry, req))
            return client.pool_id if client else None
        arn = _member(req, "ResourceArn")
        if arn is None:
            return _member(req, entry.operation.pool_member)
        pool_id = arn.rpartition("/")[2]
        return pool_id if arn == self._services.pool_arn(pool_id) else arn

    def _admin_call(
        self,
        entry: Entry,
        administrator: Administrator,
        caller: Caller,
        record: AuditRecord,
        pool_id: str | None,
        pool: Pool | None,
    ) -> AccountCall:
        """The call that the handler asks for: with the pool, or with the account alone."""
        if entry.call is AccountCall:
            return AccountCall(
                self._services, caller, principal=administrator.principal, record=record
            )
        if pool is None:
            raise PoolNotFound(pool_id=pool_id)
        return AdminCall(
            self._services, caller, principal=administrator.principal, record=record, pool=pool
        )

    async def _public_call(self, entry: Entry, req: Shape, caller: Caller) -> AnyCall:
        """A call that is proved by what the request says: an app client, or an access token."""
        await self._services.store.configuration.refresh()
        if entry.call is UserCall:
            token = _member(req, "AccessToken") or ""
            proved = await prove_user(self._services, token, caller.now)
            return UserCall(self._services, caller, **proved._asdict())
        if entry.call is UserOrSessionCall:
            return await self._user_or_session_call(req, caller)
        return await self._client_call(entry, req, caller)

    async def _client_call(
        self, entry: Entry, req: Shape, caller: Caller, principal: Principal | None = None
    ) -> ClientCall:
        client_id = _client_id(entry, req)
        client = await self._services.store.clients.find(client_id)
        pool = await self._services.store.pools.find(client.pool_id) if client else None
        if client is None or pool is None:
            raise ClientNotFound(client_id=client_id)
        return ClientCall(self._services, caller, pool=pool, client=client, principal=principal)

    async def _user_or_session_call(self, req: Shape, caller: Caller) -> UserOrSessionCall:
        """One of the two, and not both: the token's user, or the one who is signing in."""
        token, session = _member(req, "AccessToken"), _member(req, "Session")
        if bool(token) is bool(session):
            raise EitherTokenOrSession
        if session:
            under_way = await sign_in_under_way(self._services, session, caller.now)
            return UserOrSessionCall(self._services, caller, **under_way._asdict())
        proved = await prove_user(self._services, token or "", caller.now)
        return UserOrSessionCall(
            self._services,
            caller,
            pool=proved.pool,
            client=proved.client,
            user=proved.user,
            progress=None,
        )

    async def _repeat(self, entry: Entry, req: Shape, call: AnyCall) -> Shape | None:
        """Run the operation; again, on what is there then, if somebody changed it meanwhile."""
        for _ in range(TRIES - 1):
            try:
                return await entry.handle(call, req)
            except Conflict:
                await self._load_again(call)
        try:
            return await entry.handle(call, req)
        except Conflict:
            raise _too_busy(entry) from None

    async def _load_again(self, call: AnyCall) -> None:
        """Bring the call up to date; what it stands on may be gone by now."""
        await self._services.store.configuration.refresh()
        if isinstance(call, AdminCall | ClientCall | UserCall | UserOrSessionCall):
            pool = await self._services.store.pools.find(call.pool.id)
            if pool is None:
                raise PoolNotFound(pool_id=call.pool.id)
            call.pool = pool
        if isinstance(call, ClientCall):
            client = await self._services.store.clients.find(call.client.id)
            if client is None:
                raise ClientNotFound(client_id=call.client.id)
            call.client = client
        if isinstance(call, UserCall | UserOrSessionCall):
            user = await self._services.store.users.by_sub(call.pool.id, call.user.sub)
            if user is None:
                by_session = isinstance(call, UserOrSessionCall) and call.progress is not None
                raise InvalidSession if by_session else UserNotFound
            call.user = user


def _find_entry(request: HttpRequest) -> Entry:
    target = request.header(b"x-amz-target") or ""
    prefix, _, name = target.partition(".")
    entry = TABLE.get(name)
    if entry is None or prefix != PREFIX:
        raise UnknownOperationException
    return entry


def _is_administrative(entry: Entry, request: HttpRequest) -> bool:
    """Whether a signature is asked for, or was sent where an app client's secret would do too."""
    proved_by = entry.operation.caller
    if proved_by is ProvedBy.IAM_OR_APP_CLIENT:
        return request.header(b"authorization") is not None
    return proved_by is ProvedBy.IAM


def _listed(entry: Entry, error: ClientNotFound | UserNotFound) -> ServiceError:
    """What the pipeline refuses by itself, in an error that the model lists for the operation."""
    if any(isinstance(error, listed) for listed in entry.operation.errors):
        return error
    # UNVERIFIED: what operations answer that can't say that the user is gone?
    return AccessTokenRevoked() if isinstance(error, UserNotFound) else ClientUnauthorized()


def _client_id(entry: Entry, req: Shape) -> str:
    return _member(req, entry.operation.client_member) or ""


def _member(req: Shape, name: str | None) -> str | None:
    value = getattr(req, name, None) if name else None
    return value if isinstance(value, str) else None


def _too_busy(entry: Entry) -> ServiceError:
    """Others were always faster: the errors of the operation that ask to come again."""
    if ConcurrentModificationException in entry.operation.errors:
        return ChangedMeanwhile()
    if TooManyRequestsException in entry.operation.errors:
        return RateExceeded()
    return Internal()


def refusal(error: ServiceError) -> HttpAnswer:
    """AWS's envelope: the code in body and header, the sentence in both (users.md §1.2)."""
    headers = [CONTENT_TYPE, (b"x-amzn-errortype", f"{error.code}:".encode())]
    if error.text:
        headers.append((b"x-amzn-errormessage", _header_text(error.text)))
    return HttpAnswer(error.status, headers, json11.encode_error(error))


def _header_text(sentence: str) -> bytes:
    """A sentence on one line of what HTTP allows in a header, cut where proxies would refuse it.

    Sentences repeat what callers sent: a line feed would begin a header of theirs, and any other
    control character would make the HTTP server drop the answer.
    """
    line = " ".join(sentence[:LONGEST_HEADER].split())
    return _CONTROL.sub(b"?", line.encode("ascii", "replace"))
