"""Members of groups, over the wire (ev:users-15)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest

OPERATIONS = ("admin_add_user_to_group", "admin_remove_user_from_group")


@pytest.fixture
def pool(new_pool: NewPool, cognito: Any) -> PoolForTest:
    """A pool with the group "admins", and with Alice in no group."""
    made = new_pool(AliasAttributes=["email"])
    made.sign_up(attributes={"email": "alice@example.com"})
    cognito.create_group(UserPoolId=made.id, GroupName="admins")
    return made


def add(
    cognito: Any, pool: PoolForTest, username: str = "alice", group: str = "admins"
) -> dict[str, Any]:
    answer: dict[str, Any] = cognito.admin_add_user_to_group(
        UserPoolId=pool.id, Username=username, GroupName=group
    )
    return answer


def remove(cognito: Any, pool: PoolForTest, username: str = "alice") -> dict[str, Any]:
    answer: dict[str, Any] = cognito.admin_remove_user_from_group(
        UserPoolId=pool.id, Username=username, GroupName="admins"
    )
    return answer


def groups_of(cognito: Any, pool: PoolForTest, username: str = "alice") -> list[str]:
    listed = cognito.admin_list_groups_for_user(UserPoolId=pool.id, Username=username)
    return [group["GroupName"] for group in listed["Groups"]]


def members(cognito: Any, pool: PoolForTest, group: str = "admins") -> list[str]:
    listed = cognito.list_users_in_group(UserPoolId=pool.id, GroupName=group)
    return [user["Username"] for user in listed["Users"]]


def test_user_added_twice_is_member_once(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-15: idempotent, an empty answer."""
    for _ in range(2):
        assert set(add(cognito, pool)) == {"ResponseMetadata"}
        assert groups_of(cognito, pool) == ["admins"]
        assert members(cognito, pool) == ["alice"]


def test_user_removed_twice_leaves_group(cognito: Any, pool: PoolForTest) -> None:
    add(cognito, pool)
    for _ in range(2):
        assert set(remove(cognito, pool)) == {"ResponseMetadata"}
        assert groups_of(cognito, pool) == []
        assert members(cognito, pool) == []


def test_add_user_to_group_keeps_the_user(cognito: Any, pool: PoolForTest) -> None:
    def user() -> dict[str, Any]:
        return {k: v for k, v in pool.user().items() if k != "ResponseMetadata"}

    before = user()
    add(cognito, pool)
    remove(cognito, pool)
    assert user() == before


