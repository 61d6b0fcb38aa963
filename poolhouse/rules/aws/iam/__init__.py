"""IAM policies: compile a document once, decide thousands of requests with it.

`documents` reads and checks the JSON, `statements` is what comes out, `conditions` and
`variables` are their parts, `decision` decides, `context_keys` and `resources` say what a
request of ours is in IAM's terms.
"""

from poolhouse.rules.aws.iam.context_keys import (
    NO_TAGS,
    PrincipalFacts,
    RequestFacts,
    TagFacts,
    context,
    principal_facts,
)
from poolhouse.rules.aws.iam.decision import (
    Explanation,
    Outcome,
    decide,
    decide_with,
    denial,
    explain,
)
from poolhouse.rules.aws.iam.documents import compile_policy
from poolhouse.rules.aws.iam.errors import MalformedPolicy
from poolhouse.rules.aws.iam.resources import action_of, also_denied_by, pool_arn, resource_of
from poolhouse.rules.aws.iam.statements import (
    AccessRequest,
    Decision,
    DecisionKind,
    Effect,
    Origin,
    Policy,
)

__all__ = [
    "NO_TAGS",
    "AccessRequest",
    "Decision",
    "DecisionKind",
    "Effect",
    "Explanation",
    "MalformedPolicy",
    "Origin",
    "Outcome",
    "Policy",
    "PrincipalFacts",
    "RequestFacts",
    "TagFacts",
    "action_of",
    "also_denied_by",
    "compile_policy",
    "context",
    "decide",
    "decide_with",
    "denial",
    "explain",
    "pool_arn",
    "principal_facts",
    "resource_of",
]
