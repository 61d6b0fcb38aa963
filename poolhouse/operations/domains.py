"""Domains of user pools.

CreateUserPoolDomain, DescribeUserPoolDomain, UpdateUserPoolDomain, DeleteUserPoolDomain.
"""

from urllib.parse import urlsplit

from poolhouse.entities.domains import Domain
from poolhouse.rules.pools import domains as rules
from poolhouse.services.context import AccountCall, AdminCall
from poolhouse.store import domains, pools
from poolhouse.wire.structs import (
    CreateUserPoolDomainRequest,
    CreateUserPoolDomainResponse,
    DeleteUserPoolDomainRequest,
    DeleteUserPoolDomainResponse,
    DescribeUserPoolDomainRequest,
    DescribeUserPoolDomainResponse,
    DomainDescriptionType,
    UpdateUserPoolDomainRequest,
    UpdateUserPoolDomainResponse,
)


async def create_user_pool_domain(
    call: AdminCall, req: CreateUserPoolDomainRequest
) -> CreateUserPoolDomainResponse:
    """Give a pool a prefix domain or a custom domain, at most one of each.

    DIFFERS: a name is unique in this server; prefixes on AWS are unique in a region.
    """
    domain = rules.create(
        call.pool,
        req,
        namesake=await call.store.domains.find(req.Domain),
        of_pool=await call.store.domains.of_pool(call.pool.id),
        now=call.now,
    )
    # With the pool's version: of two domains of a kind that come at once, one comes first, and a
    # pool isn't deleted while it gets one.
    await call.commit(pools.save(call.pool), domains.add(domain))
    return CreateUserPoolDomainResponse(
        ManagedLoginVersion=domain.pages_version,
        CloudFrontDomain=_alias_target(call, domain),
        Routing=domain.routing,
    )


async def describe_user_pool_domain(
    call: AccountCall, req: DescribeUserPoolDomainRequest
) -> DescribeUserPoolDomainResponse:
    """Show a domain of the call's region; for an unknown one the description is empty."""
    domain = await call.store.domains.find(req.Domain)
    pool = await call.store.pools.find(domain.pool_id) if domain else None
    if domain is None or pool is None or pool.region != call.region:
        return DescribeUserPoolDomainResponse(DomainDescription=DomainDescriptionType())
    return DescribeUserPoolDomainResponse(
        DomainDescription=rules.described(
            domain, account_id=call.services.account_id, host=_host(call)
        )
    )


async def update_user_pool_domain(
    call: AdminCall, req: UpdateUserPoolDomainRequest
) -> UpdateUserPoolDomainResponse:
    """Change a domain's pages, certificate or routing; its name stays.

    DIFFERS: browser sessions survive another version of the pages, which ends them on AWS
    (ev:oauth-8).
    """
    domain = await _named_domain(call, req.Domain)
    updated = rules.update(call.pool, domain, req, call.now)
    # With the pool's version, so that the pool has the plan which the pages need.
    await call.commit(pools.save(call.pool), domains.save(updated))
    return UpdateUserPoolDomainResponse(
        ManagedLoginVersion=updated.pages_version,
        CloudFrontDomain=_alias_target(call, updated),
        Routing=updated.routing,
    )


async def delete_user_pool_domain(
    call: AdminCall, req: DeleteUserPoolDomainRequest
) -> DeleteUserPoolDomainResponse:
    """Delete a domain: its endpoints and pages are gone, and its name is free."""
    await call.commit(domains.delete(await _named_domain(call, req.Domain)))
    return DeleteUserPoolDomainResponse()


async def _named_domain(call: AdminCall, name: str) -> Domain:
    return rules.require(call.pool, await call.store.domains.find(name))


def _alias_target(call: AdminCall, domain: Domain) -> str | None:
    """Return the host that a custom domain must be an alias of: this server's."""
    return _host(call) if domain.is_custom else None


def _host(call: AccountCall) -> str:
    return urlsplit(call.services.public_url).hostname or ""
