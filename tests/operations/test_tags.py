"""Tags of user pools over the wire (ev:users-3.4)."""

import json
from typing import Any

import pytest
from support.refusals import refused
from support.running_server import ACCOUNT, REGION, RunningServer
from support.served_pools import NewPool, PoolForTest

OPERATIONS: dict[str, dict[str, Any]] = {
    "tag_resource": {"Tags": {"stage": "test"}},
    "untag_resource": {"TagKeys": ["stage"]},
    "list_tags_for_resource": {},
}


def arn_of(pool: PoolForTest) -> str:
    return f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool.id}"


def tag(cognito: Any, pool: PoolForTest, **tags: str) -> dict[str, Any]:
    answer: dict[str, Any] = cognito.tag_resource(ResourceArn=arn_of(pool), Tags=tags)
    return answer


def tags_of(cognito: Any, pool: PoolForTest) -> dict[str, str]:
    answer: dict[str, Any] = cognito.list_tags_for_resource(ResourceArn=arn_of(pool))
    assert set(answer) == {"Tags", "ResponseMetadata"}
    return dict(answer["Tags"])


def test_pool_without_tags_returns_empty_map(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-3.4."""
    assert tags_of(cognito, pool) == {}


def test_tags_are_added_to_those_there_are(cognito: Any, new_pool: NewPool) -> None:
    """ev:users-3.4: TagResource merges."""
    pool = new_pool(UserPoolTags={"stage": "test", "owner": "jie"})
    assert set(tag(cognito, pool, stage="live", cost="")) == {"ResponseMetadata"}
    assert tags_of(cognito, pool) == {"stage": "live", "owner": "jie", "cost": ""}


def test_described_pools_show_the_same_tags_and_nothing_else_changes(
    cognito: Any, pool: PoolForTest
) -> None:
    def described() -> dict[str, Any]:
        answer: dict[str, Any] = cognito.describe_user_pool(UserPoolId=pool.id)
        return dict(answer["UserPool"])

    before = described()
    tag(cognito, pool, stage="test")
    assert described() == {**before, "UserPoolTags": {"stage": "test"}}


def test_tags_are_removed_and_unknown_keys_ignored(cognito: Any, new_pool: NewPool) -> None:
    """ev:users-3.4."""
    pool = new_pool(UserPoolTags={"stage": "test", "owner": "jie"})
    for _ in range(2):
        answer = cognito.untag_resource(ResourceArn=arn_of(pool), TagKeys=["stage", "unknown"])
        assert set(answer) == {"ResponseMetadata"}
        assert tags_of(cognito, pool) == {"owner": "jie"}


def test_pool_has_at_most_fifty_tags(cognito: Any, new_pool: NewPool) -> None:
    """ev:users-3.4; it is all tags that count. The sentence isn't known."""
    pool = new_pool(UserPoolTags={f"key-{n}": "" for n in range(50)})
    tag(cognito, pool, **{"key-0": "changed"})
    before = tags_of(cognito, pool)
    assert before["key-0"] == "changed"
    with refused("InvalidParameterException"):
        tag(cognito, pool, another="")
    assert tags_of(cognito, pool) == before


@pytest.mark.parametrize("key", ["aws:name", "AWS:name", "two*", "a;b"])
def test_tags_that_no_pool_can_have_are_refused_and_none_of_the_others_is_kept(
    cognito: Any, pool: PoolForTest, key: str
) -> None:
    """The guide's page on tagging. The model has no UserPoolTaggingException for TagResource."""
    with refused("InvalidParameterException"):
        tag(cognito, pool, **{"stage": "test", key: "value"})
    assert tags_of(cognito, pool) == {}


@pytest.mark.parametrize(
    ("tags", "limit"), [({"k" * 129: "v"}, 128), ({"k": "v" * 257}, 256)], ids=["key", "value"]
)
def test_too_long_a_tag_is_refused(
    cognito: Any, pool: PoolForTest, tags: dict[str, str], limit: int
) -> None:
    """The API model's lengths."""
    with pytest.raises(
        cognito.exceptions.InvalidParameterException,
        match=f"Member must have length less than or equal to {limit}",
    ):
        tag(cognito, pool, **tags)
    assert tags_of(cognito, pool) == {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_tags_of_unknown_pool_are_not_found(cognito: Any, operation: str) -> None:
    """aws-aspnet-cognito-identity-provider#135, for operations by id."""
    arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{REGION}_000000000"
    with refused("ResourceNotFoundException", f"User pool {REGION}_000000000 does not exist."):
        getattr(cognito, operation)(ResourceArn=arn, **OPERATIONS[operation])


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "form",
    [
        f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{{id}}",
        f"arn:aws:cognito-idp:{REGION}:999999999999:userpool/{{id}}",
        f"arn:aws:cognito-identity:{REGION}:{ACCOUNT}:userpool/{{id}}",
        f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:identitypool/{{id}}",
        f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{{id}}/{{id}}",
        f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{{id}}:client",
        f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:USERPOOL/{{id}}",
    ],
)
def test_arn_must_be_the_pools_own(
    cognito: Any, new_pool: NewPool, operation: str, form: str
) -> None:
    """Whatever policies say of a pool's ARN can't be gone round by another form of it."""
    pool = new_pool(UserPoolTags={"stage": "old"})
    with refused("ResourceNotFoundException"):
        getattr(cognito, operation)(ResourceArn=form.format(id=pool.id), **OPERATIONS[operation])
    assert tags_of(cognito, pool) == {"stage": "old"}


def test_tags_of_deleted_pool_are_not_found(cognito: Any, new_pool: NewPool) -> None:
    pool = new_pool(UserPoolTags={"stage": "test"})
    cognito.delete_user_pool(UserPoolId=pool.id)
    with refused("ResourceNotFoundException", f"User pool {pool.id} does not exist."):
        tags_of(cognito, pool)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_policies_decide_by_the_tags_that_the_pool_has(
    server: RunningServer, cognito: Any, new_pool: NewPool, operation: str
) -> None:
    """The service's authorization reference: the resource type userpool has aws:ResourceTag."""
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "cognito-idp:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/owner": "jie"}},
        },
    }
    name = f"{operation}-{server.settings.store and 'postgres'}"
    jie = server.administrator(name, json.dumps(policy))
    own, foreign = (new_pool(UserPoolTags={"owner": owner}) for owner in ("jie", "mia"))
    getattr(jie, operation)(ResourceArn=arn_of(own), **OPERATIONS[operation])
    with refused(
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform:"
        f" cognito-idp:{operation.title().replace('_', '')} on resource: {arn_of(foreign)}"
        " because no identity-based policy allows the"
        f" cognito-idp:{operation.title().replace('_', '')} action",
    ):
        getattr(jie, operation)(ResourceArn=arn_of(foreign), **OPERATIONS[operation])
    assert tags_of(cognito, foreign) == {"owner": "mia"}
