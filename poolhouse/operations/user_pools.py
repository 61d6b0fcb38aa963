"""User pools.

CreateUserPool, DescribeUserPool, UpdateUserPool, DeleteUserPool, ListUserPools,
GetSigningCertificate.
"""

import asyncio

from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import KeyUse, PoolKey
from poolhouse.errors.pools import PoolNotFound
from poolhouse.rules.pools import domains, settings
from poolhouse.rules.tokens import signing_certificates, signing_keys
from poolhouse.services.context import AccountCall, AdminCall
from poolhouse.services.pagination import page_token, position_of
from poolhouse.store import pools
from poolhouse.wire.structs import (
    CreateUserPoolRequest,
    CreateUserPoolResponse,
    DeleteUserPoolRequest,
    DescribeUserPoolRequest,
    DescribeUserPoolResponse,
    GetSigningCertificateRequest,
    GetSigningCertificateResponse,
    ListUserPoolsRequest,
    ListUserPoolsResponse,
    UpdateUserPoolRequest,
    UpdateUserPoolResponse,
)


async def create_user_pool(call: AccountCall, req: CreateUserPoolRequest) -> CreateUserPoolResponse:
    """Make a pool in the region of the call, with the keys that will sign its tokens.

    DIFFERS: there is no limit to the number of pools.
    """
    pool = settings.create(req, call.ids.pool_id(call.region), call.now)
    keys = await asyncio.gather(*(_new_key(call, pool, use) for use in KeyUse))
    await call.commit(pools.add(pool), *(call.store.pools.add_key(key) for key in keys))
    arn = call.services.pool_arn(pool.id)
    return CreateUserPoolResponse(UserPool=settings.described(pool, arn, users=0))


async def describe_user_pool(
    call: AdminCall, req: DescribeUserPoolRequest
) -> DescribeUserPoolResponse:
    """Show everything that is configured of a pool."""
    users = await call.store.user_counts.estimate(call.pool.id, call.now)
    arn = call.services.pool_arn(call.pool.id)
    of_pool = await call.store.domains.of_pool(call.pool.id)
    return DescribeUserPoolResponse(UserPool=settings.described(call.pool, arn, users, of_pool))


async def update_user_pool(call: AdminCall, req: UpdateUserPoolRequest) -> UpdateUserPoolResponse:
    """Change a pool's configuration; what the request leaves out may go back to its default."""
    updated = settings.update(call.pool, req, call.now)
    domains.check_plan(updated.settings, await call.store.domains.of_pool(call.pool.id))
    await call.commit(pools.save(updated))
    return UpdateUserPoolResponse()


async def delete_user_pool(call: AdminCall, req: DeleteUserPoolRequest) -> None:
    """Make a pool unknown, with its clients and keys. Garbage collection deletes its users."""
    settings.check_deletable(call.pool, await call.store.domains.of_pool(call.pool.id))
    await call.commit(*pools.delete(call.pool))


async def list_user_pools(call: AccountCall, req: ListUserPoolsRequest) -> ListUserPoolsResponse:
    """Show a page of the account's pools in the region of the call, in the order of their ids."""
    parameters = f"ListUserPools/{call.region}"
    after = position_of(call, req.NextToken, parameters)
    page = await call.store.pools.page(after, req.MaxResults, region=call.region)
    return ListUserPoolsResponse(
        UserPools=[settings.summary(pool) for pool in page.items],
        NextToken=page_token(call, parameters, page.next),
    )


async def get_signing_certificate(
    call: AdminCall, req: GetSigningCertificateRequest
) -> GetSigningCertificateResponse:
    """Return the certificate that verifies what the pool has signed for SAML."""
    keys = await call.store.pools.keys(call.pool.id)
    key = signing_keys.signing(keys, KeyUse.ID, call.now)
    if key is None:
        raise PoolNotFound(pool_id=call.pool.id)  # deleted a moment ago
    return GetSigningCertificateResponse(
        Certificate=signing_certificates.certificate(call.pool.id, key.private_der, key.created_at)
    )


async def _new_key(call: AccountCall, pool: Pool, use: KeyUse) -> PoolKey:
    key = await call.services.new_keys.take()
    return PoolKey(
        kid=key.kid,
        pool_id=pool.id,
        use=use,
        private_der=key.private_der(),
        created_at=call.now,
    )
