"""Refusals about access tokens, refresh tokens, derived tokens and tracked sessions.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── InvalidLambdaResponseException ────────────────────────────────────────────────────────────────
class TokenTooLong(aws.InvalidLambdaResponseException):
    """With PreTokenGeneration's claims the token would be too long for any request."""

    # UNVERIFIED: the limit and the text?
    message = "Invalid lambda response: the token would be longer than {longest} characters."


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class AudienceIsAnotherApp(aws.InvalidParameterException):
    message = "Invalid audience."  # UNVERIFIED: code and text?


class UnknownClientScope(aws.InvalidParameterException):
    """A scope that the app client doesn't have."""

    message = "Invalid scope requested: {scope}"  # UNVERIFIED: the text?


class NoScopeLeft(aws.InvalidParameterException):
    message = "No scope can be granted."  # UNVERIFIED: code and text?


class AudienceAndResource(aws.InvalidParameterException):
    message = "Audiences and Resources cannot be requested together."  # UNVERIFIED: the text?


# ── NotAuthorizedException ────────────────────────────────────────────────────────────────────────
class InvalidAccessToken(aws.NotAuthorizedException):
    message = "Invalid Access Token"  # floci#1898


class AccessTokenExpired(aws.NotAuthorizedException):
    message = "Access Token has expired"  # ev:auth-1.3


class AccessTokenRevoked(aws.NotAuthorizedException):
    message = "Access Token has been revoked"  # ev:auth-1.3


class ScopeMissing(aws.NotAuthorizedException):
    message = "Access Token does not have required scopes"  # amplify-js#5921


class InvalidRefreshToken(aws.NotAuthorizedException):
    message = "Invalid Refresh Token."  # aws-sdk-cpp#1789


class RefreshTokenExpired(aws.NotAuthorizedException):
    message = "Refresh Token has expired"  # ev:auth-4


class RefreshTokenRevoked(aws.NotAuthorizedException):
    message = "Refresh Token has been revoked"  # amplify-swift#3344


class ClientCredentialsNotEnabled(aws.NotAuthorizedException):
    """GetClientToken for an app client that may not have tokens of its own."""

    message = "Client {client_id} is not enabled for client token auth"  # UNVERIFIED: the text?


class FunctionRefusedClient(aws.NotAuthorizedException):
    """PreTokenGeneration failed, in an operation that lists no error of functions."""

    message = "{text}"  # UNVERIFIED: the code?


class InvalidExchangedToken(aws.NotAuthorizedException):
    """A subject or actor token that isn't good, or of an issuer that isn't known."""

    message = "Invalid {role} token."  # UNVERIFIED: the text?


class ForeignAccessToken(aws.NotAuthorizedException):
    """The token is of another user, app client or pool than the sign-in."""

    message = "Access Token does not belong to the user."  # UNVERIFIED: code and text?


class CannotRevokeCurrentSession(aws.NotAuthorizedException):
    """RevokeUserSession for the session that it is called with."""

    message = "The current session cannot be revoked."  # UNVERIFIED: code and text?


# ── OperationNotEnabledException ──────────────────────────────────────────────────────────────────
class SessionTrackingOff(aws.OperationNotEnabledException):
    # UNVERIFIED: code and text?
    message = "Session tracking is not enabled for the user pool."


# ── RefreshTokenReuseException ────────────────────────────────────────────────────────────────────
class RefreshTokenReused(aws.RefreshTokenReuseException):
    """Rotation has put another in its place, and the grace period is over."""

    message = "Refresh token has been invalidated by rotation."  # UNVERIFIED: the text?


# ── ResourceNotFoundException ─────────────────────────────────────────────────────────────────────
class SessionNotFound(aws.ResourceNotFoundException):
    message = "Session does not exist."  # UNVERIFIED: the text?


class ResourceServerNotFound(aws.ResourceNotFoundException):
    message = "Resource server {identifier} does not exist."  # UNVERIFIED: the text?


# ── UnsupportedOperationException ─────────────────────────────────────────────────────────────────
class RevocationOff(aws.UnsupportedOperationException):
    # UNVERIFIED: the text?
    message = "Token revocation is not enabled for client {client_id}"


# ── UnsupportedTokenTypeException ─────────────────────────────────────────────────────────────────
class NotARefreshToken(aws.UnsupportedTokenTypeException):
    message = "Only refresh tokens can be revoked."  # UNVERIFIED: the text?
