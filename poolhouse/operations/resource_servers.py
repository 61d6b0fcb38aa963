"""Resource servers and their scopes.

CreateResourceServer, DescribeResourceServer, UpdateResourceServer, DeleteResourceServer,
ListResourceServers.
"""

from poolhouse.entities.pool_resources import ResourceServer
from poolhouse.rules.pools import resource_servers as rules
from poolhouse.services.context import AdminCall
from poolhouse.services.pagination import page_token, position_of
from poolhouse.store import pool_resources
from poolhouse.wire.structs import (
    CreateResourceServerRequest,
    CreateResourceServerResponse,
    DeleteResourceServerRequest,
    DescribeResourceServerRequest,
    DescribeResourceServerResponse,
    ListResourceServersRequest,
    ListResourceServersResponse,
    UpdateResourceServerRequest,
    UpdateResourceServerResponse,
)


async def create_resource_server(
    call: AdminCall, req: CreateResourceServerRequest
) -> CreateResourceServerResponse:
    """Make a resource server, whose scopes app clients can be given."""
    server = rules.create(
        call.pool,
        req,
        namesake=await call.store.resources.find(ResourceServer, call.pool.id, req.Identifier),
        already=await call.store.resources.count(
            ResourceServer, call.pool.id, most=rules.MOST_OF_POOL
        ),
        now=call.now,
    )
    await call.commit(pool_resources.add(server))
    return CreateResourceServerResponse(ResourceServer=rules.described(server))


async def describe_resource_server(
    call: AdminCall, req: DescribeResourceServerRequest
) -> DescribeResourceServerResponse:
    """Show a resource server and its scopes."""
    server = await _named_server(call, req.Identifier)
    return DescribeResourceServerResponse(ResourceServer=rules.described(server))


async def update_resource_server(
    call: AdminCall, req: UpdateResourceServerRequest
) -> UpdateResourceServerResponse:
    """Change a server's name and all its scopes; its identifier stays.

    Scopes that it no longer has stay with their app clients, and grant nothing.
    """
    server = await _named_server(call, req.Identifier)
    updated = rules.update(server, req, call.now)
    await call.commit(pool_resources.save(updated))
    return UpdateResourceServerResponse(ResourceServer=rules.described(updated))


async def delete_resource_server(call: AdminCall, req: DeleteResourceServerRequest) -> None:
    """Delete a resource server: no new token has its scopes."""
    await call.commit(pool_resources.delete(await _named_server(call, req.Identifier)))


async def list_resource_servers(
    call: AdminCall, req: ListResourceServersRequest
) -> ListResourceServersResponse:
    """Show a page of the pool's resource servers, in the order of their identifiers."""
    parameters = f"ListResourceServers/{call.pool.id}"
    page = await call.store.resources.page(
        ResourceServer,
        call.pool.id,
        position_of(call, req.NextToken, parameters),
        req.MaxResults or rules.LARGEST_PAGE,
    )
    return ListResourceServersResponse(
        ResourceServers=[rules.described(server) for server in page.items],
        NextToken=page_token(call, parameters, page.next),
    )


async def _named_server(call: AdminCall, identifier: str) -> ResourceServer:
    return rules.require(
        await call.store.resources.find(ResourceServer, call.pool.id, identifier), identifier
    )
