"""Delete rows that have expired or belong to something deleted.

These are users and groups of deleted pools, memberships of deleted groups, counts of past attempts,
ended sessions, incomplete passkey registrations and long-retired signing keys. Audit records are
deleted unless they are retained for good.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from poolhouse.entities.pools import Pool
from poolhouse.rules.auth.attempt_limits import WINDOW
from poolhouse.rules.tokens import lifetimes
from poolhouse.rules.tokens.signing_keys import OVERLAP
from poolhouse.rules.users.usernames import names_of
from poolhouse.store import (
    audit,
    authorization_codes,
    browser_sessions,
    client_documents,
    codes,
    device_grants,
    groups,
    passkeys,
    pools,
    sessions,
    users,
)
from poolhouse.store.interface import Conflict, Unavailable, Write
from poolhouse.store.store import Store
from poolhouse.store.timestamps import to_milliseconds

EVERY_SECONDS: Final = 30.0
USERS_AT_ONCE: Final = 50
"""Users in one commit, so that the requests' commits don't wait."""
ROWS_AT_ONCE: Final = 500
"""The same for rows that one statement drops."""
AUDIT_ROWS_AT_ONCE: Final = 50
"""The same for these, which hold up to 500 records each."""
SETTLED: Final = timedelta(minutes=1)
"""Time after which no commit can still run that began before a group was deleted."""

_log = structlog.get_logger()


class GarbageCollector:
    """Runs beside the requests in every worker; deleting the same rows twice does no harm."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        *,
        first_audit_id: Callable[[], str] | None = None,
    ) -> None:
        """Collect in this store; audit records before the id of `first_audit_id` are deleted.

        Without `first_audit_id` all audit records are retained.
        """
        self._store = store
        self._now = now
        self._first_audit_id = first_audit_id

    async def run(self) -> None:
        """Delete expired rows from time to time, for as long as the worker runs."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.collect()
            except (Unavailable, Conflict) as error:
                _log.warning("sweeping put off", error=type(error).__name__)

    async def collect(self) -> None:
        """Clear away all that is due, in small commits."""
        for pool in await self._store.pools.deleted():
            await self._empty(pool)
            await self._store.commit(*pools.drop_configuration(pool.id), pools.purge(pool.id))
        settled = to_milliseconds(self._now() - SETTLED)
        while deleted := await self._store.groups.deleted(settled, limit=10):
            for group_id in deleted:
                await self._disband(group_id)
        past = to_milliseconds(self._now() - WINDOW)
        while stale := await self._store.codes.past_attempts(past, limit=500):
            await self._store.commit(*(codes.delete_past_attempts(each) for each in stale))
        await self._end_what_expires(to_milliseconds(self._now()))
        while past_keys := await self._store.pools.past_keys(self._now() - OVERLAP, limit=100):
            await self._store.commit(*map(pools.delete_key, past_keys))
        if self._first_audit_id is not None:
            first = self._first_audit_id()
            while old := await self._store.audit.past(first, AUDIT_ROWS_AT_ONCE):
                await self._store.commit(audit.drop(old[0], old[-1]))

    async def _empty(self, pool: Pool) -> None:
        while found := (await self._store.users.page(pool.id, None, USERS_AT_ONCE)).items:
            writes: list[Write] = []
            for user in found:
                writes += users.delete(user)
                writes += (users.release(name, user.sub) for name in names_of(pool, user))
            await self._store.commit(*writes)
        while names := await self._store.passkeys.names_of_pool(pool.id, ROWS_AT_ONCE):
            await self._store.commit(passkeys.drop_names(pool.id, through=names[-1]))
        while left := (await self._store.groups.page(pool.id, None, ROWS_AT_ONCE)).items:
            await self._store.commit(groups.drop_groups(pool.id, through=left[-1].key))

    async def _end_what_expires(self, now: int) -> None:
        """Delete sessions whose last access token has expired.

        An earlier deletion would make that token count as revoked.
        """
        last = now - int(lifetimes.LONGEST.total_seconds() * 1000)
        while ended := await self._store.sessions.past(last, ROWS_AT_ONCE):
            await self._store.commit(*map(sessions.drop, ended))
        # What was used up, or begun, is remembered a little longer: by another machine's clock it
        # may still be in time.
        settled = now - int(SETTLED.total_seconds() * 1000)
        while used := await self._store.sessions.past_used(settled, ROWS_AT_ONCE):
            await self._store.commit(*map(sessions.delete_used, used))
        while codes_past := await self._store.authorization_codes.past(settled, ROWS_AT_ONCE):
            await self._store.commit(*map(authorization_codes.drop, codes_past))
        while devices_past := await self._store.device_grants.past(settled, ROWS_AT_ONCE):
            await self._store.commit(*map(device_grants.drop, devices_past))
        while closed := await self._store.browser_sessions.past(settled, ROWS_AT_ONCE):
            await self._store.commit(*map(browser_sessions.drop, closed))
        while expired := await self._store.client_documents.past(settled, ROWS_AT_ONCE):
            await self._store.commit(*map(client_documents.drop, expired))
        while begun := await self._store.passkeys.past_registrations(settled, ROWS_AT_ONCE):
            await self._store.commit(*map(passkeys.delete_registration, begun))

    async def _disband(self, group_id: str) -> None:
        """Drop what a deleted group has left of its memberships."""
        while subs := await self._store.groups.former_members(group_id, ROWS_AT_ONCE):
            await self._store.commit(groups.drop_members(group_id, through=subs[-1]))
        await self._store.commit(groups.purge(group_id))
