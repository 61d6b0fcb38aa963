"""Make the audit record of a call: of administrators, of sign-ins and other calls of clients.

Operations and sign-ins add what they know in `call.audit`.
"""

from typing import Final

from msgspec.structs import replace

from poolhouse.entities.audit import UNAUTHENTICATED, AuditRecord
from poolhouse.entities.principals import Principal
from poolhouse.errors.oauth import OAuthError
from poolhouse.errors.protocol import AccessDeniedException, Internal, ProtocolError
from poolhouse.http.messages import LONGEST_HEADER, HttpRequest
from poolhouse.services.context import AnyCall, ClientCall, SignedInCall, UserOrSessionCall
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import Shape

LONGEST_NAME: Final = 128
"""Characters of a username, by the API's model."""


def administrative_record(
    request: HttpRequest, operation: str, principal: Principal, access_key_id: str
) -> AuditRecord:
    """Return an administrative call's record before its body has been parsed."""
    return AuditRecord(
        at=request.now,
        request_id=request.id,
        principal=principal.arn,
        access_key_id=access_key_id,
        action=f"cognito-idp:{operation}",
        resource="*",
        allowed=False,
        outcome="ok",
        source_ip=request.source_ip,
        user_agent=request.user_agent and request.user_agent[:LONGEST_HEADER],
    )


def unauthenticated_record(request: HttpRequest, operation: str) -> AuditRecord:
    """Return the record of a call by an unauthenticated caller."""
    return AuditRecord(
        at=request.now,
        request_id=request.id,
        principal=UNAUTHENTICATED,
        access_key_id="",
        action=f"cognito-idp:{operation}",
        resource="*",
        allowed=False,
        outcome="ok",
        source_ip=request.source_ip,
        user_agent=request.user_agent and request.user_agent[:LONGEST_HEADER],
    )


def client_record(
    request: HttpRequest,
    operation: str,
    call: ClientCall | SignedInCall | UserOrSessionCall,
    req: Shape | None,
    resource: str,
) -> AuditRecord:
    """Return the record of a call through an app client, on the ARN of its pool.

    The target is the user of a token, or the one that the request names.
    """
    target = getattr(req, "Username", None) if isinstance(call, ClientCall) else call.user.username
    details, agent = call.audit, request.user_agent
    if details.target is not None:
        target = details.target
    elif target:
        target = target[:LONGEST_NAME]
    return AuditRecord(
        at=request.now,
        request_id=request.id,
        principal=f"client/{call.client.id}",
        access_key_id="",
        action=f"cognito-idp:{operation}",
        resource=resource,
        allowed=True,
        outcome="ok",
        target=target or None,
        source_ip=request.source_ip,
        user_agent=agent and agent[:LONGEST_HEADER],
        step=details.step,
        proofs=details.proofs,
    )


def authenticates_caller(call: AnyCall | None, response: Shape | None) -> bool:
    """Return whether a call that succeeded has authenticated its caller."""
    return call is not None and bool(
        call.proven
        or call.audit.proofs
        or getattr(response, "AuthenticationResult", None) is not None
    )


def failure_record(record: AuditRecord, error: BaseException) -> AuditRecord:
    """Return the record of a call that failed, by the code that was answered.

    The sentence is kept for denials only: others may repeat what a request or a trigger said.
    """
    code = error.code if isinstance(error, ServiceError | OAuthError) else Internal.code
    reason = error.text if isinstance(error, AccessDeniedException) else _name_of(error)
    key_id = error.access_key_id if isinstance(error, ProtocolError) else ""
    return replace(
        record, outcome=code, reason=reason, access_key_id=record.access_key_id or key_id
    )


def _name_of(error: BaseException) -> str | None:
    """Return our name of the situation; None if the code says as much, or a function caused it."""
    if isinstance(error, ServiceError) and not error.auditable:
        return None
    if not isinstance(error, ServiceError | OAuthError):
        return None
    name = type(error).__name__
    return None if name == error.code else name
