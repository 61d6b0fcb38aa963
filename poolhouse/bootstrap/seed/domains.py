"""The domains and resource servers of a seed file: created, or changed to what the file says."""

from msgspec.structs import replace

from poolhouse.bootstrap.seed.document import DomainSeed, ResourceServerSeed, Unchangeable
from poolhouse.bootstrap.seed.request_fields import copy_common_fields
from poolhouse.bootstrap.system_calls import SystemCalls
from poolhouse.entities.domains import CLASSIC
from poolhouse.entities.pool_resources import ResourceServer
from poolhouse.entities.pools import Pool
from poolhouse.operations import domains as domain_operations
from poolhouse.operations import resource_servers as server_operations
from poolhouse.rules.pools import domains as domain_rules
from poolhouse.rules.pools import resource_servers as server_rules
from poolhouse.wire.structs import UpdateResourceServerRequest, UpdateUserPoolDomainRequest


async def keep_domain(calls: SystemCalls, pool: Pool, wanted: DomainSeed) -> Pool:
    """Create a domain of the pool, or change it. Returns the pool, which has another version then.

    Raises Unchangeable or a ServiceError.
    """
    store = calls.services.store
    domain = await store.domains.find(wanted.Domain)
    if domain is None:
        call = calls.of_pool("CreateUserPoolDomain", pool)
        await domain_operations.create_user_pool_domain(call, wanted)
        return await _now(calls, pool)
    if domain.pool_id != pool.id:
        raise Unchangeable(f"the pool {domain.pool_id} has the domain {domain.name}")
    if domain.is_custom is (wanted.CustomDomainConfig is None):
        raise Unchangeable("a domain that is there can't become custom, or a prefix")
    # An update keeps what is left out. A file says all of a domain, and the default is classic.
    whole = replace(wanted, ManagedLoginVersion=wanted.ManagedLoginVersion or CLASSIC)
    req = copy_common_fields(whole, UpdateUserPoolDomainRequest, UserPoolId=pool.id)
    after = domain_rules.update(pool, domain, req, calls.now)
    if replace(after, modified_at=domain.modified_at) != domain:
        call = calls.of_pool("UpdateUserPoolDomain", pool)
        await domain_operations.update_user_pool_domain(call, req)
    return await _now(calls, pool)


async def keep_resource_server(calls: SystemCalls, pool: Pool, wanted: ResourceServerSeed) -> None:
    """Create a resource server of the pool, or change its name and scopes."""
    store = calls.services.store
    server = await store.resources.find(ResourceServer, pool.id, wanted.Identifier)
    if server is None:
        call = calls.of_pool("CreateResourceServer", pool)
        await server_operations.create_resource_server(call, wanted)
        await store.configuration.refresh()
        return
    req = copy_common_fields(wanted, UpdateResourceServerRequest, UserPoolId=pool.id)
    after = server_rules.update(server, req, calls.now)
    if replace(after, modified_at=server.modified_at) != server:
        call = calls.of_pool("UpdateResourceServer", pool)
        await server_operations.update_resource_server(call, req)
        await store.configuration.refresh()


async def _now(calls: SystemCalls, pool: Pool) -> Pool:
    """Return the pool as it is stored now."""
    store = calls.services.store
    await store.configuration.refresh()
    stored = await store.pools.find(pool.id)
    if stored is None:
        raise Unchangeable("the pool was deleted just now")
    return stored
