"""IAM policies: compile a document once, decide thousands of requests with it.

`documents` reads and checks the JSON, `statements` is what comes out, `conditions` and
`variables` are their parts, `decision` decides, `context_keys` and `resources` say what a
request of ours is in IAM's terms.
"""

from poolhouse.rules.policies.context_keys import (
    NO_TAGS,
    PrincipalFacts,
    RequestFacts,
    TagFacts,
    context,
    principal_facts,
)
from poolhouse.rules.policies.decision import Explanation, Outcome, decide, denial, explain
from poolhouse.rules.policies.documents import compile_policy
from poolhouse.rules.policies.malformed import MalformedPolicy
from poolhouse.rules.policies.resources import ALSO_DENIED_BY, action_of, pool_arn, resource_of
from poolhouse.rules.policies.statements import (
    AccessRequest,
    Decision,
    Effect,
    Kind,
    Origin,
    Policy,
)

__all__ = [
    "ALSO_DENIED_BY",
    "NO_TAGS",
    "AccessRequest",
    "Decision",
    "Effect",
    "Explanation",
    "Kind",
    "MalformedPolicy",
    "Origin",
    "Outcome",
    "Policy",
    "PrincipalFacts",
    "RequestFacts",
    "TagFacts",
    "action_of",
    "compile_policy",
    "context",
    "decide",
    "denial",
    "explain",
    "pool_arn",
    "principal_facts",
    "resource_of",
]
