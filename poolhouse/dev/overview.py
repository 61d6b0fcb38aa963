"""`GET /` in dev mode: the page that a developer's browser finds at the server's address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from poolhouse.clock import Clock
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool, region_of
from poolhouse.oauth.discovery import CONFIGURATION, KEY_SET
from poolhouse.pages.responses import Pages, accepts_html, received
from poolhouse.rules.oauth.authorization_requests import CODE, TOKEN
from poolhouse.rules.tokens import issuers
from poolhouse.services.context import Services
from poolhouse.wire.enums import OAuthFlowType

MOST_POOLS: Final = 20
MOST_CLIENTS: Final = 10
"""Pools, and clients of each, that the page lists."""
_TYPES: Final = {OAuthFlowType.CODE: CODE, OAuthFlowType.IMPLICIT: TOKEN}


@dataclass(frozen=True, slots=True)
class Examples:
    """Values of the page's examples: the ready-made app client, any access key, the home region."""

    client_id: str
    access_key_id: str
    secret_access_key: str
    region: str


@dataclass(frozen=True, slots=True)
class ShownPool:
    """A pool as the page lists it."""

    id: str
    name: str
    region: str
    issuer: str
    key_set: str
    discovery: str
    domains: tuple[str, ...]
    """Addresses of its domains, below which the OAuth endpoints and pages are."""
    clients: tuple[Client, ...]
    sign_in_pages: Mapping[str, str]
    """Addresses of sign-in pages by app client, of those whose users can sign in at the domain."""
    has_more_clients: bool


class OverviewPage:
    """Answers browsers only. A program that asks gets the 404 that it gets in `serve`."""

    def __init__(self, services: Services, pages: Pages, clock: Clock, examples: Examples) -> None:
        self._services = services
        self._pages = pages
        self._clock = clock
        self._examples = examples

    async def at_domain(self, request: Request) -> Response:
        """Show the same to those who open the address of a domain, which has no page of its own."""
        if await self._services.store.domains.find(request.path_params["name"]) is None:
            raise HTTPException(404)
        return await self.endpoint(request)

    async def endpoint(self, request: Request) -> Response:
        """Show pools, app clients, addresses, and examples with this server's own."""
        if not accepts_html(request):
            raise HTTPException(404)
        url = self._services.url(received(request).origin)
        pools, has_more = await self._pools(url)
        pool, client = _example(pools, self._examples.client_id)
        response = self._pages.page(
            "overview.html",
            scripts=("dev.js",),
            url=url,
            region=self._examples.region,
            now=self._clock.now(),
            pools=pools,
            has_more_pools=has_more,
            pool=pool,
            client=client,
            examples=self._examples,
        )
        response.headers["vary"] = "Accept"
        return response

    async def _pools(self, url: str) -> tuple[list[ShownPool], bool]:
        """Return the ready-made pool and others, and whether there are more."""
        store = self._services.store
        page = await store.pools.page(None, MOST_POOLS)
        ready_made = await store.clients.find(self._examples.client_id)
        first = await store.pools.find(ready_made.pool_id) if ready_made else None
        others = [pool for pool in page.items if first is None or pool.id != first.id]
        pools = [first, *others] if first else others
        return [await self._shown(pool, url) for pool in pools], page.next is not None

    async def _shown(self, pool: Pool, url: str) -> ShownPool:
        page = await self._services.store.clients.page(pool.id, None, MOST_CLIENTS)
        own = issuers.own(pool.id, url)
        domains = tuple(
            self._services.domain_urls.url_of(domain, url)
            for domain in await self._services.store.domains.of_pool(pool.id)
        )
        return ShownPool(
            id=pool.id,
            name=pool.name,
            region=region_of(pool.id),
            issuer=self._services.issuer(pool, url),
            key_set=own + KEY_SET,
            discovery=own + CONFIGURATION,
            domains=domains,
            clients=page.items,
            sign_in_pages={
                client.id: address
                for client in page.items
                if domains and (address := _sign_in_page(client, domains[0]))
            },
            has_more_clients=page.next is not None,
        )


def _sign_in_page(client: Client, domain: str) -> str | None:
    """Return the link by which AWS's console opens the sign-in page of an app client."""
    settings = client.settings
    uris = [settings.DefaultRedirectURI or "", *(settings.CallbackURLs or ())]
    usable = [uri for uri in uris if uri.startswith(("https://", "http://")) and "*" not in uri]
    types = [_TYPES[flow] for flow in settings.AllowedOAuthFlows or () if flow in _TYPES]
    if not (settings.AllowedOAuthFlowsUserPoolClient and usable and types):
        return None
    query = {"client_id": client.id, "response_type": min(types), "redirect_uri": usable[0]}
    return f"{domain}/login?{urlencode(query)}"


def _example(pools: list[ShownPool], ready_made: str) -> tuple[ShownPool | None, Client | None]:
    """Return a pool and a client for the examples: the ready-made ones, else any without a secret.

    A client with a secret would need a hash that the examples don't show.
    """
    candidates = [(pool, client) for pool in pools for client in pool.clients]
    for pool, client in candidates:
        if client.id == ready_made:
            return pool, client
    for pool, client in candidates:
        if not client.secrets:
            return pool, client
    return (pools[0] if pools else None), None
