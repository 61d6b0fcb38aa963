"""Audit records: one per call of an administrator or user, without any secret."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

UNAUTHENTICATED = "unauthenticated"


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call's record: its principal, action, resource, source and outcome.

    `outcome` is "committed" (the record is part of the change's commit), "ok", or the error's code.
    `reason` is the denial's message or the status of the failure. `target` is the user that the
    operation or a token names.

    Of a public sign-in, and of tokens refreshed, exchanged or revoked, the principal is
    the app client, without an access key. `step` is the flow or the challenge that was answered,
    `proofs` are the methods that were verified by then. `reason` is our name of the refusal, which
    is more exact than the response.

    The principal of an unauthenticated caller is `UNAUTHENTICATED`. `count` is above 1 in the
    summary of calls that were too many to be stored one by one: time, request and user agent are
    those of the last call.
    """

    at: datetime
    request_id: str
    principal: str
    access_key_id: str
    action: str
    resource: str
    allowed: bool
    outcome: str
    reason: str | None = None
    target: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    step: str | None = None
    proofs: tuple[str, ...] = ()
    count: int = 1


class AuditDetails(msgspec.Struct, kw_only=True):
    """Members of a call's audit record that the operation sets. None: the record's own stays."""

    target: str | None = None
    step: str | None = None
    proofs: tuple[str, ...] = ()

    def name_target(self, username: str) -> None:
        """Set the target, unless the operation has named one."""
        if self.target is None:
            self.target = username

    def added_to(self, record: AuditRecord) -> AuditRecord:
        """Return the record with these details."""
        if self.target is None and self.step is None and not self.proofs:
            return record
        return replace(
            record,
            target=record.target if self.target is None else self.target,
            step=record.step if self.step is None else self.step,
            proofs=self.proofs or record.proofs,
        )