def test_member_is_named_by_sub_and_alias(cognito: Any, pool: PoolForTest) -> None:
    """The API model's text on Username."""
    pool.admin_confirm()
    sub = pool.user()["attributes"]["sub"]
    add(cognito, pool, sub)
    assert groups_of(cognito, pool, sub) == ["admins"]
    cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="bob",
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": "bob@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    add(cognito, pool, "bob@example.com")
    assert groups_of(cognito, pool, "bob") == ["admins"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_groups_of_unknown_user_are_not_found(
    cognito: Any, pool: PoolForTest, operation: str
) -> None:
    """aws-sdk-android#366."""
    with refused("UserNotFoundException", "User does not exist."):
        getattr(cognito, operation)(UserPoolId=pool.id, Username="bob", GroupName="admins")
    with refused("UserNotFoundException", "User does not exist."):
        groups_of(cognito, pool, "bob")
    assert members(cognito, pool) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_unknown_group_is_not_found(cognito: Any, pool: PoolForTest, operation: str) -> None:
    """amplify-cli#2214."""
    with refused("ResourceNotFoundException", "Group not found."):
        getattr(cognito, operation)(UserPoolId=pool.id, Username="alice", GroupName="nobody")
    with refused("ResourceNotFoundException", "Group not found."):
        members(cognito, pool, "nobody")
    assert groups_of(cognito, pool) == []


def test_list_groups_for_user_sorts_by_precedence_then_name(
    cognito: Any, pool: PoolForTest
) -> None:
    """ev:users-15: the lower precedence wins, null is the lowest; as peers order the list."""
    for name, precedence in {"c": 5, "b": 5, "zero": 0, "top": 2**31 - 1}.items():
        cognito.create_group(UserPoolId=pool.id, GroupName=name, Precedence=precedence)
        add(cognito, pool, group=name)
    cognito.create_group(UserPoolId=pool.id, GroupName="a")
    add(cognito, pool, group="a")
    add(cognito, pool)
    expected = ["zero", "b", "c", "top", "a", "admins"]
    assert groups_of(cognito, pool) == expected
    for size in (1, 2, 3, 5, 6):
        pages = cognito.get_paginator("admin_list_groups_for_user").paginate(
            UserPoolId=pool.id, Username="alice", PaginationConfig={"PageSize": size}
        )
        listed = [[group["GroupName"] for group in page["Groups"]] for page in pages]
        assert [name for page in listed for name in page] == expected
        assert len(listed) == -(-len(expected) // size)


def test_list_groups_for_user_shows_all_members(cognito: Any, pool: PoolForTest) -> None:
    add(cognito, pool)
    shown = cognito.admin_list_groups_for_user(UserPoolId=pool.id, Username="alice")["Groups"]
    assert shown == [cognito.get_group(UserPoolId=pool.id, GroupName="admins")["Group"]]


def test_limit_of_zero_groups_is_refused(cognito: Any, pool: PoolForTest) -> None:
    """aws-sdk-js#2193, although the model allows it."""
    with refused(
        "InvalidParameterException",
        "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint:"
        " Member must have value greater than or equal to 1",
    ):
        cognito.admin_list_groups_for_user(UserPoolId=pool.id, Username="alice", Limit=0)


def test_list_users_in_group_shows_users_as_list_users(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-15."""
    pool.sign_up("bob")
    pool.sign_up("carol", attributes={"email": "carol@example.com"})
    for name in ("alice", "carol"):
        add(cognito, pool, name)
    listed = {user["Username"]: user for user in cognito.list_users(UserPoolId=pool.id)["Users"]}
    shown = cognito.list_users_in_group(UserPoolId=pool.id, GroupName="admins")["Users"]
    assert {user["Username"]: user for user in shown} == {
        name: listed[name] for name in ("alice", "carol")
    }


def test_list_users_in_group_returns_pages(cognito: Any, pool: PoolForTest) -> None:
    all_users = {"alice", *(f"user-{n}" for n in range(4))}
    for name in all_users - {"alice"}:
        pool.sign_up(name)
    for name in all_users:
        add(cognito, pool, name)
    pages = cognito.get_paginator("list_users_in_group").paginate(
        UserPoolId=pool.id, GroupName="admins", PaginationConfig={"PageSize": 2}
    )
    listed = [[user["Username"] for user in page["Users"]] for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    assert {name for page in listed for name in page} == all_users


def test_pagination_token_is_bound_to_group_and_user(cognito: Any, pool: PoolForTest) -> None:
    """aws-sdk-js#3705."""
    pool.sign_up("bob")
    cognito.create_group(UserPoolId=pool.id, GroupName="others")
    for name in ("alice", "bob"):
        add(cognito, pool, name)
        add(cognito, pool, name, "others")
    of_group = cognito.list_users_in_group(UserPoolId=pool.id, GroupName="admins", Limit=1)
    with refused("InvalidParameterException", "Paging Marker is Invalid for Request"):
        cognito.list_users_in_group(
            UserPoolId=pool.id, GroupName="others", NextToken=of_group["NextToken"]
        )
    of_user = cognito.admin_list_groups_for_user(UserPoolId=pool.id, Username="alice", Limit=1)
    with refused("InvalidParameterException", "Paging Marker is Invalid for Request"):
        cognito.admin_list_groups_for_user(
            UserPoolId=pool.id, Username="bob", NextToken=of_user["NextToken"]
        )


def test_recreated_group_has_no_former_members(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-15: memberships vanish with the group."""
    add(cognito, pool)
    cognito.delete_group(UserPoolId=pool.id, GroupName="admins")
    assert groups_of(cognito, pool) == []
    cognito.create_group(UserPoolId=pool.id, GroupName="admins")
    assert groups_of(cognito, pool) == []
    assert members(cognito, pool) == []
    add(cognito, pool)
    assert members(cognito, pool) == ["alice"]


def test_deleted_user_and_namesake_are_in_no_group(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-10.2: memberships are removed with the user."""
    add(cognito, pool)
    cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    assert members(cognito, pool) == []
    pool.sign_up()
    assert groups_of(cognito, pool) == []


def test_user_is_in_at_most_a_hundred_groups(cognito: Any, pool: PoolForTest) -> None:
    """ev:users-17.3; the model lists no LimitExceededException for AdminAddUserToGroup."""
    for n in range(100):
        cognito.create_group(UserPoolId=pool.id, GroupName=f"group-{n}")
        add(cognito, pool, group=f"group-{n}")
    with refused(
        "InvalidParameterException", "Maximum number of groups for the user has been reached."
    ):
        add(cognito, pool)
    assert members(cognito, pool) == []
    add(cognito, pool, group="group-0")  # a member already
    cognito.delete_group(UserPoolId=pool.id, GroupName="group-0")
    add(cognito, pool)  # a deleted group counts no more
    assert members(cognito, pool) == ["alice"]


@pytest.mark.both_stores
def test_concurrent_additions_to_a_group_all_succeed(cognito: Any, pool: PoolForTest) -> None:
    for n in range(8):
        pool.sign_up(f"user-{n}")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: add(cognito, pool, f"user-{n}"), range(8)))
    assert set(members(cognito, pool)) == {f"user-{n}" for n in range(8)}


@pytest.mark.both_stores
def test_concurrent_additions_to_groups_all_succeed(cognito: Any, pool: PoolForTest) -> None:
    """Tools that set up a pool do so."""
    names = [f"group-{n}" for n in range(12)]
    for name in names:
        cognito.create_group(UserPoolId=pool.id, GroupName=name)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda name: add(cognito, pool, group=name), names))
    assert set(groups_of(cognito, pool)) == set(names)
