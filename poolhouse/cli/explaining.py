"""Why a policy decides as it does, in lines for a person."""

from collections.abc import Mapping

from poolhouse.clock import Clock
from poolhouse.config import Settings
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.rules.policies import (
    NO_TAGS,
    AccessRequest,
    Kind,
    RequestFacts,
    compile_policy,
    context,
    principal_facts,
)
from poolhouse.rules.policies import (
    explain as explain_decision,
)


def explain(
    found: tuple[AccessKey, Principal],
    settings: Settings,
    action: str,
    resource: str,
    given: Mapping[str, str],
) -> tuple[list[str], bool]:
    """The decision, the statement that made it, and why the others didn't speak of the request.

    What isn't given of the context is as in a call from this machine, now.
    """
    key, principal = found
    policies = [compile_policy(text, name) for name, text in principal.policies.items()]
    facts = RequestFacts(source_ip="127.0.0.1", region=settings.region, is_secure=False)

    def build_context() -> dict[str, str | tuple[str, ...]]:
        usual = context(
            principal_facts(principal.arn, principal.tags), facts, NO_TAGS, Clock().now()
        )
        # As requests have it: condition keys are found whatever their case.
        listed = {k.lower(): tuple(v.split(",")) if "," in v else v for k, v in given.items()}
        return {**usual, **listed}

    explanation = explain_decision(policies, AccessRequest(action, resource, build_context))
    decision = explanation.decision
    verdict = {
        Kind.ALLOW: "Allowed",
        Kind.EXPLICIT_DENY: "Denied explicitly",
        Kind.IMPLICIT_DENY: "Denied: no statement allows it",
    }[decision.kind]
    by = f", by {decision.origin}" if decision.origin is not None else ""
    lines = [f"{verdict}{by}.", f"  {principal.arn} ({key.id})"]
    if not key.enabled:
        lines.append("  The key is disabled: every call with it is refused.")
    for outcome in explanation.outcomes:
        why = "matches" if outcome.unmet is None else f"doesn't match: {outcome.unmet}"
        lines.append(f"  {outcome.effect.value} in {outcome.origin}: {why}")
    return lines, decision.allowed and key.enabled
