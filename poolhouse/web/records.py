"""What the audit trail keeps of a call: at its beginning, and when it has failed."""

from msgspec.structs import replace

from poolhouse import errors, pool_errors, sign_in_errors
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.clients import Client
from poolhouse.errors import Internal
from poolhouse.protocol_errors import AccessDeniedException
from poolhouse.web.administrators import Administrator
from poolhouse.web.requests import LONGEST_HEADER, HttpRequest
from poolhouse.wire.errors import ServiceError


def first(request: HttpRequest, operation: str, administrator: Administrator) -> AuditRecord:
    """What is known of an administrative call before its body has been understood."""
    return AuditRecord(
        at=request.now,
        request_id=request.id,
        principal=administrator.principal.arn,
        access_key_id=administrator.key.id,
        action=f"cognito-idp:{operation}",
        resource="*",
        allowed=False,
        outcome="ok",
        source_ip=request.source_ip,
        user_agent=request.user_agent and request.user_agent[:LONGEST_HEADER],
    )


def of_client(request: HttpRequest, operation: str, client: Client, resource: str) -> AuditRecord:
    """A step of a sign-in, or a use of tokens, through an app client: on the ARN of its pool."""
    return AuditRecord(
        at=request.now,
        request_id=request.id,
        principal=f"client/{client.id}",
        access_key_id="",
        action=f"cognito-idp:{operation}",
        resource=resource,
        allowed=True,
        outcome="ok",
        source_ip=request.source_ip,
        user_agent=request.user_agent and request.user_agent[:LONGEST_HEADER],
    )


def failed(record: AuditRecord, error: Exception) -> AuditRecord:
    """The record of a call that failed, by the code that was answered.

    The sentence is kept for denials only: others may repeat what a request or a trigger said.
    """
    code = error.code if isinstance(error, ServiceError) else Internal.code
    reason = error.text if isinstance(error, AccessDeniedException) else _name_of(error)
    return replace(record, outcome=code, reason=reason)


def _name_of(error: Exception) -> str | None:
    """Why it failed, in our own words; what functions and the protocol say, the codes tell."""
    ours = {errors.__name__, pool_errors.__name__, sign_in_errors.__name__}
    return type(error).__name__ if type(error).__module__ in ours else None
