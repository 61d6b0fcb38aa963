"""Refusals of the OAuth endpoints: one class per situation, its parent the protocol's error code.

`description` becomes `error_description`; most errors of the service have none (ev:oauth-4).
"""

from typing import ClassVar, NamedTuple, Self


class OAuthError(Exception):
    """An error that an endpoint returns to its client as JSON, or to an app in a redirect.

    `code` is the protocol's `error`, `status` the HTTP status of the JSON form. `reason` is for the
    operator's log alone.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 400
    description: str | None = None
    at_bearer: ClassVar[bool] = False
    """`WWW-Authenticate` has the error too, as RFC 6750 §3 asks of resources behind tokens."""
    is_audited: ClassVar[bool] = True
    """Whether the refusal leaves an audit record."""
    reason: str | None = None

    def because(self, reason: str) -> Self:
        """Keep the reason for the operator's log. It must hold no secret."""
        self.reason = reason
        return self


class InvalidRequest(OAuthError):
    """A parameter is missing, malformed or doubled."""

    code = "invalid_request"


class InvalidClient(OAuthError):
    """The app client is unknown, or its secret is wrong (ev:oauth-4)."""

    code = "invalid_client"


class InvalidClientAtRevocation(InvalidClient):
    """The same at `/oauth2/revoke`, which answers it with another status (ev:oauth-5)."""

    status = 401


class InvalidGrant(OAuthError):
    """A code or refresh token that was used, has expired, or is of another app client."""

    code = "invalid_grant"


class InvalidScope(OAuthError):
    """A scope that doesn't exist, at the client credentials grant."""

    code = "invalid_scope"


class UnauthorizedClient(OAuthError):
    """A grant that the app client isn't configured for."""

    code = "unauthorized_client"


class InvalidRedirect(UnauthorizedClient):
    """Another `redirect_uri` than that of the authorization request."""

    description = "invalid_redirect"


class FunctionRefusedTokens(OAuthError):
    """PreTokenGeneration has refused; the description is its sentence (ev:oauth-3.1).

    UNVERIFIED: the code at the token endpoint. This is the one that apps get in a redirect.
    """

    code = "invalid_request"

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.description = sentence


class InvalidTarget(OAuthError):
    """An audience or resource for which no token is issued in exchange (RFC 8693 §2.2.2)."""

    code = "invalid_target"


class TooManySecretGuesses(OAuthError):
    """Too many wrong secrets of an app client from one address: right ones wait too.

    UNVERIFIED: the body of the service's 429 (ev:oauth-4).
    """

    code = "too_many_requests"
    status = 429


class UnsupportedGrantType(OAuthError):
    """A grant type that the endpoint doesn't know."""

    code = "unsupported_grant_type"


class UnsupportedTokenType(OAuthError):
    """An access or ID token at `/oauth2/revoke`."""

    code = "unsupported_token_type"


class BadUserInfoRequest(OAuthError):
    """No access token at `/oauth2/userInfo`, or no well-formed one (ev:oauth-5)."""

    at_bearer = True
    code = "invalid_request"
    description = "Bad OAuth2 request at UserInfo Endpoint"


class AccessTokenUnusable(OAuthError):
    """An access token that has expired or was revoked, or whose user is gone (ev:oauth-5)."""

    at_bearer = True
    code = "invalid_token"
    status = 401
    description = (
        "Access token is expired, disabled, or deleted, or the user has globally signed out."
    )


class OpenIdScopeMissing(OAuthError):
    """An access token of a sign-in by the API (ev:oauth-5)."""

    at_bearer = True
    code = "invalid_token"
    status = 401
    description = "Access token does not contain openid scope"


# ── Of the device grant (RFC 8628 §3.5) ──────────────────────────────────────────────────────────
class AuthorizationPending(OAuthError):
    """No user has answered yet. Devices are told so every few seconds, which isn't audited."""

    code = "authorization_pending"
    is_audited = False


class SlowDown(AuthorizationPending):
    """The device polls too often: from now on it must wait five seconds longer."""

    code = "slow_down"


class DeviceDenied(OAuthError):
    """The user has denied the device's request."""

    code = "access_denied"


class DeviceCodeExpired(OAuthError):
    """No user has answered in time, or the device hasn't asked again."""

    code = "expired_token"


