"""What verifiers of tokens read of a pool: its keys, and what OpenID Connect calls discovery.

Both documents are public, and made again only when the configuration has changed.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from poolhouse.entities.pool_resources import ClientDocumentPolicy
from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.errors.pools import PoolNotFound
from poolhouse.http.messages import Headers, HttpRequest, HttpResponse, Route
from poolhouse.rules.oauth import pkce
from poolhouse.rules.tokens import issuers
from poolhouse.rules.tokens.signing_keys import CACHED
from poolhouse.services import domain_urls
from poolhouse.services.context import Services
from poolhouse.services.domain_extras import DomainExtras
from poolhouse.store.configuration import GenerationCache
from poolhouse.wire.enums import StatusType

KEY_SET: Final = "/.well-known/jwks.json"
CONFIGURATION: Final = "/.well-known/openid-configuration"

_JSON: Final[Headers] = [
    (b"content-type", b"application/json"),
    (b"access-control-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
]
_KEPT_BY_READERS: Final = (
    b"cache-control",
    f"public, max-age={CACHED.total_seconds():.0f}".encode(),
)
_NOT_KEPT: Final = (b"cache-control", b"no-store")
_POOL_ID: Final = re.compile(r"[\w-]{1,55}", re.ASCII)
"""Roughly: what isn't of this form needn't be asked for."""

_Make = Callable[[Pool, str], Awaitable[dict[str, Any]]]
"""A document about a pool, for a client that finds this server at an address."""


class WellKnown:
    """The two documents, each cached until the configuration changes."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> Mapping[tuple[str, str], Route]:
        return {
            ("GET", f"/*{KEY_SET}"): self._route(self._key_set),
            ("GET", f"/*{CONFIGURATION}"): self._route(self._configuration),
        }

    def _route(self, make: _Make) -> Route:
        store = self._services.store
        cache: GenerationCache[HttpResponse] = store.configuration.new_cache()

        async def route(request: HttpRequest) -> HttpResponse:
            await store.configuration.refresh()
            pool_id, url = _pool_id(request.path), self._services.url(request.origin)
            if cached := cache.get(f"{url}/{pool_id}"):
                return cached
            read_at = cache.generation
            pool = await store.pools.find(pool_id) if _POOL_ID.fullmatch(pool_id) else None
            if pool is None:
                return _unknown(pool_id)
            body = msgspec.json.encode(await make(pool, url))
            return cache.keep(
                f"{url}/{pool_id}", HttpResponse(200, [*_JSON, _KEPT_BY_READERS], body), read_at
            )

        return route

    async def _key_set(self, pool: Pool, _: str) -> dict[str, Any]:
        """Return the public keys that sign ID and access tokens, that lately did, and soon will."""
        keys = [
            key
            for use in (KeyUse.ID, KeyUse.ACCESS)
            for key in (await self._services.signing_keys.verifying(pool.id, use)).values()
        ]
        return {"keys": [key.public_jwk() for key in keys]}

    async def _configuration(self, pool: Pool, url: str) -> dict[str, Any]:
        """Return the members that AWS has, in its order (ev:oauth-1).

        Those of the endpoints are there once the pool has a domain. The keys are always ours, also
        if the issuer is AWS's.
        """
        services = self._services
        domain = domain_urls.advertised(await services.store.domains.of_pool(pool.id))
        members: dict[str, Any] = {
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": services.issuer(pool, url),
            "jwks_uri": issuers.own(pool.id, url) + KEY_SET,
            "response_types_supported": ["code", "token"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
        }
        if domain is not None:
            at = services.domain_urls.url_of(domain, url)
            members |= _endpoints(pool, at, services.extras)
            if await services.store.resources.count(ClientDocumentPolicy, pool.id, 1):
                # The draft's member, by which clients decide. UNVERIFIED: does the service have it?
                members["client_id_metadata_document_supported"] = True
        return dict(sorted(members.items()))


def _endpoints(pool: Pool, at: str, extras: DomainExtras) -> dict[str, Any]:
    """Return the members of a domain at this address.

    DIFFERS: AWS names neither PKCE, which works all the same, nor introspection and the device
    grant, which it lacks. Each is named if its setting is on.
    """
    members: dict[str, Any] = {
        "authorization_endpoint": f"{at}/oauth2/authorize",
        "end_session_endpoint": f"{at}/logout",
        "revocation_endpoint": f"{at}/oauth2/revoke",
        "token_endpoint": f"{at}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{at}/oauth2/userInfo",
    }
    if extras.advertise_pkce:
        members["code_challenge_methods_supported"] = [pkce.METHOD]
    if extras.token_introspection:
        members["introspection_endpoint"] = f"{at}/oauth2/introspect"
    if extras.device_grant:
        members["device_authorization_endpoint"] = f"{at}/oauth2/device_authorization"
    registration = pool.settings.DcrConfiguration
    if registration is not None and registration.EnableStatus is StatusType.ENABLED:
        members["registration_endpoint"] = f"{at}/oauth2/register"
    return members


def _pool_id(path: bytes) -> str:
    """Return the first segment of the path, whatever it may be."""
    return unquote_to_bytes(path.split(b"/", 2)[1]).decode(errors="replace")


def _unknown(pool_id: str) -> HttpResponse:
    """Return the response for an unknown pool.

    UNVERIFIED: AWS's status and members (ev:oauth-1 knows of a `message`).
    """
    error = {"message": PoolNotFound(pool_id=pool_id).text}
    return HttpResponse(404, [*_JSON, _NOT_KEPT], msgspec.json.encode(error))
