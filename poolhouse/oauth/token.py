"""`/oauth2/token`: tokens for a code, a refresh token, an app client or another token (ev:oauth-4).

Each grant is a function. The token endpoint authenticates the app client first, so that parameters
of unauthenticated callers cost nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from poolhouse.auth import client_credentials, code_exchange, device_grant, refresh_with_rotation
from poolhouse.errors.oauth import (
    InvalidGrant,
    InvalidRequest,
    OAuthError,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from poolhouse.http.messages import HttpResponse
from poolhouse.oauth import client_authentication, forms, responses
from poolhouse.oauth.endpoints import EndpointCall
from poolhouse.oauth.refusals import as_oauth
from poolhouse.oauth.token_exchange import TOKEN_EXCHANGE, exchange_token
from poolhouse.rules.oauth import client_documents, client_scopes, device_grants
from poolhouse.rules.tokens import client_credentials as machine_tokens
from poolhouse.services import custom_scopes
from poolhouse.services.context import ClientCall
from poolhouse.services.retry import until_committed
from poolhouse.wire.enums import OAuthFlowType
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import AuthenticationResultType

Form = Mapping[str, str]
_metadata_decoder: Final = msgspec.json.Decoder(dict[str, str])


class _Grant(NamedTuple):
    """A grant: its function, and the error for what it refuses otherwise."""

    issue: Callable[[ClientCall, Form], Awaitable[dict[str, Any]]]
    refusal: type[OAuthError] = InvalidGrant


async def token(call: EndpointCall) -> HttpResponse:
    """Return the tokens of a grant."""
    form = forms.read(call.request)
    name = forms.required(form, "grant_type")
    grant = _GRANTS.get(name)
    if grant is None or (
        name == device_grants.GRANT_TYPE and not call.services.extras.device_grant
    ):
        raise UnsupportedGrantType
    client_call = await client_authentication.authenticate(call, form)
    client_call.audit.step = name
    try:
        content = await until_committed(client_call, lambda: grant.issue(client_call, form))
    except ServiceError as error:
        raise as_oauth(error, grant.refusal) from error
    return responses.json_response(content)


async def _exchange_code(call: ClientCall, form: Form) -> dict[str, Any]:
    """Return the tokens of an authorization code: a refresh token if the client may use one."""
    code, redirect_uri = forms.required(form, "code"), forms.required(form, "redirect_uri")
    _check_flow(call, OAuthFlowType.CODE)
    tokens = _tokens(
        await code_exchange.exchange(call, code, redirect_uri, form.get("code_verifier"))
    )
    if not client_documents.may_refresh(call.client):
        tokens.pop("refresh_token", None)
    return tokens


async def _refresh(call: ClientCall, form: Form) -> dict[str, Any]:
    """Return new tokens for a refresh token, and the next one where the client rotates them.

    They have the scopes of the sign-in: `scope` is ignored (ev:oauth-4). UNVERIFIED: is a client
    without OAuth flows refused here? Its refresh tokens work at the API, so they do here too.
    """
    given = forms.required(form, "refresh_token")
    if OAuthFlowType.CLIENT_CREDENTIALS in (call.client.settings.AllowedOAuthFlows or ()):
        raise UnauthorizedClient().because("the app client has tokens of its own only")
    if not client_documents.may_refresh(call.client):
        raise UnauthorizedClient().because("its metadata document lacks the grant refresh_token")
    result = await refresh_with_rotation.renew(call, given, device_key=None, client_metadata=None)
    call.proven = True
    return _tokens(result)


async def _exchange_device_code(call: ClientCall, form: Form) -> dict[str, Any]:
    """Return the tokens of a device code, once its user has allowed them."""
    return _tokens(await device_grant.exchange(call, forms.required(form, "device_code")))


async def _issue_to_client(call: ClientCall, form: Form) -> dict[str, Any]:
    """Return a token for the app client itself."""
    scopes = client_scopes.requested(form.get("scope"))
    metadata = _metadata(form.get("aws_client_metadata"))
    _check_flow(call, OAuthFlowType.CLIENT_CREDENTIALS)
    machine_tokens.check_allowed(call.client)
    existing = await custom_scopes.of_client(call.store, call.client)
    if scopes is not None:
        existing |= await custom_scopes.existing(call.store, call.pool.id, scopes)
    client_scopes.check(call.client, scopes, existing)
    granted = machine_tokens.granted(call.client, scopes, existing)
    result = await client_credentials.issue(call, granted, metadata)
    call.proven = True
    return {
        "access_token": result.AccessToken,
        "expires_in": result.ExpiresIn,
        "token_type": result.TokenType,
    }


_GRANTS: Final = {
    "authorization_code": _Grant(_exchange_code),
    "refresh_token": _Grant(_refresh),
    "client_credentials": _Grant(_issue_to_client),
    TOKEN_EXCHANGE: _Grant(exchange_token, InvalidRequest),
    device_grants.GRANT_TYPE: _Grant(_exchange_device_code),
}


def _check_flow(call: ClientCall, flow: OAuthFlowType) -> None:
    settings = call.client.settings
    if not settings.AllowedOAuthFlowsUserPoolClient or flow not in (
        settings.AllowedOAuthFlows or ()
    ):
        raise UnauthorizedClient().because(f"the app client hasn't the flow {flow.value}")


def _metadata(parameter: str | None) -> dict[str, str] | None:
    """Return `aws_client_metadata`: a JSON object of texts."""
    if parameter is None:
        return None
    try:
        return _metadata_decoder.decode(parameter)
    except (msgspec.MsgspecError, RecursionError):
        raise InvalidRequest().because("aws_client_metadata is no JSON object of texts") from None


def _tokens(result: AuthenticationResultType) -> dict[str, Any]:
    """Return the members of the response; a token that isn't there is absent."""
    members = {
        "id_token": result.IdToken,
        "access_token": result.AccessToken,
        "refresh_token": result.RefreshToken,
        "expires_in": result.ExpiresIn,
        "token_type": result.TokenType,
    }
    return {name: value for name, value in members.items() if value is not None}
