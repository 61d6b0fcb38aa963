"""App clients.

CreateUserPoolClient, DescribeUserPoolClient, UpdateUserPoolClient, DeleteUserPoolClient,
ListUserPoolClients.
"""

from collections.abc import Sequence
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.rules.pools import client_settings
from poolhouse.services import custom_scopes
from poolhouse.services.context import AdminCall
from poolhouse.services.pagination import page_token, position_of
from poolhouse.store import clients, pool_resources
from poolhouse.wire.structs import (
    CreateUserPoolClientRequest,
    CreateUserPoolClientResponse,
    DeleteUserPoolClientRequest,
    DescribeUserPoolClientRequest,
    DescribeUserPoolClientResponse,
    ListUserPoolClientsRequest,
    ListUserPoolClientsResponse,
    UpdateUserPoolClientRequest,
    UpdateUserPoolClientResponse,
)

LARGEST_PAGE: Final = 60


async def create_user_pool_client(
    call: AdminCall, req: CreateUserPoolClientRequest
) -> CreateUserPoolClientResponse:
    """Make an app client, with a secret if it asks for one.

    DIFFERS: there is no limit to the number of a pool's clients.
    """
    client = client_settings.create(
        call.pool,
        req,
        call.ids.client_id(),
        call.ids.client_secret(),
        call.now,
        custom_scopes=await _existing_scopes(call, req.AllowedOAuthScopes),
    )
    await call.commit(call.store.clients.add(client))
    return CreateUserPoolClientResponse(UserPoolClient=client_settings.described(client))


async def describe_user_pool_client(
    call: AdminCall, req: DescribeUserPoolClientRequest
) -> DescribeUserPoolClientResponse:
    """Show everything that is configured of a client, the secret too."""
    client = await named_client(call, req.ClientId)
    return DescribeUserPoolClientResponse(UserPoolClient=client_settings.described(client))


async def update_user_pool_client(
    call: AdminCall, req: UpdateUserPoolClientRequest
) -> UpdateUserPoolClientResponse:
    """Configure a client; members that the request leaves out get their defaults."""
    client = await named_client(call, req.ClientId)
    existing = await _existing_scopes(call, req.AllowedOAuthScopes)
    updated = client_settings.update(call.pool, client, req, call.now, custom_scopes=existing)
    await call.commit(call.store.clients.save(updated))
    return UpdateUserPoolClientResponse(UserPoolClient=client_settings.described(updated))


async def delete_user_pool_client(call: AdminCall, req: DeleteUserPoolClientRequest) -> None:
    """Delete a client with its looks and terms: sign-ins through it are refused from now on."""
    client = await named_client(call, req.ClientId)
    await call.commit(
        clients.delete(client), *pool_resources.drop_of_client(call.pool.id, client.id)
    )


async def list_user_pool_clients(
    call: AdminCall, req: ListUserPoolClientsRequest
) -> ListUserPoolClientsResponse:
    """Show a page of the pool's clients; with a type, perhaps fewer than the page could hold."""
    parameters = f"ListUserPoolClients/{call.pool.id}/{req.ClientType or ''}"
    page = await call.store.clients.page(
        call.pool.id,
        position_of(call, req.NextToken, parameters),
        req.MaxResults or LARGEST_PAGE,
    )
    return ListUserPoolClientsResponse(
        UserPoolClients=client_settings.listed(page.items, req.ClientType),
        NextToken=page_token(call, parameters, page.next),
    )


async def named_client(call: AdminCall, client_id: str) -> Client:
    """Return the client of this pool that a request names."""
    found = await call.store.clients.find(client_id)
    return client_settings.of_pool(call.pool, found, client_id)


async def _existing_scopes(call: AdminCall, scopes: Sequence[str] | None) -> frozenset[str]:
    """Return those of the requested scopes that resource servers define."""
    return await custom_scopes.existing(call.store, call.pool.id, scopes or ())
