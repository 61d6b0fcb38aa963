"""What an administrator did: one record per administrative call, without any secret."""

from datetime import datetime

import msgspec


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asked for what, on which resource, from where, and what came of it.

    `outcome` is "committed" (the record stands in the commit of the change itself), "ok", or the
    code of the error that was answered; `reason` is the denial's sentence or the status of the
    failure. `target` is the user named, when the operation names one.
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
