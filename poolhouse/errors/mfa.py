"""Refusals about second factors: software tokens and MFA settings.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── CodeMismatchException ─────────────────────────────────────────────────────────────────────────
class WrongSoftwareTokenCode(aws.CodeMismatchException):
    message = "Invalid code received for user"  # ev:auth-4


# ── EnableSoftwareTokenMFAException ───────────────────────────────────────────────────────────────
class SoftwareTokenNotVerified(aws.EnableSoftwareTokenMFAException):
    """A wrong code while an authenticator app is set up."""

    message = "Code mismatch and fail enable Software Token MFA"  # aws-amplify-auth-starters#15


# ── ExpiredCodeException ──────────────────────────────────────────────────────────────────────────
class SoftwareTokenCodeUsed(aws.ExpiredCodeException):
    # ev:auth-4; amplify-swift's tests
    message = "Your software token has already been used once."


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class MfaTypeNotOffered(aws.InvalidParameterException):
    message = "The selected MFA type is not available for the user."  # UNVERIFIED: the text?


class NoDeliveryConfig(aws.InvalidParameterException):
    # aws-sdk-js-v3#4645
    message = "User does not have delivery config set to turn on {factor}"


class SoftwareTokenNotSetUp(aws.InvalidParameterException):
    message = "User has not set up software token mfa"  # amplify-js#1812


class EitherTokenOrSession(aws.InvalidParameterException):
    # UNVERIFIED: the text, for both and for neither?
    message = "Provide either AccessToken or Session."


# ── SoftwareTokenMFANotFoundException ─────────────────────────────────────────────────────────────
class NoSoftwareToken(aws.SoftwareTokenMFANotFoundException):
    message = "Software Token MFA does not exist for the user."  # amazon-cognito-identity-js#630


class NoSoftwareTokensInPool(aws.SoftwareTokenMFANotFoundException):
    message = "Software Token MFA has not been enabled by the userPool"  # ev:auth-4
