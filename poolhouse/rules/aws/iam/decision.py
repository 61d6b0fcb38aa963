"""The decision: any matching Deny refuses, else any matching Allow allows, else no.

Source: IAM user guide, "Policy evaluation logic"; for the sentences "Troubleshoot access
denied error messages".
"""

from collections.abc import Sequence

import msgspec

from poolhouse.errors.protocol import AccessDeniedException, NoPolicyAllows, PolicyDenies
from poolhouse.rules.aws.iam.statements import (
    AccessRequest,
    Decision,
    DecisionKind,
    Effect,
    Origin,
    Policy,
    Statement,
)

IMPLICIT_DENY = Decision(DecisionKind.IMPLICIT_DENY)


class Outcome(msgspec.Struct, frozen=True):
    """The result of one statement; `unmet` is the element that excluded it, or None."""

    origin: Origin
    effect: Effect
    unmet: str | None


class Explanation(msgspec.Struct, frozen=True):
    """A decision with every statement's part in it, in the policies' order."""

    decision: Decision
    outcomes: tuple[Outcome, ...]


def decide(policies: Sequence[Policy], request: AccessRequest) -> Decision:
    """Return whether the identity policies of a principal allow the request. Never raises."""
    for policy in policies:
        for statement in policy.denies:
            if statement.unmet(request) is None:
                return statement.decision
    for policy in policies:
        for statement in policy.allows:
            if statement.unmet(request) is None:
                return statement.decision
    return IMPLICIT_DENY


def decide_with(
    policies: Sequence[Policy], request: AccessRequest, other: AccessRequest | None
) -> Decision:
    """Return the decision on a request, which a Deny on the other one makes one to deny."""
    decision = decide(policies, request)
    if decision.allowed and other is not None:
        on_other = decide(policies, other)
        if on_other.kind is DecisionKind.EXPLICIT_DENY:
            return on_other
    return decision


def explain(
    policies: Sequence[Policy], request: AccessRequest, other: AccessRequest | None = None
) -> Explanation:
    """Return the decision, and why every statement did or didn't match the request.

    A Deny that matches `other`, which denies the request too, is a match.
    """
    outcomes = tuple(
        Outcome(statement.origin, statement.effect, _unmet(statement, request, other))
        for policy in policies
        for statement in policy.statements
    )
    return Explanation(decide_with(policies, request, other), outcomes)


def _unmet(statement: Statement, request: AccessRequest, other: AccessRequest | None) -> str | None:
    unmet = statement.unmet(request)
    is_denied_by_other = (
        other is not None and statement.effect is Effect.DENY and statement.unmet(other) is None
    )
    return None if is_denied_by_other else unmet


def denial(
    principal_arn: str, action: str, resource: str, decision: Decision
) -> AccessDeniedException:
    """Return AWS's text of a refusal: no policy allows the action, or one denies it."""
    situation = PolicyDenies if decision.kind is DecisionKind.EXPLICIT_DENY else NoPolicyAllows
    return situation(principal=principal_arn, action=action, resource=resource)
