"""Look up which custom scopes exist: resource servers define them, and may be deleted."""

from collections.abc import Iterable

from poolhouse.entities.clients import Client
from poolhouse.entities.pool_resources import ResourceServer
from poolhouse.rules.oauth import scopes as rules
from poolhouse.store.store import Store


async def existing(store: Store, pool_id: str, scopes: Iterable[str]) -> frozenset[str]:
    """Return those of the scopes that resource servers of the pool have now.

    Each server is a cached look-up, and the scopes of the service need none. Callers bound the
    number of scopes.
    """
    named = frozenset(scopes)
    found: set[str] = set()
    identifiers = {identifier for each in named if (identifier := rules.server_of(each))}
    for identifier in sorted(identifiers):
        server = await store.resources.find(ResourceServer, pool_id, identifier)
        if server is not None:
            found |= named & server.scope_names
    return frozenset(found)


async def of_client(store: Store, client: Client) -> frozenset[str]:
    """Return the custom scopes of an app client that exist."""
    return await existing(store, client.pool_id, client.settings.AllowedOAuthScopes or ())
