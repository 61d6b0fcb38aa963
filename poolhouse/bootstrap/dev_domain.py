"""Give the ready-made pool of dev mode a domain, and its app client the URLs of local apps."""

import contextlib
from typing import Any, Final

from poolhouse.bootstrap.system_calls import SystemCalls
from poolhouse.entities.clients import Client
from poolhouse.entities.domains import CLASSIC, MANAGED_LOGIN
from poolhouse.entities.pools import Pool
from poolhouse.errors.domains import DomainTaken
from poolhouse.operations.clients import update_user_pool_client
from poolhouse.operations.domains import create_user_pool_domain
from poolhouse.rules.pools import feature_plans
from poolhouse.rules.pools.client_oauth import LOCAL_PROVIDER, USER_SCOPES
from poolhouse.services import domain_urls
from poolhouse.services.context import Services
from poolhouse.store.interface import UniqueViolation, VersionConflict
from poolhouse.wire.enums import OAuthFlowType
from poolhouse.wire.structs import CreateUserPoolDomainRequest, UpdateUserPoolClientRequest

DOMAIN: Final = "poolhouse"

_PORTS: Final = (3000, 3001, 4200, 5000, 5173, 8000, 8080)
"""Where the development servers of web frameworks listen."""
_CALLBACK_PATHS: Final = ("/", "", "/callback", "/auth/callback", "/api/auth/callback/cognito")
_LOGOUT_PATHS: Final = ("/", "")

OAUTH: Final[dict[str, Any]] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": [OAuthFlowType.CODE],
    "AllowedOAuthScopes": sorted(USER_SCOPES),
    "SupportedIdentityProviders": [LOCAL_PROVIDER],
    "CallbackURLs": [
        f"http://localhost:{port}{path}" for port in _PORTS for path in _CALLBACK_PATHS
    ],
    "LogoutURLs": [f"http://localhost:{port}{path}" for port in _PORTS for path in _LOGOUT_PATHS],
}
"""The members of an app client for sign-ins at the domain from apps on this machine."""


async def make_dev_domain(calls: SystemCalls, pool: Pool, client: Client | None) -> None:
    """Add the domain to a pool that has none.

    A data folder of an earlier version has neither a domain nor OAuth members: both are made in one
    start, the members first. Later starts leave alone what the developer changed.
    """
    if await calls.services.store.domains.of_pool(pool.id):
        return
    if client is not None and _is_without_oauth(client):
        with contextlib.suppress(VersionConflict):  # another process was faster
            await update_user_pool_client(
                calls.of_pool("UpdateUserPoolClient", pool), _with_oauth(client)
            )
    has_managed_login = feature_plans.has_managed_login(pool.settings)
    request = CreateUserPoolDomainRequest(
        UserPoolId=pool.id,
        Domain=DOMAIN,
        ManagedLoginVersion=MANAGED_LOGIN if has_managed_login else CLASSIC,
    )
    with contextlib.suppress(DomainTaken, UniqueViolation, VersionConflict):
        # Another process was faster, or another pool has the name.
        await create_user_pool_domain(calls.of_pool("CreateUserPoolDomain", pool), request)


async def domain_url(services: Services, pool_id: str) -> str | None:
    """Return the address of the pool's domain, which a seed or the developer may have chosen.

    Returns None if the pool has none, because another pool has the ready-made name.
    """
    await services.store.configuration.refresh()
    domain = domain_urls.advertised(await services.store.domains.of_pool(pool_id))
    if domain is None:
        return None
    return services.domain_urls.url_of(domain, services.public_url)


def _is_without_oauth(client: Client) -> bool:
    return not any(getattr(client.settings, member) for member in OAUTH)


def _with_oauth(client: Client) -> UpdateUserPoolClientRequest:
    """Return the request that adds the OAuth members and repeats all others."""
    members = UpdateUserPoolClientRequest.__struct_fields__
    given: dict[str, Any] = {name: getattr(client.settings, name, None) for name in members}
    given |= OAUTH | {"UserPoolId": client.pool_id, "ClientId": client.id}
    return UpdateUserPoolClientRequest(**given)
