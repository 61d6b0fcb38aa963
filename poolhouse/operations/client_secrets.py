"""An app client's secrets.

AddUserPoolClientSecret, ListUserPoolClientSecrets, DeleteUserPoolClientSecret.
"""

from poolhouse.operations.clients import named_client
from poolhouse.rules.pools import client_secrets
from poolhouse.services.context import AdminCall
from poolhouse.wire.structs import (
    AddUserPoolClientSecretRequest,
    AddUserPoolClientSecretResponse,
    DeleteUserPoolClientSecretRequest,
    DeleteUserPoolClientSecretResponse,
    ListUserPoolClientSecretsRequest,
    ListUserPoolClientSecretsResponse,
)


async def add_user_pool_client_secret(
    call: AdminCall, req: AddUserPoolClientSecretRequest
) -> AddUserPoolClientSecretResponse:
    """Add a second secret, so that a client can change over without failures.

    The value is shown only now, and only if it was generated here.
    """
    client = await named_client(call, req.ClientId)
    value = req.ClientSecret or call.ids.client_secret()
    changed = client_secrets.add(client, value, call.now)
    await call.commit(call.store.clients.save(changed))
    return AddUserPoolClientSecretResponse(
        ClientSecretDescriptor=client_secrets.described(
            changed.secrets[-1], revealed=req.ClientSecret is None
        )
    )


async def list_user_pool_client_secrets(
    call: AdminCall, req: ListUserPoolClientSecretsRequest
) -> ListUserPoolClientSecretsResponse:
    """Show which secrets there are, never what they are. Two at most, so always on one page."""
    client = await named_client(call, req.ClientId)
    return ListUserPoolClientSecretsResponse(
        ClientSecrets=[client_secrets.described(secret) for secret in client.secrets]
    )


async def delete_user_pool_client_secret(
    call: AdminCall, req: DeleteUserPoolClientSecretRequest
) -> DeleteUserPoolClientSecretResponse:
    """Delete a secret; clients that still use it are refused from now on."""
    client = await named_client(call, req.ClientId)
    changed = client_secrets.remove(client, req.ClientSecretId, call.now)
    await call.commit(call.store.clients.save(changed))
    return DeleteUserPoolClientSecretResponse()
