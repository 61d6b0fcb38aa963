"""Check an app client's OAuth configuration (ev:users-4.1).

Measured sentences are those of ev:cdk-preflight, unless another source is named.
"""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from poolhouse.entities.clients import Client
from poolhouse.errors.pools import InvalidOAuthFlow, UnknownScope
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.oauth import redirect_uris
from poolhouse.wire.enums import ClientTypeType, OAuthFlowType
from poolhouse.wire.structs import UserPoolClientType

LOCAL_PROVIDER: Final = "COGNITO"
USER_SCOPES: Final = frozenset(
    {"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}
)
"""Scopes about a user, which a client's own token can't have."""

DCR_SCOPE: Final = "aws.cognito/dcr/register"

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def check(client: Client, custom_scopes: Collection[str] = ()) -> None:
    """Refuse flows, scopes, URLs and providers that cannot work.

    `custom_scopes` are those of the client's scopes that the pool's resource servers define.
    Flows and scopes may be set while AllowedOAuthFlowsUserPoolClient is false: they rest then
    (terraform-provider-aws#34945).
    """
    settings = client.settings
    for url in (*(settings.CallbackURLs or ()), *(settings.LogoutURLs or ())):
        _check_url(url)
    default = settings.DefaultRedirectURI
    if default is not None and default not in (settings.CallbackURLs or ()):
        raise InvalidParameter(
            text=f"The default redirect URI {default} is not in the callback URIs list."
        )
    _check_flows(settings, has_secret=bool(client.secrets))
    _check_scopes(settings, custom_scopes)
    if settings.ClientType is ClientTypeType.DCR and DCR_SCOPE in (
        settings.AllowedOAuthScopes or ()
    ):
        # They can't have it, by the API model. UNVERIFIED: the error?
        raise UnknownScope(scope=DCR_SCOPE)
    for provider in settings.SupportedIdentityProviders or ():
        if provider != LOCAL_PROVIDER:
            raise InvalidParameter(
                text=f"The provider {provider} does not exist for User Pool {client.pool_id}."
            )


def _check_url(url: str) -> None:
    """Check for an absolute URI without fragment; plain HTTP is for the local machine only.

    UNVERIFIED: does the service accept `javascript:` and other schemes that browsers run?
    """
    if "#" in url:
        raise InvalidParameter(text=f"{url} cannot use fragment")
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme, parts.hostname
    except ValueError:
        scheme, host = "", None
    if not scheme or (scheme in ("http", "https") and not host):
        # UNVERIFIED: the sentence; the model demands an absolute URI
        raise InvalidParameter(text=f"{url} is not an absolute URI")
    if scheme in redirect_uris.RUNNING:
        raise InvalidParameter(text=f"{url} cannot use the {scheme.upper()} protocol.")
    if scheme == "http" and host not in _LOOPBACK:
        raise InvalidParameter(text=f"{url} cannot use the HTTP protocol.")


def _check_flows(settings: UserPoolClientType, *, has_secret: bool) -> None:
    flows = set(settings.AllowedOAuthFlows or ())
    is_on = settings.AllowedOAuthFlowsUserPoolClient
    if is_on and not (flows and settings.AllowedOAuthScopes):
        raise InvalidParameter(
            text="AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is"
            " allowed to use OAuth flows."
        )
    if OAuthFlowType.CLIENT_CREDENTIALS in flows:
        if len(flows) > 1:
            raise InvalidOAuthFlow(
                text="client_credentials flow can not be selected along with code flow or implicit"
                " flow."
            )
        if not has_secret:
            raise InvalidOAuthFlow(
                text="client_credentials flow can not be selected if client does not have a client"
                " secret."
            )
    elif flows and is_on and not settings.CallbackURLs:
        raise InvalidOAuthFlow(  # crossfeed#440
            text="CallbackUrls can not be empty when code flow or implicit flow is selected"
        )


def _check_scopes(settings: UserPoolClientType, custom_scopes: Collection[str]) -> None:
    """Check that the scopes exist.

    UNVERIFIED: is an update refused that names a scope which was deleted, as here?
    """
    on_own_behalf = OAuthFlowType.CLIENT_CREDENTIALS in (settings.AllowedOAuthFlows or ())
    for scope in settings.AllowedOAuthScopes or ():
        if scope not in USER_SCOPES and scope != DCR_SCOPE and scope not in custom_scopes:
            raise UnknownScope(scope=scope)
        if on_own_behalf and scope in USER_SCOPES:
            raise InvalidOAuthFlow(  # terraform-provider-aws#4984
                text=f"{scope} is not supported with client_credentials flow"
            )
