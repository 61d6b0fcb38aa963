"""Every refusal on the way into an account and of its sessions: one class per situation.

Like `errors.py`; a part of its own because signing in has so many. The sources are in auth.md §4.
"""

from poolhouse.wire import errors as aws


# ── CodeMismatchException ─────────────────────────────────────────────────────────────────────────
class WrongOneTimeCode(aws.CodeMismatchException):
    """A code by email or text message, as second or as first factor."""

    message = "Invalid code or auth state for the user."  # amplify-js#3066


class WrongSoftwareTokenCode(aws.CodeMismatchException):
    message = "Invalid code received for user"


# ── DeviceKeyExistsException ──────────────────────────────────────────────────────────────────────
class DeviceExists(aws.DeviceKeyExistsException):
    message = "Device key already exists."  # UNVERIFIED: the text?


# ── EnableSoftwareTokenMFAException ───────────────────────────────────────────────────────────────
class SoftwareTokenNotVerified(aws.EnableSoftwareTokenMFAException):
    """A wrong code while an authenticator app is set up."""

    message = "Code mismatch and fail enable Software Token MFA"  # aws-amplify-auth-starters#15


# ── ExpiredCodeException ──────────────────────────────────────────────────────────────────────────
class SoftwareTokenCodeUsed(aws.ExpiredCodeException):
    message = "Your software token has already been used once."  # amplify-swift's tests


# ── InvalidLambdaResponseException ────────────────────────────────────────────────────────────────
class TokenTooLong(aws.InvalidLambdaResponseException):
    """With what PreTokenGeneration adds, no request could bring the token back."""

    # UNVERIFIED: the limit and the text?
    message = "Invalid lambda response: the token would be longer than {longest} characters."


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class MissingParameter(aws.InvalidParameterException):
    message = "Missing required parameter {name}"  # field test


class FlowNotEnabled(aws.InvalidParameterException):
    # UNVERIFIED: the sentence of other flows than USER_PASSWORD_AUTH
    message = "{flow} flow not enabled for this client"


class AdminFlowNotEnabled(aws.InvalidParameterException):
    message = "Auth flow not enabled for this client"


class FlowNotSupported(aws.InvalidParameterException):
    """A flow of administrators without a signature, or the other way round."""

    message = "Initiate Auth method not supported."  # soto-cognito-authentication-kit#10


class AttributesMissing(aws.InvalidParameterException):
    """A required attribute that the first sign-in has to bring."""

    message = "Invalid attributes given, {attribute} is missing"  # amplify-js#1399


class CustomAuthNotConfigured(aws.InvalidParameterException):
    message = "Custom auth lambda trigger is not configured for the user pool."


class MalformedSrpA(aws.InvalidParameterException):
    message = "SRP_A must be a hexadecimal number."  # UNVERIFIED: the text?


class MalformedTimestamp(aws.InvalidParameterException):
    message = "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."  # identity-js#683


class NoFactorPossible(aws.InvalidParameterException):
    """The pool demands a second factor, and all that this user could have is the way back in."""

    message = "No MFA method is available for the user."  # UNVERIFIED: the text?


class MfaTypeNotOffered(aws.InvalidParameterException):
    message = "The selected MFA type is not available for the user."  # UNVERIFIED: the text?


class ChallengeNotOffered(aws.InvalidParameterException):
    message = "The selected challenge is not available for the user."  # UNVERIFIED: the text?


class InvalidCredential(aws.InvalidParameterException):
    """What an authenticator has made or signed isn't of the form that browsers give it."""

    message = "Credential data is not valid"  # aws-sdk-net#4386


class NoDeliveryConfig(aws.InvalidParameterException):
    # aws-sdk-js-v3#4645
    message = "User does not have delivery config set to turn on {factor}"


class SoftwareTokenNotSetUp(aws.InvalidParameterException):
    message = "User has not set up software token mfa"  # amplify-js#1812


class EitherTokenOrSession(aws.InvalidParameterException):
    # UNVERIFIED: the text, for both and for neither?
    message = "Provide either AccessToken or Session."


class InvalidDeviceKey(aws.InvalidParameterException):
    """Not the one that this sign-in was given to confirm."""

    message = "Invalid device key given."  # amplify-js#2087


class InvalidDeviceVerifier(aws.InvalidParameterException):
    message = "Invalid device secret verifier config given."  # UNVERIFIED: the text?


class UnknownClientScope(aws.InvalidParameterException):
    """A scope that the app client doesn't have."""

    message = "Invalid scope requested: {scope}"  # UNVERIFIED: the text?


