"""One request for a page of a domain, checked: the app client and what its app has asked for."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

from poolhouse.entities.authorization import AuthorizationRequest
from poolhouse.entities.clients import Client
from poolhouse.entities.domains import CLASSIC
from poolhouse.entities.pools import Pool
from poolhouse.errors.oauth import Destination, SentToApp, UnknownAppClient, UnreadableRequest
from poolhouse.http import parameters
from poolhouse.http.messages import HttpRequest
from poolhouse.oauth.endpoints import caller_of
from poolhouse.oauth.sites import Site
from poolhouse.pages.hosted_ui import cookies
from poolhouse.pages.looks import BUILT_IN, Looks
from poolhouse.pages.responses import received
from poolhouse.rules.oauth import (
    account_sign_in,
    authorization_requests,
    browser_sessions,
    client_ids,
    document_urls,
)
from poolhouse.services import client_documents, custom_scopes, domain_urls
from poolhouse.services.context import ClientCall, Services
from poolhouse.services.retry import until_committed
from poolhouse.wire.enums import ClientTypeType
from poolhouse.wire.errors import ServiceError

T = TypeVar("T")

CLIENT_ID: Final = "client_id"
MOST_FIELDS: Final = 200
"""Parameters of a query or form that are read."""


@dataclass(slots=True, kw_only=True)
class ClientRequest:
    """A request for a page that names an app client of the site. `call` is how its steps run.

    `params` is the query and `form` the body of a POST: of doubled names the first counts.
    """

    received: HttpRequest
    site: Site
    pool: Pool
    client: Client
    params: Mapping[str, str]
    doubled: frozenset[str] = frozenset()
    """Names of parameters that the query has more than once."""
    form: Mapping[str, str]
    cookies: Mapping[str, str]
    call: ClientCall
    refused: ServiceError | None = None
    """The refusal that the response shows, for the log and the audit trail."""
    is_audited: bool = False
    """This request has done something of note. Forms always do."""
    looks: Looks = BUILT_IN
    """What the app client's style changes in the page."""

    @property
    def cookie_path(self) -> str:
        """Return the path of the site's cookies."""
        return self.site.root_path or "/"

    @property
    def browser_cookie(self) -> str:
        """Return the cookie of a browser session, or an empty text."""
        return self.cookies.get(cookies.BROWSER_SESSION, "")

    @property
    def pages_version(self) -> int:
        """Return which pages the domain has: classic, or managed login."""
        return self.site.domain.pages_version if self.site.domain else CLASSIC

    @property
    def app_name(self) -> str:
        """Return what the page calls the app."""
        return self.client.name

    @property
    def query(self) -> str:
        """Return the query that leads to another page with the same parameters."""
        return self.query_with()

    def query_with(self, **changed: str) -> str:
        """Return the same with other values of what pages hand on to each other."""
        return urlencode({CLIENT_ID: self.client.id, **changed})

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run a step as the API runs an operation: again after a conflict, guesses committed."""
        return await until_committed(self.call, work)


@dataclass(slots=True, kw_only=True)
class PageRequest(ClientRequest):
    """A request for a page of a sign-in, with the checked request of its app."""

    authorization: AuthorizationRequest
    account: Mapping[str, str] | None = None
    """The parameters of a sign-in for the account page. Such a request is of no app."""

    @property
    def app_name(self) -> str:
        """Return what the page calls the app: with the host of its URI, if it has named itself."""
        name, settings = self.client.name, self.client.settings
        if settings.ClientType is not ClientTypeType.DCR:
            return name
        parts = urlsplit(self.authorization.redirect_uri)
        return f"{name} ({parts.hostname or parts.scheme})"

    def query_with(self, **changed: str) -> str:
        """Return the query with the request of the app."""
        kept = self.account
        if kept is None:
            kept = authorization_requests.as_parameters(self.authorization)
        extra = {name: self.params[name] for name in _KEPT if name in self.params}
        return urlencode({**kept, **extra, **changed})

    @property
    def destination(self) -> Destination:
        """Return where the app gets refusals."""
        asked = self.authorization
        is_trusted = not browser_sessions.asks_first(self.client)
        return Destination(
            asked.redirect_uri, asked.state, asked.response_type, is_trusted=is_trusted
        )


_KEPT: Final = ("login_hint", "lang", "prompt")
"""Parameters that pages hand on to each other beside the request of the app."""


async def load(services: Services, request: Request, site: Site) -> PageRequest:
    """Return the checked request for a page.

    Raises a ShownOnPage if no app can be answered, and a SentToApp otherwise (`errors/oauth.py`).
    """
    found = await load_client(services, request, site)
    client, params = found.client, found.params
    extras = services.extras
    if extras.account_page and account_sign_in.PARAMETER in params:
        account = account_sign_in.parameters(client, params)
        return _of_parts(found, account_sign_in.request(client, found.site.url), account)
    if extras.offline_access:
        params = authorization_requests.without_offline_access(params)
    uri = authorization_requests.redirect_uri(
        client, params, with_wildcards=extras.wildcard_callbacks
    )
    existing = await custom_scopes.of_client(services.store, client)
    try:
        authorization = authorization_requests.check(client, uri, params, found.doubled, existing)
    except SentToApp as error:
        response_type = params.get("response_type", "")
        is_trusted = not browser_sessions.asks_first(client)
        raise error.to(
            Destination(uri, params.get("state"), response_type, is_trusted=is_trusted)
        ) from None
    return _of_parts(found, authorization)


def _of_parts(
    found: ClientRequest,
    authorization: AuthorizationRequest,
    account: Mapping[str, str] | None = None,
) -> PageRequest:
    return PageRequest(
        **{each.name: getattr(found, each.name) for each in fields(found)},
        authorization=authorization,
        account=account,
    )


async def load_client(
    services: Services, request: Request, site: Site, client_id: str | None = None
) -> ClientRequest:
    """Return the request of an app client of this site. Raises a ShownOnPage.

    `client_id` is that of a request whose parameters don't name one.
    """
    await services.store.configuration.refresh()
    raw = received(request)
    pairs = _pairs(raw.query)
    params = _first(pairs)
    given = params.get(CLIENT_ID, "") if client_id is None else client_id
    client = await _client(services, site, given, raw.now)
    pool = await services.store.pools.find(client.pool_id) if client else None
    if client is None or pool is None or not site.serves(pool.id):
        raise UnknownAppClient().because(_why_unknown(given))
    if site.pool is None:
        domains = await services.store.domains.of_pool(pool.id)
        site = site.of_pool(pool, domain_urls.advertised(domains))
    return ClientRequest(
        received=raw,
        site=site,
        pool=pool,
        client=client,
        params=params,
        doubled=_doubled(pairs) if len(params) < len(pairs) else frozenset(),
        form=form_of(raw),
        cookies=cookies_of(raw),
        call=ClientCall(services, caller_of(raw), pool=pool, client=client),
    )


def params_of(raw: HttpRequest) -> dict[str, str]:
    """Return the parameters of the query, of doubled ones the first. Raises UnreadableRequest."""
    return _first(_pairs(raw.query))


def form_of(raw: HttpRequest) -> dict[str, str]:
    """Return the fields of a POST's form, and of doubled ones the first; none of other requests.

    Raises UnreadableRequest.
    """
    return _first(_pairs(raw.body)) if raw.method == "POST" else {}


async def _client(services: Services, site: Site, given: str, now: datetime) -> Client | None:
    """Return the app client that a request names, by its id or its document's URL.

    A URL names one at a domain only: the root of dev mode doesn't know its pool.
    """
    if site.pool is not None and document_urls.looks_like_url(given):
        return await client_documents.client_of(services, site.pool, given, now)
    return await services.store.clients.find(given) if client_ids.may_be_id(given) else None


def _why_unknown(given: str) -> str:
    """Return the log's reason. A text that can't be the id of an app client isn't repeated."""
    if not given:
        return "client_id is missing"
    is_shown = client_ids.may_be_id(given)
    return f"the pool has no app client {given!r}" if is_shown else "client_id is no app client's"


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a query or form. Raises UnreadableRequest."""
    try:
        return parameters.parse(raw, MOST_FIELDS)
    except parameters.UnreadableParameters as error:
        raise UnreadableRequest().because(str(error)) from None


def _doubled(pairs: list[tuple[str, str]]) -> frozenset[str]:
    counts = Counter(name for name, _ in pairs)
    return frozenset(name for name, count in counts.items() if count > 1)


def _first(pairs: list[tuple[str, str]]) -> dict[str, str]:
    return dict(reversed(pairs))


def cookies_of(raw: HttpRequest) -> dict[str, str]:
    """Return the cookies by name. Of two the first counts, which has the longest path.

    At a domain below a path it is the domain's own (RFC 6265 §5.4); the other is of the root.
    """
    found: dict[str, str] = {}
    for pair in (raw.header(b"cookie") or "").split(";"):
        name, _, value = pair.partition("=")
        found.setdefault(name.strip(), value.strip())
    return found
