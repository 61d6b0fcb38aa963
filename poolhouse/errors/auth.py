"""Refusals about sign-in: codes, passwords, client secrets, challenges, sessions and levels.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── CodeDeliveryFailureException ──────────────────────────────────────────────────────────────────
class EmailRefused(aws.CodeDeliveryFailureException):
    message = "Invalid email provided/Unable to send the email"  # amazon-cognito-identity-js#307


class SmsRefused(aws.CodeDeliveryFailureException):
    message = "Unable to send the SMS message"  # UNVERIFIED: the text?


# ── CodeMismatchException ─────────────────────────────────────────────────────────────────────────
class WrongCode(aws.CodeMismatchException):
    message = "Invalid verification code provided, please try again."  # floci#2018


class WrongOneTimeCode(aws.CodeMismatchException):
    """A code by email or text message, as second or as first factor."""

    message = "Invalid code or auth state for the user."  # amplify-js#3066


# ── ExpiredCodeException ──────────────────────────────────────────────────────────────────────────
class NoCode(aws.ExpiredCodeException):
    """Expired, spent, replaced, or never asked for."""

    message = "Invalid code provided, please request a code again."  # aws-sdk-ios-samples#144


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class NoSecretExpected(aws.InvalidParameterException):
    # pmill/aws-cognito#23
    message = "App client {client_id} is not configured for secret but secret hash was received"


class MissingParameter(aws.InvalidParameterException):
    message = "Missing required parameter {name}"  # ev:field-test


class FlowNotEnabled(aws.InvalidParameterException):
    # UNVERIFIED: the sentence of other flows than USER_PASSWORD_AUTH
    message = "{flow} flow not enabled for this client"


class AdminFlowNotEnabled(aws.InvalidParameterException):
    message = "Auth flow not enabled for this client"  # ev:auth-2.1


class FlowNotSupported(aws.InvalidParameterException):
    """A flow of administrators without a signature, or the other way round."""

    message = "Initiate Auth method not supported."  # soto-cognito-authentication-kit#10


class AttributesMissing(aws.InvalidParameterException):
    """The response of the first sign-in lacks a required attribute."""

    message = "Invalid attributes given, {attribute} is missing"  # amplify-js#1399


class CustomAuthNotConfigured(aws.InvalidParameterException):
    message = "Custom auth lambda trigger is not configured for the user pool."  # ev:auth-2.1


class MalformedSrpA(aws.InvalidParameterException):
    message = "SRP_A must be a hexadecimal number."  # UNVERIFIED: the text?


class MalformedTimestamp(aws.InvalidParameterException):
    # amazon-cognito-identity-js#683
    message = "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."


class NoFactorPossible(aws.InvalidParameterException):
    """The pool demands a second factor, and all that this user could have is the way back in."""

    message = "No MFA method is available for the user."  # UNVERIFIED: the text?


class ChallengeNotOffered(aws.InvalidParameterException):
    message = "The selected challenge is not available for the user."  # UNVERIFIED: the text?


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


# ── InvalidPasswordException ──────────────────────────────────────────────────────────────────────
class WeakPassword(aws.InvalidPasswordException):
    message = "Password did not conform with policy: {rule}"  # anomalyco/guide#216


class WeakTemporaryPassword(aws.InvalidPasswordException):
    message = "Password did not conform with password policy: {rule}"  # dataall#690


class WeakNewPassword(aws.InvalidPasswordException):
    """The new password of an existing user breaks the policy."""

    message = "Password does not conform to policy: {rule}"  # ev:amplify-ui


# ── LimitExceededException ────────────────────────────────────────────────────────────────────────
class AttemptLimitExceeded(aws.LimitExceededException):
    message = "Attempt limit exceeded, please try after some time."  # aws-sdk-android#627


# ── NotAuthorizedException ────────────────────────────────────────────────────────────────────────
class SecretHashMissing(aws.NotAuthorizedException):
    # amplify-android#2504
    message = "Client {client_id} is configured with secret but SECRET_HASH was not received"


class SecretHashWrong(aws.NotAuthorizedException):
    message = "Unable to verify secret hash for client {client_id}"  # laravel-aws-cognito-auth#26


class IncorrectPassword(aws.NotAuthorizedException):
    """Wrong password, unknown user, or another failure that isn't explained."""

    message = "Incorrect username or password."  # amazon-cognito-identity-js#506


class PasswordAttemptsExceeded(aws.NotAuthorizedException):
    message = "Password attempts exceeded"  # amazon-cognito-identity-js#506


class TemporaryPasswordExpired(aws.NotAuthorizedException):
    # ev:users-1.6, ev:auth-4
    message = "Temporary password has expired and must be reset by an administrator."


class InvalidSession(aws.NotAuthorizedException):
    message = "Invalid session for the user."  # amplify-js#6461


class SessionExpired(aws.NotAuthorizedException):
    message = "Invalid session for the user, session is expired."  # ev:auth-4


class SessionUsed(aws.NotAuthorizedException):
    message = "Invalid session for the user, session can only be used once."  # amplify-js#13123


class AlreadyProvided(aws.NotAuthorizedException):
    message = "Cannot modify an already provided {attribute}"  # amplify-js#4894


class SecretMissing(aws.NotAuthorizedException):
    # UNVERIFIED: the text?
    message = "Client {client_id} is configured for secret but secret was not received"


class SecretWrong(aws.NotAuthorizedException):
    message = "Unable to verify secret for client {client_id}"  # UNVERIFIED: the text?


# ── PasswordHistoryPolicyViolationException ───────────────────────────────────────────────────────
class PasswordUsedBefore(aws.PasswordHistoryPolicyViolationException):
    message = "Password has previously been used"  # UNVERIFIED: the text?


# ── PasswordResetRequiredException ────────────────────────────────────────────────────────────────
class PasswordResetNeeded(aws.PasswordResetRequiredException):
    message = "Password reset required for the user"  # ev:users-1.6, ev:auth-4


# ── UnauthorizedException ─────────────────────────────────────────────────────────────────────────
class ClientUnauthorized(aws.UnauthorizedException):
    """RevokeToken has an unknown app client, a wrong secret, or another client's token."""

    message = "Invalid client or client secret."  # UNVERIFIED: the text?


# ── UserNotConfirmedException ─────────────────────────────────────────────────────────────────────
class NotConfirmed(aws.UserNotConfirmedException):
    message = "User is not confirmed."  # ev:users-1.6, ev:auth-4


# ── UserNotFoundException ─────────────────────────────────────────────────────────────────────────
class NoSuchUser(aws.UserNotFoundException):
    """The user is unknown, and the app client reveals which users exist."""

    message = "User does not exist."  # ev:users-1.6
