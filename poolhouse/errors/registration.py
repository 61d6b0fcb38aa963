"""Refusals of `/oauth2/register`: one class per situation, its code that of RFC 7591 §3.2.2.

UNVERIFIED: statuses and descriptions of the service. No public report has one (ev:domain-1.10).
"""

from poolhouse.errors.oauth import OAuthError


class BadClientMetadata(OAuthError):
    """A member of the request that can't be registered. The description names it."""

    code = "invalid_client_metadata"

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.description = sentence


class BadRedirectUri(OAuthError):
    """A redirect URI that can't be registered."""

    code = "invalid_redirect_uri"

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.description = sentence


class InitialTokenUnusable(OAuthError):
    """The initial access token has expired, lacks the scope, or is of another pool."""

    at_bearer = True
    code = "invalid_token"
    status = 401
    description = "The initial access token is missing or invalid"


class RegistrationOff(OAuthError):
    """The pool's configuration allows no registration of this kind."""

    code = "access_denied"
    status = 403
    description = "Dynamic client registration is not enabled"


class TooManyRegistrations(OAuthError):
    """More open registrations from one address, or from all, than a minute allows."""

    code = "temporarily_unavailable"
    status = 429


class PoolFull(OAuthError):
    """The pool has as many app clients as registration fills it with."""

    code = "access_denied"
    status = 403
    description = "Maximum number of app clients has been reached"
