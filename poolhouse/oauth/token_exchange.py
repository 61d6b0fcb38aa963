"""The token exchange grant (RFC 8693, ev:oauth-16): GetDerivedToken, in the protocol's words."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from poolhouse.auth import token_exchange
from poolhouse.errors.oauth import InvalidRequest
from poolhouse.oauth import forms
from poolhouse.services.context import ClientCall
from poolhouse.wire.structs import GetDerivedTokenRequest

TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name

_TYPE: Final = "urn:ietf:params:oauth:token-type:"
_NAMES: Final = {
    f"{_TYPE}access_token": "ACCESS_TOKEN",
    f"{_TYPE}id_token": "ID_TOKEN",
    f"{_TYPE}saml2": "SAML2",
}
"""Types of tokens, by the protocol's name and by the API's."""
_URNS: Final = {name: urn for urn, name in _NAMES.items()}


async def exchange_token(call: ClientCall, form: Mapping[str, str]) -> dict[str, Any]:
    """Return a token in exchange for `subject_token`.

    UNVERIFIED: the response of the service; these are the members of RFC 8693 §2.2.1.
    """
    answer = await token_exchange.derive(call, _request(call, form))
    members = {
        "access_token": answer.IssuedToken,
        "issued_token_type": _URNS[answer.IssuedTokenType.value],
        "token_type": answer.TokenType.value,
        "expires_in": answer.ExpiresIn,
        "scope": None if answer.Scopes is None else " ".join(answer.Scopes),
    }
    return {name: value for name, value in members.items() if value is not None}


def _request(call: ClientCall, form: Mapping[str, str]) -> GetDerivedTokenRequest:
    """Return the form as the API's request. Raises InvalidRequest."""
    scope, audience, resource = form.get("scope"), form.get("audience"), form.get("resource")
    members = {
        "ClientId": call.client.id,
        "SubjectToken": forms.required(form, "subject_token"),
        "SubjectTokenType": _type(forms.required(form, "subject_token_type")),
        "ActorToken": form.get("actor_token"),
        "ActorTokenType": _type(form.get("actor_token_type")),
        "Scopes": None if scope is None else scope.split(),
        "Audiences": None if audience is None else [audience],
        "Resources": None if resource is None else [resource],
        "RequestedTokenType": _type(form.get("requested_token_type")),
    }
    try:
        return msgspec.convert(members, GetDerivedTokenRequest)
    except msgspec.ValidationError:
        raise InvalidRequest().because("a parameter breaks the API model") from None


def _type(urn: str | None) -> str | None:
    """Return the API's name of a token type."""
    if urn is None:
        return None
    name = _NAMES.get(urn)
    if name is None:
        raise InvalidRequest().because("an unknown type of token")
    return name