class NoScopeLeft(aws.InvalidParameterException):
    message = "No scope can be granted."  # UNVERIFIED: code and text?


class SecretUnexpected(aws.InvalidParameterException):
    """A ClientSecret of an app client that has none."""

    # UNVERIFIED: the text?
    message = "Client {client_id} is not configured for secret but secret was received"


class NoKnownLevel(aws.InvalidParameterException):
    """None of TARGET_ACR_VALUES is one of the pool's."""

    message = "None of the requested ACR values are valid."  # UNVERIFIED: code and text?


class LevelOutOfReach(aws.InvalidParameterException):
    """The user has no factors that meet any of TARGET_ACR_VALUES, and sets up none on the way."""

    # UNVERIFIED: code and text?
    message = "The user has no factors that satisfy the requested ACR values."


class LevelAlreadyMet(aws.InvalidParameterException):
    """Stepping up is no way to refresh tokens."""

    # UNVERIFIED: code and text?
    message = "The access token already satisfies the requested ACR values."


class TokenWithoutLevel(aws.InvalidParameterException):
    message = "ACCESS_TOKEN requires TARGET_ACR_VALUES."  # UNVERIFIED: code and text?


class InvalidMaxAge(aws.InvalidParameterException):
    message = "MAX_AGE must be a non-negative integer."  # UNVERIFIED: the text?


class AudienceAndResource(aws.InvalidParameterException):
    message = "Audiences and Resources cannot be requested together."  # UNVERIFIED: the text?


# ── LimitExceededException ────────────────────────────────────────────────────────────────────────
class TooManyPasskeys(aws.LimitExceededException):
    message = "Limit of passkeys per user exceeded."  # UNVERIFIED: the text?


# ── NotAuthorizedException ────────────────────────────────────────────────────────────────────────
class IncorrectPassword(aws.NotAuthorizedException):
    """Wrong, or of nobody; and whatever else fails without saying why."""

    message = "Incorrect username or password."  # identity-js#506


class PasswordAttemptsExceeded(aws.NotAuthorizedException):
    message = "Password attempts exceeded"  # identity-js#506


class TemporaryPasswordExpired(aws.NotAuthorizedException):
    message = "Temporary password has expired and must be reset by an administrator."


class InvalidSession(aws.NotAuthorizedException):
    message = "Invalid session for the user."  # amplify-js#6461


class SessionExpired(aws.NotAuthorizedException):
    message = "Invalid session for the user, session is expired."


class SessionUsed(aws.NotAuthorizedException):
    message = "Invalid session for the user, session can only be used once."  # amplify-js#13123


class AlreadyProvided(aws.NotAuthorizedException):
    message = "Cannot modify an already provided {attribute}"  # amplify-js#4894


class InvalidRefreshToken(aws.NotAuthorizedException):
    message = "Invalid Refresh Token."  # aws-sdk-cpp#1789


class RefreshTokenExpired(aws.NotAuthorizedException):
    message = "Refresh Token has expired"


class RefreshTokenRevoked(aws.NotAuthorizedException):
    message = "Refresh Token has been revoked"  # amplify-swift#3344


class DeviceBeforeUser(aws.NotAuthorizedException):
    """A device that wants to prove itself before its user has."""

    # amplify-js#10582
    message = "Cannot initiate DEVICE_SRP_AUTH flow without first authenticating"


class SecretMissing(aws.NotAuthorizedException):
    # UNVERIFIED: the text?
    message = "Client {client_id} is configured for secret but secret was not received"


class SecretWrong(aws.NotAuthorizedException):
    message = "Unable to verify secret for client {client_id}"  # UNVERIFIED: the text?


class NoMachineClient(aws.NotAuthorizedException):
    """GetClientToken for an app client that may not have tokens of its own."""

    message = "Client {client_id} is not enabled for client token auth"  # UNVERIFIED: the text?


class FunctionRefusedClient(aws.NotAuthorizedException):
    """PreTokenGeneration failed, in an operation that lists no error of functions."""

    message = "{text}"  # UNVERIFIED: the code?


class InvalidExchangedToken(aws.NotAuthorizedException):
    """A subject or actor token that isn't good, or of an issuer that isn't known."""

    message = "Invalid {role} token."  # UNVERIFIED: the text?


class ForeignAccessToken(aws.NotAuthorizedException):
    """Of another user, app client or pool than the sign-in that it is to help."""

    message = "Access Token does not belong to the user."  # UNVERIFIED: code and text?


