"""Check what an app asks of the authorization endpoint (ev:oauth-3, ev:domain-1.4)."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from poolhouse.entities.authorization import AuthorizationRequest
from poolhouse.entities.clients import Client
from poolhouse.errors.oauth import (
    BadChallenge,
    BadParameter,
    BadResponseType,
    LoginOptionUnavailable,
    OAuthNotEnabled,
    RedirectMismatch,
    ResponseTypeNotAllowed,
    ScopeNotAllowed,
    UnknownAppClient,
)
from poolhouse.rules.oauth import logged_addresses, pkce, scopes, wildcard_callbacks
from poolhouse.wire.enums import OAuthFlowType

CODE, TOKEN = "code", "token"
"""The response types: the code grant, and the implicit one."""

COGNITO: Final = "COGNITO"
"""The name of the pool's own users among identity providers."""

NONE, LOGIN = "none", "login"
"""Values of `prompt` that count here; `select_account` and `consent` do nothing (ev:oauth-3)."""

_FLOWS: Final = {CODE: OAuthFlowType.CODE, TOKEN: OAuthFlowType.IMPLICIT}
_LONGEST_STATE: Final = 4_096
_RESOURCE: Final = re.compile(
    r"https://.+|http://localhost([:/].*)?|(?!https?:)[a-z][a-z0-9+.-]*:.+"
)
_OFFLINE_ACCESS: Final = "offline_access"
_SECONDS: Final = re.compile(r"[0-9]{1,9}")


def redirect_uri(
    client: Client | None, params: Mapping[str, str], *, with_wildcards: bool = False
) -> str:
    """Return the registered URI to which the response goes.

    Raises a ShownOnPage: until it has returned, a redirect to the app would be an open redirect.
    The comparison is exact, so case, port, user information and trailing slashes count.

    DIFFERS: `with_wildcards`, which the setting `wildcard_callbacks` turns on, a `*` in the first
    label of a registered host stands for a part of that label (`wildcard_callbacks.py`).
    """
    if client is None:
        raise UnknownAppClient
    settings = client.settings
    if not has_flows(client):
        raise OAuthNotEnabled().because(
            f"AllowedOAuthFlowsUserPoolClient of {client.id} isn't true, or it has no"
            " AllowedOAuthFlows"
        )
    registered = settings.CallbackURLs or []
    given = params.get("redirect_uri")
    if given is None and settings.DefaultRedirectURI and _has_one_provider(client):
        given = settings.DefaultRedirectURI
    if given is None:
        raise RedirectMismatch().because("redirect_uri is missing")
    if given in registered:
        return given
    if with_wildcards and any(wildcard_callbacks.fits(each, given) for each in registered):
        return given
    raise RedirectMismatch().because(
        logged_addresses.unregistered("redirect_uri", given, "CallbackURLs", client.id)
    )


def has_flows(client: Client) -> bool:
    """Return whether the app client may send browsers to a domain at all."""
    settings = client.settings
    return bool(settings.AllowedOAuthFlowsUserPoolClient and settings.AllowedOAuthFlows)


def check_login_option(client: Client, params: Mapping[str, str]) -> None:
    """Refuse a provider that the app client doesn't have: `identity_provider`, `idp_identifier`.

    The pool's own users are one. Providers of other kinds aren't built yet.
    """
    if "idp_identifier" in params:
        raise LoginOptionUnavailable().because("no provider has the idp_identifier")
    given = params.get("identity_provider")
    offered = client.settings.SupportedIdentityProviders or [COGNITO]
    if given is not None and (given != COGNITO or given not in offered):
        raise LoginOptionUnavailable().because("the app client has no such identity_provider")


def prompts(params: Mapping[str, str]) -> frozenset[str]:
    """Return how the app wants its user to be asked. Unknown values are ignored.

    UNVERIFIED: is `none` beside another value an error, as OpenID Connect Core §3.1.2.1 has it?
    """
    asked = frozenset(params.get("prompt", "").split())
    if NONE in asked and len(asked) > 1:
        raise BadParameter().because("prompt is none, and something else")
    return asked