class TooManyDevices(OAuthError):
    """Too many requests of devices within a minute."""

    code = "too_many_requests"
    status = 429


class UnknownUserCode(OAuthError):
    """A code that no device shows, or no longer: the page of devices says so."""

    code = "invalid_grant"


class TooManyUserCodes(OAuthError):
    """Too many codes from one address that no device shows: right ones wait too."""

    code = "too_many_requests"
    status = 429


class ServerFailure(OAuthError):
    """What wasn't foreseen; the log has it with the request's id."""

    code = "server_error"
    status = 500


class TemporarilyUnavailable(OAuthError):
    """The store can't be reached, or other calls always changed the same rows first."""

    code = "temporarily_unavailable"
    status = 503


# ── Shown on the page /error, since no app may be trusted with a redirect (ev:oauth-3.2) ──────────
class ShownOnPage(OAuthError):
    """A refusal of an authorization request that a browser sees, and no app."""


class RedirectMismatch(ShownOnPage):
    """`redirect_uri` is missing or isn't one of the app client's."""

    code = "redirect_mismatch"


class UnknownAppClient(ShownOnPage):
    """`client_id` is missing, or names no app client of the domain's pool."""

    code = "invalid_request"
    description = "Client does not exist"  # older captures; UNVERIFIED: still so?


class UnreadableRequest(ShownOnPage):
    """A query or form that can't be read."""

    code = "invalid_request"


class ScopeNotAllowedAtLogin(ShownOnPage):
    """A scope that doesn't exist or that the app client lacks, of an app that starts at `/login`.

    The service's two answers are on record (ev:domain-1.1). UNVERIFIED: that the start decides.
    """

    code = "invalid_scope"


class OAuthNotEnabled(ShownOnPage):
    """The app client has no OAuth flows (amazon-cognito-auth-js#121)."""

    code = "invalid_request"


class AppNotApproved(ShownOnPage):
    """A page for apps that an administrator has registered, and no others."""

    code = "invalid_request"


class LoginOptionUnavailable(ShownOnPage):
    """A provider that the app client doesn't have (ev:oauth-3.2)."""

    code = "invalid_request"
    description = "Login option is not available. Please try another one"  # UNVERIFIED


class LogoutTargetMissing(ShownOnPage):
    """`/logout` without `logout_uri` and `redirect_uri` (ev:oauth-3.2)."""

    code = "invalid_request"
    description = "Required String parameter 'redirect_uri' is not present"


class UnusableHint(ShownOnPage):
    """An `id_token_hint` that no pool has signed, or of another app client."""

    code = "invalid_request"


# ── Sent to the app by a redirect (ev:oauth-3.1) ──────────────────────────────────────────────────
class Destination(NamedTuple):
    """Where an app gets a refusal: only a redirect URI that the app client has registered."""

    redirect_uri: str
    state: str | None
    response_type: str
    is_trusted: bool = True
    """An administrator has registered the URI, and not the app itself."""


class SentToApp(OAuthError):
    """A refusal that the app gets in the query or fragment of its redirect URI."""

    destination: Destination | None = None

    def to(self, destination: Destination) -> Self:
        """Name the app's redirect URI, once it is known to be registered."""
        self.destination = destination
        return self


class BadResponseType(SentToApp):
    """`response_type` is missing or unknown."""

    code = "invalid_request"


class BadChallenge(SentToApp):
    """`code_challenge` without a method, a method without it, or another method than S256."""

    code = "invalid_request"


class BadParameter(SentToApp):
    """A parameter that is malformed or doubled."""

    code = "invalid_request"


class ResponseTypeNotAllowed(SentToApp):
    """The response type isn't among the app client's flows."""

    code = "unauthorized_client"


class ScopeNotAllowed(SentToApp):
    """A scope that doesn't exist or that the app client lacks: named by the description only."""

    code = "invalid_request"
    description = "invalid_scope"


class LoginRequired(SentToApp):
    """`prompt=none` without a browser session."""

    code = "login_required"


class FailureSentToApp(SentToApp):
    """What wasn't foreseen at the authorization endpoint; the log has it."""

    code = "server_error"


class SignInRefused(SentToApp):
    """A function refused the sign-in; the description is its sentence (ev:oauth-3.1)."""

    code = "invalid_request"

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.description = sentence
