"""Refusals about user pools, app clients, their settings, tags and lists.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws

_FEATURES_BEYOND = (
    "The following features need to be disabled for the {tier} pricing tier configured: {features}"
)


# ── FeatureUnavailableInTierException ─────────────────────────────────────────────────────────────
class NotInTier(aws.FeatureUnavailableInTierException):
    message = _FEATURES_BEYOND  # terraform-provider-aws#40734, amplify-backend#2805


# ── InvalidOAuthFlowException ─────────────────────────────────────────────────────────────────────
class InvalidOAuthFlow(aws.InvalidOAuthFlowException):
    """The rule has the whole sentence."""

    message = "{text}"


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class LimitBelowOne(aws.InvalidParameterException):
    """AdminListGroupsForUser with a Limit of 0, which the model allows."""

    # aws-sdk-js#2193
    message = (
        "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint:"
        " Member must have value greater than or equal to 1"
    )


class PageTokenInvalid(aws.InvalidParameterException):
    """A token that we didn't make, or that has expired."""

    message = "Invalid pagination token given."  # UNVERIFIED: the text for a tampered token?


class PageTokenForOthers(aws.InvalidParameterException):
    message = "Paging Marker is Invalid for Request"  # aws-sdk-js#3705


class PoolProtected(aws.InvalidParameterException):
    # floci#3948
    message = (
        "The user pool cannot be deleted because deletion protection is activated."
        " Deletion protection must be inactivated first."
    )


class NoSecretsManager(aws.InvalidParameterException):
    """A request to keep an app client's secret in AWS Secrets Manager."""

    # Ours: the service has no such refusal.
    message = (
        "PublishSecretsInAWSSecretsManager cannot be true: this server keeps client secrets itself."
    )


# ── LimitExceededException ────────────────────────────────────────────────────────────────────────
class TooManySecrets(aws.LimitExceededException):
    # ev:users-4.3; as floci
    message = "Client secrets cannot exceed limit of {limit} secrets."


class QuotaExceeded(aws.LimitExceededException):
    message = "Maximum number of {things} has been reached."  # UNVERIFIED: the text?


# ── ResourceNotFoundException ─────────────────────────────────────────────────────────────────────
class PoolNotFound(aws.ResourceNotFoundException):
    message = "User pool {pool_id} does not exist."  # aws-aspnet-cognito-identity-provider#135


class ClientNotFound(aws.ResourceNotFoundException):
    message = "User pool client {client_id} does not exist."  # aws-sdk-php#2183


class SecretNotFound(aws.ResourceNotFoundException):
    message = "Client secret {secret_id} does not exist."  # UNVERIFIED: the text?


# ── ScopeDoesNotExistException ────────────────────────────────────────────────────────────────────
class UnknownScope(aws.ScopeDoesNotExistException):
    message = "Invalid scope requested: {scope}"  # aws-cloudformation-user-guide#564


# ── TierChangeNotAllowedException ─────────────────────────────────────────────────────────────────
class TierTooLow(aws.TierChangeNotAllowedException):
    """A change to a plan without features that the pool uses."""

    message = _FEATURES_BEYOND  # UNVERIFIED: the text, and whether AWS answers NotInTier here


# ── UserPoolTaggingException ──────────────────────────────────────────────────────────────────────
class BadTag(aws.UserPoolTaggingException):
    message = "{text}"
