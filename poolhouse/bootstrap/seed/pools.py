"""The pools of a seed file: made by CreateUserPool, or changed to what that would make."""

from msgspec.structs import replace

from poolhouse.bootstrap.seed.document import PoolSeed, Unchangeable
from poolhouse.bootstrap.seed.request_fields import copy_common_fields
from poolhouse.bootstrap.system_calls import SystemCalls
from poolhouse.entities.pools import Pool
from poolhouse.operations import mfa as mfa_operations
from poolhouse.operations import user_pools as pool_operations
from poolhouse.rules.pools import mfa_config, settings
from poolhouse.wire.enums import UserPoolMfaType
from poolhouse.wire.structs import SetUserPoolMfaConfigRequest, UpdateUserPoolRequest

Request = UpdateUserPoolRequest | SetUserPoolMfaConfigRequest


class PoolReconciler:
    """Keeps pools as a seed file wants them."""

    def __init__(self, calls: SystemCalls) -> None:
        self._calls = calls
        self._store = calls.services.store

    async def keep(self, wanted: PoolSeed) -> Pool:
        """Return the pool, with nothing done to it if it is as the file says."""
        pool = await self._found(wanted)
        if pool is None:
            call = self._calls.of_account("CreateUserPool", wanted.id)
            await pool_operations.create_user_pool(call, _as_created(wanted))
            pool = await self._there(wanted)
        else:
            self._check_unchangeable(pool, wanted)
        for req in self._changes(pool, wanted):
            await self._change(await self._there(wanted), req)
        return await self._there(wanted)

    async def _found(self, wanted: PoolSeed) -> Pool | None:
        await self._store.configuration.refresh()
        return await self._store.pools.find(wanted.id)

    async def _there(self, wanted: PoolSeed) -> Pool:
        pool = await self._found(wanted)
        if pool is None:
            raise Unchangeable("the pool was deleted just now")
        return pool

    def _check_unchangeable(self, pool: Pool, wanted: PoolSeed) -> None:
        created = settings.create(_as_created(wanted), wanted.id, self._calls.now)
        for name in ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration"):
            if getattr(created.settings, name) != getattr(pool.settings, name):
                raise Unchangeable(f"`{name}` of a pool that is there can't be changed")
        if created.attributes != pool.attributes:
            raise Unchangeable("`Schema` of a pool that is there can't be changed")

    def _changes(self, pool: Pool, wanted: PoolSeed) -> list[Request]:
        """Return what brings the pool to what the file says, in order; nothing if it is so already.

        The pool comes there as a new one does, which has no second factors at first. So what it
        had before neither stays nor stands in the way.
        """
        off = SetUserPoolMfaConfigRequest(UserPoolId=pool.id, MfaConfiguration=UserPoolMfaType.OFF)
        asked: list[Request] = [off]
        asked.append(
            copy_common_fields(_as_created(wanted), UpdateUserPoolRequest, UserPoolId=pool.id)
        )
        if wanted.names_factors:
            asked.append(
                copy_common_fields(wanted, SetUserPoolMfaConfigRequest, UserPoolId=pool.id)
            )
        steps = []
        after = pool
        for req in asked:
            before, after = after, self._after(after, req)
            if after != before:
                steps.append(req)
        return steps if after != pool else []

    def _after(self, pool: Pool, req: Request) -> Pool:
        """Return the pool after an operation, but for its date."""
        if isinstance(req, UpdateUserPoolRequest):
            changed = settings.update(pool, req, self._calls.now)
        else:
            changed = mfa_config.configured(pool, req, self._calls.now)
        return replace(changed, modified_at=pool.modified_at)

    async def _change(self, pool: Pool, req: Request) -> None:
        if isinstance(req, UpdateUserPoolRequest):
            call = self._calls.of_pool("UpdateUserPool", pool)
            await pool_operations.update_user_pool(call, req)
        else:
            call = self._calls.of_pool("SetUserPoolMfaConfig", pool)
            await mfa_operations.set_user_pool_mfa_config(call, req)


def _as_created(wanted: PoolSeed) -> PoolSeed:
    """Return the seed as CreateUserPool takes it, which knows of no second factor but SMS.

    If the file names other factors, or what only SetUserPoolMfaConfig takes, that operation later
    sets whether a second factor is required. The sender of text messages may be needed at once.
    """
    wanted = replace(wanted, UserPoolTags=wanted.UserPoolTags or {})
    if not wanted.names_factors:
        return replace(wanted, MfaConfiguration=wanted.MfaConfiguration or UserPoolMfaType.OFF)
    sms = wanted.SmsMfaConfiguration
    return replace(
        wanted,
        MfaConfiguration=UserPoolMfaType.OFF,
        SmsConfiguration=wanted.SmsConfiguration or (sms and sms.SmsConfiguration),
    )
