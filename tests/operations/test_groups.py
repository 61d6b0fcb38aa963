"""Groups over the wire (ev:users-15)."""

from typing import Any

import pytest
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

from poolhouse.store.interface import Write

ROLE = "arn:aws:iam::123456789012:role/admins"
OPERATIONS = ("get_group", "update_group", "delete_group", "list_users_in_group")
"""Operations that name a group and no user."""


def create(cognito: Any, pool: PoolForTest, name: str = "admins", **members: Any) -> dict[str, Any]:
    made: dict[str, Any] = cognito.create_group(UserPoolId=pool.id, GroupName=name, **members)
    return dict(made["Group"])


def get(cognito: Any, pool: PoolForTest, name: str = "admins") -> dict[str, Any]:
    found: dict[str, Any] = cognito.get_group(UserPoolId=pool.id, GroupName=name)
    return dict(found["Group"])


def names(cognito: Any, pool: PoolForTest) -> list[str]:
    listed = cognito.list_groups(UserPoolId=pool.id)["Groups"]
    return [group["GroupName"] for group in listed]


def test_create_group_returns_only_given_members(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-15: unset members are absent; the AWS CLI's examples of create-group."""
    bare = create(cognito, pool, "bare")
    assert set(bare) == {"GroupName", "UserPoolId", "CreationDate", "LastModifiedDate"}
    assert (bare["GroupName"], bare["UserPoolId"]) == ("bare", pool.id)
    assert bare["CreationDate"] == bare["LastModifiedDate"]
    full = create(cognito, pool, Description="All of them", RoleArn=ROLE, Precedence=0)
    assert (full["Description"], full["RoleArn"], full["Precedence"]) == ("All of them", ROLE, 0)
    assert get(cognito, pool, "bare") == bare
    assert get(cognito, pool) == full


@pytest.mark.parametrize("name", ["g", "g" * 128, "Größe/§1", "管理者", "a,b", "<&'\"%>"])
def test_group_name_allows_anything_but_spaces(cognito: Any, pool: PoolForTest, name: str) -> None:
    """The API model's pattern of GroupName."""
    create(cognito, pool, name)
    assert get(cognito, pool, name)["GroupName"] == name
    assert names(cognito, pool) == [name]


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (
            {"GroupName": "two words"},
            "Value 'two words' at 'groupName' failed to satisfy constraint: Member must satisfy"
            r" regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+",
        ),
        (
            {"GroupName": "g" * 129},
            f"Value '{'g' * 129}' at 'groupName' failed to satisfy constraint: Member must have"
            " length less than or equal to 128",
        ),
        (
            {"Precedence": -1},
            "Value '-1' at 'precedence' failed to satisfy constraint: Member must have value"
            " greater than or equal to 0",
        ),
        (
            {"Description": "d" * 2049},
            f"Value '{'d' * 2049}' at 'description' failed to satisfy constraint: Member must have"
            " length less than or equal to 2048",
        ),
        (
            {"RoleArn": "the role of the administrators"},
            "Value 'the role of the administrators' at 'roleArn' failed to satisfy constraint:"
            r" Member must satisfy regular expression pattern: arn:[\w+=/,.@-]+:[\w+=/,.@-]+"
            r":([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?",
        ),
    ],
)
def test_group_against_the_model_is_refused(
    server: RunningServer, cognito: Any, pool: PoolForTest, members: dict[str, Any], sentence: str
) -> None:
    """The API model's constraints, in the sentence of ev:users-1.4."""
    unchecked = server.client(parameter_validation=False)
    with refused("InvalidParameterException", f"1 validation error detected: {sentence}"):
        unchecked.create_group(**{"UserPoolId": pool.id, "GroupName": "admins", **members})
    assert names(cognito, pool) == []


def test_highest_precedence_is_a_java_int(cognito: Any, pool: PoolForTest) -> None:
    """The guide's page on groups: at most 2^31-1."""
    assert create(cognito, pool, Precedence=2**31 - 1)["Precedence"] == 2**31 - 1
    with refused("SerializationException"):
        create(cognito, pool, "more", Precedence=2**31)
    assert names(cognito, pool) == ["admins"]


def test_group_name_is_unique_in_pool(cognito: Any, new_pool: NewPool) -> None:
    """ev:users-1.6."""
    here, there = new_pool(), new_pool()
    made = create(cognito, here, Description="the first")
    with refused("GroupExistsException", "A group with the name already exists"):
        create(cognito, here, Description="the second")
    assert get(cognito, here) == made
    create(cognito, there)


