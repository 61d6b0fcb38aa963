"""`/oauth2/device_authorization`: a device asks for two codes (RFC 8628 §3.1).

DIFFERS: AWS has no such grant. The setting `device_grant` adds it.
"""

from urllib.parse import urlencode

from poolhouse.auth import device_grant
from poolhouse.errors.oauth import InvalidRequest, InvalidScope, TooManyDevices, UnauthorizedClient
from poolhouse.http.messages import HttpResponse
from poolhouse.oauth import client_authentication, forms, responses
from poolhouse.oauth.endpoints import EndpointCall
from poolhouse.rules.oauth import authorization_requests, scopes
from poolhouse.rules.oauth import device_grants as rules
from poolhouse.services import custom_scopes, domain_urls
from poolhouse.services.context import ClientCall
from poolhouse.services.retry import until_committed


async def device_authorization(call: EndpointCall) -> HttpResponse:
    """Return a code for the device to poll with, and one for its user to type."""
    form = forms.read(call.request)
    client_call = await client_authentication.authenticate(call, form)
    client = client_call.client
    if not rules.may_use(client):
        raise UnauthorizedClient().because(
            f"the app client lacks {rules.GRANT_TYPE} in CallbackURLs, or the flow code"
        )
    if call.services.extras.offline_access:
        form = authorization_requests.without_offline_access(form)
    granted = await _scopes(client_call, form.get("scope"))
    page = await _page(call, client_call)
    if not client.secrets and not call.services.device_requests.take(call.caller.source_ip):
        raise TooManyDevices
    made = await until_committed(client_call, lambda: device_grant.begin(client_call, granted))
    shown = rules.shown(made.user_code)
    return responses.json_response(
        {
            "device_code": made.device_code,
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{urlencode({'user_code': shown})}",
            "expires_in": int(rules.LIFETIME.total_seconds()),
            "interval": int(rules.INTERVAL.total_seconds()),
        }
    )


async def _scopes(call: ClientCall, given: str | None) -> tuple[str, ...]:
    """Return the requested scopes, by default all of the app client's. Raises InvalidScope."""
    asked = given.split(" ") if given else call.client.settings.AllowedOAuthScopes or ()
    existing = await custom_scopes.of_client(call.store, call.client)
    try:
        granted = scopes.granted(call.client, asked, existing)
    except scopes.NeverGiven:
        raise InvalidScope().because("the app client doesn't have a scope") from None
    if not granted:
        raise InvalidScope().because("no scope is active")
    return tuple(granted)


async def _page(call: EndpointCall, client_call: ClientCall) -> str:
    """Return the address of the page where the user types the code. It is always at a domain."""
    if call.site.pool is not None:
        return f"{call.site.url}/device"
    domain = domain_urls.advertised(await call.services.store.domains.of_pool(client_call.pool.id))
    if domain is None:
        raise InvalidRequest().because("the pool has no domain, where the page would be")
    url = call.services.url(call.request.origin)
    return f"{call.services.domain_urls.url_of(domain, url)}/device"