class OwnSession(aws.NotAuthorizedException):
    """RevokeUserSession for the session that it is called with."""

    message = "The current session cannot be revoked."  # UNVERIFIED: code and text?


# ── OperationNotEnabledException ──────────────────────────────────────────────────────────────────
class SessionTrackingOff(aws.OperationNotEnabledException):
    # UNVERIFIED: code and text?
    message = "Session tracking is not enabled for the user pool."


# ── PasswordResetRequiredException ────────────────────────────────────────────────────────────────
class PasswordResetNeeded(aws.PasswordResetRequiredException):
    message = "Password reset required for the user"


# ── RefreshTokenReuseException ────────────────────────────────────────────────────────────────────
class RefreshTokenReused(aws.RefreshTokenReuseException):
    """Rotation has put another in its place, and the grace period is over."""

    message = "Refresh token has been invalidated by rotation."  # UNVERIFIED: the text?


# ── ResourceNotFoundException ─────────────────────────────────────────────────────────────────────
class DeviceNotFound(aws.ResourceNotFoundException):
    """Clients drop the key of their device on this sentence, and try again without it."""

    message = "Device does not exist."  # amplify-js: retryOnResourceNotFoundException


class DeviceOwnerNotFound(aws.ResourceNotFoundException):
    # UNVERIFIED: the text? UserNotFoundException is none of these operations' errors.
    message = "User does not exist."


class SessionNotFound(aws.ResourceNotFoundException):
    message = "Session does not exist."  # UNVERIFIED: the text?


class ResourceServerNotFound(aws.ResourceNotFoundException):
    message = "Resource server {identifier} does not exist."  # UNVERIFIED: the text?


# ── UnauthorizedException ─────────────────────────────────────────────────────────────────────────
class ClientUnauthorized(aws.UnauthorizedException):
    """Of RevokeToken: no such app client, not its secret, or not its token."""

    message = "Invalid client or client secret."  # UNVERIFIED: the text?


# ── UnsupportedOperationException ─────────────────────────────────────────────────────────────────
class RevocationOff(aws.UnsupportedOperationException):
    # UNVERIFIED: the text?
    message = "Token revocation is not enabled for client {client_id}"


# ── UnsupportedTokenTypeException ─────────────────────────────────────────────────────────────────
class NotARefreshToken(aws.UnsupportedTokenTypeException):
    message = "Only refresh tokens can be revoked."  # UNVERIFIED: the text?


class PasskeyNotFound(aws.ResourceNotFoundException):
    message = "WebAuthn credential does not exist."  # UNVERIFIED: the text?


# ── SoftwareTokenMFANotFoundException ─────────────────────────────────────────────────────────────
class NoSoftwareToken(aws.SoftwareTokenMFANotFoundException):
    message = "Software Token MFA does not exist for the user."  # identity-js#630


class NoSoftwareTokensInPool(aws.SoftwareTokenMFANotFoundException):
    message = "Software Token MFA has not been enabled by the userPool"


# ── UserNotConfirmedException ─────────────────────────────────────────────────────────────────────
class NotConfirmed(aws.UserNotConfirmedException):
    message = "User is not confirmed."


# ── UserNotFoundException ─────────────────────────────────────────────────────────────────────────
class NoSuchUser(aws.UserNotFoundException):
    """To app clients that tell who exists."""

    message = "User does not exist."


# ── WebAuthn… ─────────────────────────────────────────────────────────────────────────────────────
# UNVERIFIED: all their sentences
class RegistrationExpired(aws.WebAuthnChallengeNotFoundException):
    """There is none, it took too long, or the answer is to another."""

    message = "Challenge not found or expired."


class OtherClientRegisters(aws.WebAuthnClientMismatchException):
    """The registration was begun with another app client's access token."""

    message = "The access token is for a different client than the registration was started with."


class NoRelyingParty(aws.WebAuthnConfigurationMissingException):
    message = "The user pool has no relying party ID."


class UnsupportedPasskey(aws.WebAuthnCredentialNotSupportedException):
    message = "The credential is not supported."


class PasskeysNotEnabled(aws.WebAuthnNotEnabledException):
    message = "WebAuthn is not enabled for the user pool."


class OriginNotAllowed(aws.WebAuthnOriginNotAllowedException):
    message = "The origin of the credential is not allowed by the relying party ID."


class OtherRelyingParty(aws.WebAuthnRelyingPartyMismatchException):
    message = "The credential is for a different relying party ID."