def check(
    client: Client,
    uri: str,
    params: Mapping[str, str],
    doubled: frozenset[str] = frozenset(),
    custom_scopes: Collection[str] = (),
) -> AuthorizationRequest:
    """Return the checked request; `uri` comes from `redirect_uri`. Raises a SentToApp.

    `doubled` are the names of parameters that were sent more than once (RFC 6749 §3.1), and
    `custom_scopes` the client's custom scopes that exist. Parameters that the service doesn't know
    are ignored.
    """
    response_type = params.get("response_type")
    if response_type not in _FLOWS:
        raise BadResponseType
    if doubled & _KNOWN or len(params.get("state", "")) > _LONGEST_STATE:
        raise BadParameter().because("a parameter was sent twice, or state is too long")
    if _FLOWS[response_type] not in (client.settings.AllowedOAuthFlows or ()):
        raise ResponseTypeNotAllowed
    return AuthorizationRequest(
        client_id=client.id,
        redirect_uri=uri,
        response_type=response_type,
        scopes=_scopes(client, params.get("scope"), custom_scopes),
        state=params.get("state"),
        nonce=params.get("nonce"),
        code_challenge=_challenge(params),
        resource=_resource(params.get("resource")),
        acr_values=tuple(params.get("acr_values", "").split()),
        max_age=_max_age(params.get("max_age")),
    )


def without_offline_access(params: Mapping[str, str]) -> Mapping[str, str]:
    """Return the parameters without the scope that standard clients ask for refresh tokens by.

    DIFFERS: the setting `offline_access` turns this on. Codes give a refresh token in any case.
    """
    asked = params.get("scope", "").split(" ")
    if _OFFLINE_ACCESS not in asked:
        return params
    others = [scope for scope in asked if scope != _OFFLINE_ACCESS]
    # Alone it stays, to be refused: no scope at all would mean all of the client's.
    return {**params, "scope": " ".join(others)} if others else params


def as_parameters(request: AuthorizationRequest) -> dict[str, str]:
    """Return the request as the query of a page, from which `check` makes the same one."""
    given = {
        "client_id": request.client_id,
        "redirect_uri": request.redirect_uri,
        "response_type": request.response_type,
        "scope": " ".join(request.scopes),
        "state": request.state,
        "nonce": request.nonce,
        "code_challenge": request.code_challenge,
        "code_challenge_method": request.code_challenge and pkce.METHOD,
        "resource": request.resource,
        "acr_values": " ".join(request.acr_values) or None,
        "max_age": None if request.max_age is None else str(request.max_age),
    }
    return {name: value for name, value in given.items() if value is not None}


_KNOWN: Final = frozenset(
    {
        *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method", "resource", "acr_values", "max_age"),
        *("identity_provider", "idp_identifier", "prompt", "login_hint", "lang"),
    }
)


def _has_one_provider(client: Client) -> bool:
    return len(client.settings.SupportedIdentityProviders or ()) <= 1


def _scopes(client: Client, given: str | None, custom_scopes: Collection[str]) -> tuple[str, ...]:
    """Return the requested scopes, by default all of the app client's (ev:domain-1.4).

    UNVERIFIED: is a request refused if all its scopes are inactive, as here?
    """
    asked = given.split(" ") if given else client.settings.AllowedOAuthScopes or ()
    try:
        granted = scopes.granted(client, asked, custom_scopes)
    except scopes.NeverGiven:
        raise ScopeNotAllowed from None
    if not granted:
        raise ScopeNotAllowed
    return tuple(granted)


def _challenge(params: Mapping[str, str]) -> str | None:
    challenge, method = params.get("code_challenge"), params.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if challenge is None or method != pkce.METHOD or not pkce.is_challenge(challenge):
        raise BadChallenge
    return challenge


def _resource(given: str | None) -> str | None:
    if given is not None and (not _RESOURCE.fullmatch(given) or "#" in given):
        raise BadParameter().because("resource is no absolute URI of an allowed scheme")
    return given


def _max_age(given: str | None) -> int | None:
    if given is None:
        return None
    if not _SECONDS.fullmatch(given):
        raise BadParameter().because("max_age is no number of seconds")
    return int(given)
