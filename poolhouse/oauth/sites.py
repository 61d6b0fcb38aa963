"""Find the pool's domain that a request is for, and the address that its clients use.

A domain answers at its own host, and below `/domains/NAME/` of this server. Dev mode answers at the
server's root too: there a request names its app client, and the client's pool is meant.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from poolhouse.entities.domains import Domain
from poolhouse.entities.pools import Pool
from poolhouse.http.messages import HttpRequest
from poolhouse.services.context import Services
from poolhouse.services.domain_urls import FOLDER

ROOT_PATHS: Final = ("/oauth2/", "/saml2/", "/passkeys/", "/branding/", "/account/")
"""Beginnings of paths that dev mode serves at its root."""
ROOT_PAGES: Final = frozenset(
    {
        *("/authorize", "/login", "/logout", "/signup", "/confirm", "/resendcode", "/error"),
        *("/forgotPassword", "/confirmforgotPassword", "/login/continue"),
        *("/login/session", "/login/passkey", "/account"),
    }
)


class Site(msgspec.Struct, frozen=True):
    """A place where endpoints and pages of a pool are.

    `url` is how clients address it, without a slash at its end; `root_path` is its path part. The
    pool is None at the root of dev mode until the request's app client is known.
    """

    url: str
    root_path: str
    pool: Pool | None
    domain: Domain | None

    def of_pool(self, pool: Pool, domain: Domain | None) -> "Site":
        """Return the same place for the pool of the request's app client."""
        return replace(self, pool=pool, domain=domain)

    def serves(self, pool_id: str) -> bool:
        """Return whether an app client of this pool may be used here."""
        return self.pool is None or self.pool.id == pool_id


class Sites:
    """Finds the site of a request."""

    def __init__(self, services: Services, *, at_root: bool) -> None:
        """`at_root`: serve the paths of a domain at the server's root too."""
        self._services = services
        self._at_root = at_root

    async def find(self, request: HttpRequest, path: str) -> tuple[Site, str] | None:
        """Return the site that a request addresses and the path there, or None if it is none."""
        origin = request.origin
        if not self._services.is_own(origin) and (
            at_host := await self._at_host(request.header(b"host") or "", request.is_secure)
        ):
            return at_host, path
        if found := self._services.domain_urls.name_in_path(path):
            name, below = found
            url, root_path = self._services.url(origin), f"{FOLDER}{name}"
            site = await self._site(name, url=f"{url}{root_path}", root_path=root_path)
            return None if site is None else (site, below)
        if self._at_root and (path in ROOT_PAGES or path.startswith(ROOT_PATHS)):
            return Site(self._services.url(origin), "", None, None), path
        return None

    async def _at_host(self, host: str, is_secure: bool) -> Site | None:
        """Return the site of a domain's own host. No other domain answers there, not even by path.

        Otherwise its origin, with its cookies, would be another pool's too.
        """
        urls = self._services.domain_urls
        for name in urls.names_of_host(host):
            url = urls.address_of_host(host, is_secure=is_secure)
            if site := await self._site(name, url=url, root_path=""):
                return site
        return None

    async def _site(self, name: str, *, url: str, root_path: str) -> Site | None:
        await self._services.store.configuration.refresh()
        domain = await self._services.store.domains.find(name)
        pool = await self._services.store.pools.find(domain.pool_id) if domain else None
        return None if pool is None else Site(url, root_path, pool, domain)
