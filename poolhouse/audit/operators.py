"""Operators: people and programs that work on a store by command, as the audit trail names them."""

import os
import pwd

from poolhouse.clock import Clock
from poolhouse.config.settings import Settings
from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.pools import region_of
from poolhouse.ids import Ids
from poolhouse.rules.aws.iam.resources import pool_arn
from poolhouse.store import audit
from poolhouse.store.interface import Write


def operator() -> str:
    """Return the principal: the user of the operating system that this process runs as.

    Not what the environment says of them, which they could choose.
    """
    number = os.getuid()
    try:
        return f"operator/{pwd.getpwuid(number).pw_name}"
    except KeyError:  # containers often run as a number that has no name
        return f"operator/{number}"


def recorded(
    action: str, resource: str = "*", *, target: str | None = None, changes: bool = True
) -> Write:
    """Return the audit record of a command, to be committed with what it changes.

    `action` is a name such as `CreateAccessKey`. Without a change, as when data is copied, the
    record is to be committed before the data leaves.
    """
    ids, now = Ids(), Clock().now()
    record = AuditRecord(
        at=now,
        request_id=ids.request_id(),
        principal=operator(),
        access_key_id="",
        action=f"poolhouse:{action}",
        resource=resource,
        allowed=True,
        outcome="committed" if changes else "ok",
        target=target,
        user_agent="poolhouse",
    )
    return audit.insert(ids.audit_id(now), [record])


def arn_of(settings: Settings, pool_id: str) -> str:
    """Return the ARN of a pool, as the records of its operations have it."""
    return pool_arn(region_of(pool_id), settings.account_id, pool_id)
