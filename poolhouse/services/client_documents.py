"""Find the client that the URL of a client ID metadata document names (CIMD).

A policy of the pool admits URLs by patterns and names the app client whose settings they get. The
document gives the name, the redirect URIs and the grant types.
"""

from datetime import datetime
from typing import Final

from poolhouse.entities.client_documents import ClientDocument
from poolhouse.entities.clients import Client
from poolhouse.entities.pool_resources import ClientDocumentPolicy
from poolhouse.entities.pools import Pool
from poolhouse.rules.oauth import client_documents as rules
from poolhouse.rules.oauth import document_urls
from poolhouse.rules.pools import client_document_policies as policies
from poolhouse.services.context import Services
from poolhouse.services.document_fetches import DocumentRefused
from poolhouse.store import client_documents
from poolhouse.store.interface import VersionConflict, Write

MOST_OF_POLICY: Final = 1_000
"""Documents that a policy caches; another one takes the place of its neighbour by URL."""


async def find_client(
    services: Services, pool: Pool, client_id: str, now: datetime
) -> Client | None:
    """Return the app client of a pool that `client_id` names, by its id or by a document's URL."""
    if document_urls.looks_like_url(client_id):
        return await client_of(services, pool, client_id, now)
    client = await services.store.clients.find(client_id)
    return client if client is not None and client.pool_id == pool.id else None


async def client_of(services: Services, pool: Pool, client_id: str, now: datetime) -> Client | None:
    """Return the client of a document's URL, which is its id; None if the pool admits none.

    The document is fetched unless it is cached.
    """
    found = await _admitted(services, pool, client_id)
    if found is None:
        return None
    policy, app = found
    document = await services.store.client_documents.find(pool.id, policy.policy_id, client_id)
    if document is None or document.content is None or document.expires_at <= now:
        try:
            document = await services.client_documents.document(policy, client_id, now)
            await services.store.commit(*await _writes(services, document))
        except (DocumentRefused, VersionConflict):
            return None
    return rules.client(app, client_id, document.content)


async def client_of_token(services: Services, pool: Pool, client_id: str) -> Client | None:
    """Return the client of a URL to which a token was issued; its document isn't needed any more.

    None if no policy admits it now: its tokens count no longer.
    """
    found = await _admitted(services, pool, client_id)
    return None if found is None else rules.client(found[1], client_id, None)


async def refreshed(
    services: Services, policy: ClientDocumentPolicy, url: str, now: datetime
) -> Write:
    """Fetch a cached document again, and return its write. Raises DocumentRefused."""
    document = await services.client_documents.document(policy, url, now, again=True)
    return client_documents.put(document)


async def _admitted(
    services: Services, pool: Pool, url: str
) -> tuple[ClientDocumentPolicy, Client] | None:
    """Return the policy that admits a URL, and its app client."""
    if not document_urls.is_document_url(url) or not policies.has_client_documents(pool):
        return None
    there = await services.store.resources.page(ClientDocumentPolicy, pool.id, None, policies.MOST)
    policy = policies.that_admits(there.items, url)
    app = await services.store.clients.find(policy.client_id) if policy else None
    if policy is None or app is None or app.pool_id != pool.id:
        return None
    return policy, app


async def _writes(services: Services, document: ClientDocument) -> list[Write]:
    """Return the writes that cache a document, instead of another if the policy is full."""
    there, of_policy = services.store.client_documents, (document.pool_id, document.policy_id)
    writes = [client_documents.put(document)]
    is_full = await there.count(*of_policy, MOST_OF_POLICY) >= MOST_OF_POLICY
    if is_full and await there.find(*of_policy, document.url) is None:
        after = (await there.page(*of_policy, document.url, 1)).items
        neighbours = after or (await there.page(*of_policy, None, 1)).items
        writes += [client_documents.drop((*of_policy, each.url)) for each in neighbours]
    return writes
