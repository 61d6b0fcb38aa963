"""Which resource an operation is evaluated against.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
Cognito User Pools".
"""

from poolhouse.rules.aws.regions import partition

WITHOUT_RESOURCE = frozenset(
    {
        "CreateUserPool",
        "DescribeUserPoolDomain",
        "GetProvisionedLimit",
        "ListUserPools",
        "UpdateProvisionedLimit",
    }
)
"""Operations without a resource type: only a policy for `*` allows them."""

BY_RESOURCE_ARN = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})
"""Operations that name the pool by its ARN, in the member ResourceArn."""

_ALSO_DENIED_BY = {"DescribeTermsByClient": "DescribeTerms"}
"""A Deny on the second action denies the first operation too."""


def action_of(operation_name: str) -> str:
    return f"cognito-idp:{operation_name}"


def also_denied_by(operation_name: str) -> str | None:
    """Return the action of which a Deny denies an operation too; for most there is none."""
    other = _ALSO_DENIED_BY.get(operation_name)
    return None if other is None else action_of(other)


def pool_arn(region: str, account: str, pool_id: str) -> str:
    return f"arn:{partition(region)}:cognito-idp:{region}:{account}:userpool/{pool_id}"


def resource_of(
    operation_name: str, region: str, account: str, pool_id: str | None, resource_arn: str | None
) -> str:
    """Return the resource of a call in a region: a pool's ARN, or `*`.

    A pool of another region has the ARN that it would have in the call's: policies decide before
    the caller learns that the region has no such pool. `pool_id` and `resource_arn` are the
    request's members UserPoolId and ResourceArn, or None. A call that names no pool is evaluated
    against `*`, which is the narrower reading.
    """
    if operation_name in WITHOUT_RESOURCE:
        return "*"
    if operation_name in BY_RESOURCE_ARN:
        return resource_arn or "*"
    return pool_arn(region, account, pool_id) if pool_id else "*"