def test_names_that_differ_in_case_collide_where_the_pool_ignores_case(
    cognito: Any, new_pool: NewPool
) -> None:
    """amplify-backend#1781, where ADMINS became Admins."""
    folding = new_pool(UsernameConfiguration={"CaseSensitive": False})
    create(cognito, folding, "ADMINS")
    with refused("GroupExistsException", "A group with the name already exists"):
        create(cognito, folding, "Admins")
    assert get(cognito, folding, "admins")["GroupName"] == "ADMINS"
    exact = new_pool()
    create(cognito, exact, "ADMINS")
    create(cognito, exact, "Admins")
    assert names(cognito, exact) == ["ADMINS", "Admins"]


def test_update_group_changes_only_given_members(cognito: Any, pool: PoolForTest) -> None:
    """The AWS CLI's example of update-group: the role stays, which the request doesn't name."""
    made = create(cognito, pool, Description="Old", RoleArn=ROLE, Precedence=7)
    updated = cognito.update_group(
        UserPoolId=pool.id, GroupName="admins", Description="New", Precedence=2
    )["Group"]
    assert updated == {
        **made,
        "Description": "New",
        "Precedence": 2,
        "LastModifiedDate": updated["LastModifiedDate"],
    }
    assert updated["LastModifiedDate"] >= made["LastModifiedDate"]
    assert get(cognito, pool) == updated


def test_precedence_can_become_zero(cognito: Any, pool: PoolForTest) -> None:
    create(cognito, pool, Precedence=7)
    cognito.update_group(UserPoolId=pool.id, GroupName="admins", Precedence=0)
    assert get(cognito, pool)["Precedence"] == 0


def test_deleted_group_is_not_found_and_name_is_free(cognito: Any, pool: PoolForTest) -> None:
    create(cognito, pool, Description="Old")
    answer = cognito.delete_group(UserPoolId=pool.id, GroupName="admins")
    assert set(answer) == {"ResponseMetadata"}
    with refused("ResourceNotFoundException", "Group not found."):
        get(cognito, pool)
    assert names(cognito, pool) == []
    assert "Description" not in create(cognito, pool)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_group_of_another_pool_is_not_found(
    cognito: Any, new_pool: NewPool, operation: str
) -> None:
    """amplify-cli#2214."""
    here, there = new_pool(), new_pool()
    made = create(cognito, there)
    with refused("ResourceNotFoundException", "Group not found."):
        getattr(cognito, operation)(UserPoolId=here.id, GroupName="admins")
    assert get(cognito, there) == made


@pytest.mark.parametrize("operation", ["create_group", *OPERATIONS])
def test_groups_of_unknown_pool_are_not_found(cognito: Any, operation: str) -> None:
    """aws-aspnet-cognito-identity-provider#135."""
    unknown = "eu-central-1_000000000"
    with refused("ResourceNotFoundException", f"User pool {unknown} does not exist."):
        getattr(cognito, operation)(UserPoolId=unknown, GroupName="admins")
    with refused("ResourceNotFoundException", f"User pool {unknown} does not exist."):
        cognito.list_groups(UserPoolId=unknown)


def test_list_groups_returns_pages(cognito: Any, new_pool: NewPool) -> None:
    pool, other = new_pool(), new_pool()
    made = [create(cognito, pool, f"group-{n}", Precedence=9 - n) for n in range(5)]
    create(cognito, other, "elsewhere")
    pages = cognito.get_paginator("list_groups").paginate(
        UserPoolId=pool.id, PaginationConfig={"PageSize": 2}
    )
    listed = [page["Groups"] for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    assert [group for page in listed for group in page] == made
    assert cognito.list_groups(UserPoolId=pool.id)["Groups"] == made


def test_pagination_token_is_bound_to_pool(cognito: Any, new_pool: NewPool) -> None:
    """aws-sdk-js#3705."""
    pool, other = new_pool(), new_pool()
    for n in range(2):
        create(cognito, pool, f"group-{n}")
    token = cognito.list_groups(UserPoolId=pool.id, Limit=1)["NextToken"]
    with refused("InvalidParameterException", "Paging Marker is Invalid for Request"):
        cognito.list_groups(UserPoolId=other.id, NextToken=token)


def test_deleted_pool_has_no_groups_left(cognito: Any, pool: PoolForTest) -> None:
    create(cognito, pool)
    cognito.delete_user_pool(UserPoolId=pool.id)
    with refused("ResourceNotFoundException", f"User pool {pool.id} does not exist."):
        get(cognito, pool)


def test_pool_has_at_most_ten_thousand_groups(
    server: RunningServer, cognito: Any, pool: PoolForTest
) -> None:
    """ev:users-17.3. The sentence isn't known."""
    fill = Write(
        "INSERT INTO groups (pool_id, key, id, version, body)"
        " WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < $1)"
        " SELECT $2, 'group-' || n, $2 || n, 1, '{}' FROM counted",
        (9_999, pool.id),
    )
    server.run(lambda app: app.services.store.commit(fill))
    create(cognito, pool)
    with refused("LimitExceededException"):
        create(cognito, pool, "another")
    with refused("ResourceNotFoundException", "Group not found."):
        get(cognito, pool, "another")
