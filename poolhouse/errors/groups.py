"""Refusals about groups.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── GroupExistsException ──────────────────────────────────────────────────────────────────────────
class GroupExists(aws.GroupExistsException):
    # amplify-backend#1781; UNVERIFIED: does it end with a full stop?
    message = "A group with the name already exists"


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class TooManyGroups(aws.InvalidParameterException):
    """AdminAddUserToGroup beyond the quota; the model gives it no LimitExceededException."""

    # UNVERIFIED: the code and the text?
    message = "Maximum number of groups for the user has been reached."


# ── ResourceNotFoundException ─────────────────────────────────────────────────────────────────────
class GroupNotFound(aws.ResourceNotFoundException):
    message = "Group not found."  # amplify-cli#2214
