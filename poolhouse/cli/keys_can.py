"""Why policies decide as they do, in lines for a person."""

from collections.abc import Mapping
from typing import Self

import msgspec

from poolhouse.cli.flags import refuse
from poolhouse.cli.store_access import printable
from poolhouse.clock import Clock
from poolhouse.config.settings import Settings
from poolhouse.entities.pools import Pool, region_of
from poolhouse.entities.principals import AccessKey, Principal
from poolhouse.rules.aws import iam
from poolhouse.rules.aws.iam import AccessRequest, DecisionKind, RequestFacts, TagFacts
from poolhouse.rules.aws.iam.variables import Context
from poolhouse.rules.aws.regions import is_region
from poolhouse.wire.operations import OPERATIONS

_VERDICTS = {
    DecisionKind.ALLOW: "Allowed",
    DecisionKind.EXPLICIT_DENY: "Denied explicitly",
    DecisionKind.IMPLICIT_DENY: "Denied: no statement allows it",
}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The question whether a key may do this. `given` are condition keys, by IAM's names."""

    action: str
    resource: str
    given: Mapping[str, str]

    @classmethod
    def of(cls, action: str, resource: str, given: Mapping[str, str], settings: Settings) -> Self:
        """Return the question for the arguments of the command.

        An operation's name is enough for the action, and a pool's id for its ARN.
        """
        operation = action.rpartition(":")[2]
        if action not in (operation, iam.action_of(operation)) or operation not in OPERATIONS:
            refuse([f"Unknown action {action}: use a name such as AdminConfirmSignUp."])
        if resource != "*" and not resource.startswith("arn:"):
            resource = iam.pool_arn(region_of(resource), settings.account_id, resource)
        return cls(action=iam.action_of(operation), resource=resource, given=given)

    @property
    def region(self) -> str | None:
        """Return the region of a call that names the resource.

        Returns None if the resource is in every region.
        """
        match self.resource.split(":"):
            case [_, _, _, region, *_] if is_region(region):
                return region
        return None

    @property
    def pool_id(self) -> str | None:
        return self.resource.partition(":userpool/")[2] or None


def explain(
    holder: tuple[AccessKey, Principal], asked: Question, pool: Pool | None, settings: Settings
) -> tuple[list[str], bool]:
    """Return the decision, the statement that made it, and why the others didn't match.

    Context that isn't given is as in a call from this machine at this moment.
    """
    key, principal = holder
    compiled = [iam.compile_policy(text, name) for name, text in principal.policies.items()]
    context = _context(principal, asked, pool, settings)
    request = AccessRequest(asked.action, asked.resource, lambda: context)
    also = iam.also_denied_by(asked.action.rpartition(":")[2])
    other = AccessRequest(also, asked.resource, lambda: context) if also else None
    explanation = iam.explain(compiled, request, other)
    decision = explanation.decision
    by = f", by {decision.origin}" if decision.origin is not None else ""
    lines = [
        f"{_VERDICTS[decision.kind]}{by}.",
        f"  {principal.arn} ({key.id})",
        f"  {asked.action} on {asked.resource}",
    ]
    useless = _useless(key)
    if useless is not None:
        lines.append(f"  The key is {useless}: every call with it is refused.")
    for outcome in explanation.outcomes:
        why = "matches" if outcome.unmet is None else f"doesn't match: {outcome.unmet}"
        lines.append(f"  {outcome.effect.value} in {outcome.origin}: {why}")
    return [printable(line) for line in lines], decision.allowed and useless is None


def _useless(key: AccessKey) -> str | None:
    """Return why every call with this key fails before the policies, or None."""
    if not key.enabled:
        return "disabled"
    if key.expires_at is not None and key.expires_at <= Clock().now():
        return "expired"
    return None


def _context(
    principal: Principal, asked: Question, pool: Pool | None, settings: Settings
) -> Context:
    """Return the condition keys, in lower case as requests have them; what is given wins."""
    usual = iam.context(
        iam.principal_facts(principal.arn, principal.tags),
        RequestFacts(
            source_ip="127.0.0.1", region=asked.region or settings.home_region, is_secure=False
        ),
        TagFacts(resource=pool.tags if pool else None),
        Clock().now(),
    )
    listed = {
        name.lower(): tuple(value.split(",")) if "," in value else value
        for name, value in asked.given.items()
    }
    return {**usual, **listed}
