"""`/oauth2/introspect`: what a token is worth now (RFC 7662).

DIFFERS: AWS has no such endpoint. The setting `token_introspection` adds it.
"""

from typing import Any, Final

from poolhouse.entities.signing_keys import KeyUse
from poolhouse.errors.oauth import InvalidClient
from poolhouse.errors.tokens import InvalidRefreshToken
from poolhouse.http.messages import HttpResponse
from poolhouse.oauth import client_authentication, forms, responses
from poolhouse.oauth.endpoints import EndpointCall
from poolhouse.rules.tokens import access_tokens, client_credentials, sessions
from poolhouse.services import refresh_tokens, token_verification
from poolhouse.services.context import ClientCall
from poolhouse.wire.errors import ServiceError

_INACTIVE: Final = {"active": False}
_SHOWN: Final = ("scope", "client_id", "username", "exp", "iat", "sub", "aud", "iss", "jti")
"""Claims of an access token that RFC 7662 §2.2 names."""


async def introspect(call: EndpointCall) -> HttpResponse:
    """Return whether a token is valid, and what an access token contains.

    Only app clients with a secret may ask, about access tokens of their pool and about their own
    refresh tokens. Every other token is `{"active": false}`, without a reason (RFC 7662 §2.2).
    """
    form = forms.read(call.request)
    client_call = await client_authentication.authenticate(call, form)
    if not client_call.client.secrets:
        raise InvalidClient().because("the app client has no secret")
    token = forms.required(form, "token")
    found = await _of_access_token(client_call, token) or await _of_refresh_token(
        client_call, token
    )
    return responses.json_response(found or _INACTIVE)


async def _of_access_token(call: ClientCall, token: str) -> dict[str, Any] | None:
    try:
        parsed, pool = await token_verification.verify_token(
            call.services, token, KeyUse.ACCESS, call.now
        )
        if pool.id != call.pool.id:
            return None
        if client_credentials.is_machines(parsed):
            if await call.store.clients.find(str(parsed.claims["client_id"])) is None:
                return None
        else:
            await token_verification.resolve_token_subject(call.services, pool, parsed)
    except (access_tokens.UnacceptableToken, ServiceError):
        return None
    shown: dict[str, Any] = {name: parsed.claims[name] for name in _SHOWN if name in parsed.claims}
    return {"active": True, "token_type": "Bearer", **shown}


async def _of_refresh_token(call: ClientCall, token: str) -> dict[str, Any] | None:
    """Return what a refresh token of this app client is; a replaced one is inactive."""
    try:
        opened = refresh_tokens.open_refresh_token(call.services, token)
    except InvalidRefreshToken:
        return None
    found = await call.store.sessions.with_user(opened.pool_id, opened.sub, opened.session_id)
    user, session = found or (None, None)
    if user is None or session is None or not user.enabled or sessions.is_over(session, user):
        return None
    if session.client_id != call.client.id or call.now >= session.expires_at:
        return None
    if refresh_tokens.secret_digest(call.services, opened.secret) != session.refresh:
        return None
    return {
        "active": True,
        "scope": session.scope,
        "client_id": session.client_id,
        "username": user.username,
        "exp": int(session.expires_at.timestamp()),
        "sub": user.sub,
    }
