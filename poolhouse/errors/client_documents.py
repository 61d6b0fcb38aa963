"""Refusals about client ID metadata documents and their policies, grouped by parent.

No public report has a sentence of them: the operations are new in the API model.
"""

from poolhouse.wire import errors as aws


# ── CachedCIMDURLDoesNotExistException ────────────────────────────────────────────────────────────
class DocumentNotCached(aws.CachedCIMDURLDoesNotExistException):
    """UpdateClientMetadataURLState of a URL of which no document is cached."""

    message = "No cached client metadata document exists for the URL."  # UNVERIFIED: the text


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class DocumentNotRefreshed(aws.InvalidParameterException):
    """UpdateClientMetadataURLState can't fetch the document, or it is unusable by now."""

    message = "The client metadata document could not be retrieved: {reason}."  # UNVERIFIED


# ── ResourceNotFoundException ─────────────────────────────────────────────────────────────────────
class PolicyNotFound(aws.ResourceNotFoundException):
    message = "CIMD policy {policy_id} does not exist."  # UNVERIFIED: the text
