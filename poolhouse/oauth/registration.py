"""`/oauth2/register`: apps register themselves as app clients (RFC 7591, ev:domain-1.10).

Open registration needs no credentials. Authenticated registration needs an initial access token: an
app client's own token with the scope `aws.cognito/dcr/register`, as bearer.
"""

from poolhouse.entities.pools import Pool
from poolhouse.entities.signing_keys import KeyUse
from poolhouse.errors.registration import (
    BadClientMetadata,
    InitialTokenUnusable,
    PoolFull,
    RegistrationOff,
    TooManyRegistrations,
)
from poolhouse.http.messages import HttpResponse
from poolhouse.oauth import bearer_tokens, responses
from poolhouse.oauth.endpoints import EndpointCall
from poolhouse.rules.oauth import registration
from poolhouse.rules.pools import client_settings
from poolhouse.rules.pools.client_oauth import DCR_SCOPE
from poolhouse.rules.tokens import access_tokens
from poolhouse.rules.tokens.client_credentials import is_machines
from poolhouse.services import custom_scopes, token_verification
from poolhouse.services.context import ClientCall
from poolhouse.wire.errors import ServiceError


async def register(call: EndpointCall) -> HttpResponse:
    """Make an app client for the app, and return what was registered."""
    header = call.request.header(b"authorization")
    pool = call.site.pool if header is None else await _pool_of_token(call, header)
    if pool is None:
        # The root of dev mode: a request without a token names no pool.
        raise RegistrationOff().because("the request names no pool")
    if header is None and not registration.is_open(pool):
        raise InitialTokenUnusable().because("no initial access token")
    flows = registration.allowed_flows(pool, authenticated=header is not None)
    store, ids = call.services.store, call.services.ids
    metadata = registration.read(call.request.body)
    existing = await custom_scopes.existing(store, pool.id, registration.allowed_scopes(pool))
    checked = registration.check(pool, metadata, flows, existing)
    if header is None and not call.services.registrations.take(call.caller.source_ip):
        raise TooManyRegistrations
    if await store.clients.count(pool.id, registration.MOST_CLIENTS) >= registration.MOST_CLIENTS:
        raise PoolFull
    try:
        made = client_settings.create(
            pool,
            checked.request,
            ids.client_id(),
            ids.client_secret(),
            call.caller.now,
            custom_scopes=existing,
        )
    except ServiceError as error:
        raise BadClientMetadata(error.text) from None
    client = registration.as_registered(made)
    await store.commit(store.clients.add(client))
    call.call = ClientCall(call.services, call.caller, pool=pool, client=client)
    call.call.audit.step = "OPEN" if header is None else "AUTHENTICATED"
    return responses.json_response(registration.response(client, checked), 201)


async def _pool_of_token(call: EndpointCall, header: str) -> Pool:
    """Return the pool of an initial access token. Raises InitialTokenUnusable."""
    bearer = bearer_tokens.of_header(header)
    if bearer is None:
        raise InitialTokenUnusable().because("another scheme than Bearer")
    try:
        token, pool = await token_verification.verify_token(
            call.services, bearer, KeyUse.ACCESS, call.caller.now
        )
        access_tokens.check_scope(token, DCR_SCOPE)
    except access_tokens.UnacceptableToken as error:
        raise InitialTokenUnusable().because(str(error)) from None
    if not call.site.serves(pool.id):
        raise InitialTokenUnusable().because("it is of another pool than the domain's")
    client = await call.services.store.clients.find(str(token.claims["sub"]))
    is_own = is_machines(token) and client is not None and client.pool_id == pool.id
    if client is None or not is_own or DCR_SCOPE not in (client.settings.AllowedOAuthScopes or ()):
        raise InitialTokenUnusable().because("its app client is gone, or may not register others")
    call.notes.append(f"registered by app client {client.id}")
    return pool
