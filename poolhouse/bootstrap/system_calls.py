"""Calls of the account's root, by which the server itself uses the operations."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from poolhouse.entities.audit import AuditRecord
from poolhouse.entities.pools import Pool, region_of
from poolhouse.entities.principals import Principal
from poolhouse.ids import Ids
from poolhouse.services.context import AccountCall, AdminCall, Caller, Services


class ChosenIds(Ids):
    """Ids of which one was chosen; all others are fresh."""

    def __init__(self, chosen: str) -> None:
        super().__init__()
        self._chosen = chosen

    def pool_id(self, region: str) -> str:
        return self._chosen

    def client_id(self) -> str:
        return self._chosen

    def sub(self, now: datetime) -> str:
        return self._chosen


class SystemCalls(msgspec.Struct, frozen=True):
    """Makes calls of the account's root, each with an audit record of its own.

    `user_agent` tells in the records which part of the server it was. `chosen` is the id that the
    operation gives to what it makes.
    """

    services: Services
    now: datetime
    user_agent: str

    def of_account(self, operation: str, chosen: str) -> AccountCall:
        services = replace(self.services, ids=ChosenIds(chosen))
        caller, principal, record = self._facts(operation, "*")
        region = region_of(chosen)
        return AccountCall(services, caller, principal=principal, region=region, record=record)

    def of_pool(self, operation: str, pool: Pool, chosen: str | None = None) -> AdminCall:
        ids = self.services.ids if chosen is None else ChosenIds(chosen)
        caller, principal, record = self._facts(operation, self.services.pool_arn(pool.id))
        return AdminCall(
            replace(self.services, ids=ids),
            caller,
            principal=principal,
            region=pool.region,
            record=record,
            pool=pool,
        )

    def _facts(self, operation: str, resource: str) -> tuple[Caller, Principal, AuditRecord]:
        arn = f"arn:aws:iam::{self.services.account_id}:root"
        request_id = self.services.ids.request_id()
        record = AuditRecord(
            at=self.now,
            request_id=request_id,
            principal=arn,
            access_key_id="",
            action=f"cognito-idp:{operation}",
            resource=resource,
            allowed=True,
            outcome="ok",
            user_agent=self.user_agent,
        )
        caller = Caller(request_id=request_id, now=self.now, source_ip=None, user_agent=None)
        return caller, Principal(arn=arn, policies={}, created_at=self.now), record
