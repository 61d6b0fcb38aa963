"""Groups and who may join them (ev:users-15)."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from poolhouse.entities.groups import Group
from poolhouse.entities.pools import Pool
from poolhouse.errors.groups import GroupExists, GroupNotFound, TooManyGroups
from poolhouse.errors.pools import LimitBelowOne, QuotaExceeded
from poolhouse.rules.users import groups
from poolhouse.wire.structs import (
    CreateGroupRequest,
    GroupType,
    UpdateGroupRequest,
    UsernameConfigurationType,
    UserPoolType,
)

NOW = datetime(2026, 3, 3, tzinfo=UTC)
POOL = "us-east-1_Poolhouse"
ROLE = "arn:aws:iam::123456789012:role/admins"


def a_pool(*, case_sensitive: bool = True) -> Pool:
    settings = UserPoolType(
        UsernameConfiguration=UsernameConfigurationType(CaseSensitive=case_sensitive)
    )
    return Pool(id=POOL, settings=settings, attributes=(), created_at=NOW, modified_at=NOW)


def a_group(name: str = "admins", precedence: int | None = None, **members: Any) -> Group:
    return Group(
        id=f"id of {name}",
        pool_id=POOL,
        key=name,
        name=name,
        precedence=precedence,
        created_at=NOW,
        modified_at=NOW,
        **members,
    )


def create(name: str = "admins", *, namesake: Group | None = None, already: int = 0) -> Group:
    request = CreateGroupRequest(GroupName=name, UserPoolId=POOL)
    return groups.create(
        a_pool(), request, group_id=f"id of {name}", namesake=namesake, already=already, now=NOW
    )


def update(group: Group, **members: Any) -> Group:
    request = UpdateGroupRequest(GroupName=group.name, UserPoolId=POOL, **members)
    return groups.update(group, request, NOW + timedelta(days=1))


def test_create_group_has_the_given_members() -> None:
    assert create() == a_group()


def test_create_group_with_an_existing_name_is_refused() -> None:
    with pytest.raises(GroupExists):
        create(namesake=a_group())


def test_create_group_beyond_ten_thousand_is_refused() -> None:
    """ev:users-17.3. The sentence isn't known."""
    assert create(already=9_999) == a_group()
    with pytest.raises(QuotaExceeded, match="Maximum number of groups has been reached"):
        create(already=10_000)


def test_group_name_case_follows_the_pool() -> None:
    """amplify-backend#1781."""
    assert groups.key(a_pool(), "Admins") == "Admins"
    assert groups.key(a_pool(case_sensitive=False), "Admins") == "admins"


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({}, {}),
        ({"Description": "New"}, {"description": "New"}),
        ({"Description": ""}, {"description": ""}),
        ({"RoleArn": f"{ROLE}-too"}, {"role_arn": f"{ROLE}-too"}),
        ({"Precedence": 0}, {"precedence": 0}),
    ],
)
def test_update_group_keeps_members_not_given(
    given: dict[str, Any], changed: dict[str, Any]
) -> None:
    """The AWS CLI's example of update-group keeps the role."""
    was = a_group(precedence=7, description="Old", role_arn=ROLE)
    expected = msgspec.structs.replace(was, **changed, modified_at=NOW + timedelta(days=1))
    assert update(was, **given) == expected


def test_group_not_found_is_refused() -> None:
    """amplify-cli#2214."""
    with pytest.raises(GroupNotFound):
        groups.require_group(None)
    assert groups.require_group(a_group()) == a_group()


def test_add_user_to_group_beyond_a_hundred_is_refused() -> None:
    """ev:users-15 and ev:users-17.3. The sentence isn't known."""
    hundred = [a_group(f"group-{n}") for n in range(100)]
    assert groups.must_join(hundred[:99], a_group())
    assert not groups.must_join(hundred, hundred[50])
    with pytest.raises(TooManyGroups):
        groups.must_join(hundred, a_group())


RANKED = [
    a_group("z", 0),
    a_group("Z", 1),
    a_group("a", 1),
    a_group("b", 1),
    a_group("y", 2**31 - 1),
    a_group("0"),
    a_group("x"),
]
"""The lower precedence first, none last; then by name."""


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, None])
def test_list_groups_for_user_orders_by_rank_at_any_page_size(size: int | None) -> None:
    shuffled = random.Random(size).sample(RANKED, len(RANKED))
    seen: list[Group] = []
    after = None
    while True:
        page, after = groups.page_of_user(shuffled, after, size)
        seen += page
        assert len(page) <= (size or groups.LARGEST_PAGE)
        if after is None:
            break
        assert len(page) == size
    assert seen == RANKED


def test_list_groups_for_user_without_groups_is_one_empty_page() -> None:
    assert groups.page_of_user([], None, 5) == ([], None)


def test_list_groups_for_user_continues_after_a_group_that_was_left() -> None:
    _, after = groups.page_of_user(RANKED, None, 3)
    assert groups.page_of_user(RANKED[:2] + RANKED[3:], after, None) == (RANKED[3:], None)


def test_list_groups_for_user_limit_zero_is_refused() -> None:
    """aws-sdk-js#2193."""
    with pytest.raises(LimitBelowOne):
        groups.page_of_user(RANKED, None, 0)


def test_described_group_omits_unset_members() -> None:
    """ev:users-15: unset members are absent."""
    assert groups.described(a_group()) == GroupType(
        GroupName="admins",
        UserPoolId=POOL,
        LastModifiedDate=NOW.timestamp(),
        CreationDate=NOW.timestamp(),
    )
    full = groups.described(a_group(precedence=0, description="d", role_arn=ROLE))
    assert (full.Precedence, full.Description, full.RoleArn) == (0, "d", ROLE)
