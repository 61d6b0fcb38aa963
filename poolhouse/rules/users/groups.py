"""Groups and who may join them (ev:users-15)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from poolhouse.entities.groups import Group
from poolhouse.entities.pools import Pool
from poolhouse.errors.groups import GroupExists, GroupNotFound, TooManyGroups
from poolhouse.errors.pools import LimitBelowOne, QuotaExceeded
from poolhouse.rules.users import usernames
from poolhouse.wire.structs import CreateGroupRequest, GroupType, UpdateGroupRequest

MOST_OF_POOL: Final = 10_000
MOST_OF_USER: Final = 100
"""The quotas of ev:users-17.3. They keep sizes in check, no rights: of two who come for the last
place at the same moment, both may get in.
"""
LARGEST_PAGE: Final = 60

Rank = tuple[bool, int, str]


def key(pool: Pool, name: str) -> str:
    """Return a group's name as the pool compares it.

    UNVERIFIED: is it the pool that decides? Names that differ in case alone were reported to
    collide in a pool that isn't case-sensitive (amplify-backend#1781).
    """
    return usernames.case_folded(pool, name)


def create(
    pool: Pool,
    req: CreateGroupRequest,
    *,
    group_id: str,
    namesake: Group | None,
    already: int,
    now: datetime,
) -> Group:
    """Return the group that CreateGroup makes, where `already` as many are and none of its name."""
    if namesake is not None:
        raise GroupExists
    if already >= MOST_OF_POOL:
        raise QuotaExceeded(things="groups")
    return Group(
        id=group_id,
        pool_id=pool.id,
        key=key(pool, req.GroupName),
        name=req.GroupName,
        description=req.Description,
        role_arn=req.RoleArn,
        precedence=req.Precedence,
        created_at=now,
        modified_at=now,
    )


def update(group: Group, req: UpdateGroupRequest, now: datetime) -> Group:
    """Return the group after UpdateGroup; what the request leaves out stays.

    That is so for the role in the AWS CLI's example of update-group. UNVERIFIED: for the
    description and the precedence, too?
    """
    given = {
        "description": req.Description,
        "role_arn": req.RoleArn,
        "precedence": req.Precedence,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(group, **changes, modified_at=now)


def require_group(group: Group | None) -> Group:
    if group is None:
        raise GroupNotFound
    return group


def must_join(of_user: Iterable[Group], group: Group) -> bool:
    """Return whether the user, who is in these groups, isn't a member yet."""
    ids = {each.id for each in of_user}
    if group.id in ids:
        return False
    if len(ids) >= MOST_OF_USER:
        raise TooManyGroups
    return True


def rank(group: Group) -> Rank:
    """Return a group's place among a user's: lower precedence first, none last, then by name."""
    # UNVERIFIED: the order of AdminListGroupsForUser and of the tokens' cognito:groups?
    return group.precedence is None, group.precedence or 0, group.name


def page_of_user(
    of_user: Iterable[Group], after: str | None, limit: int | None
) -> tuple[list[Group], str | None]:
    """Return a page of a user's groups by rank, and the position of the next one."""
    if limit == 0:
        raise LimitBelowOne
    ranked = sorted(of_user, key=rank)
    if after is not None:
        last_seen = msgspec.json.decode(after, type=Rank)
        ranked = [group for group in ranked if rank(group) > last_seen]
    shown = ranked[: limit or LARGEST_PAGE]
    if len(shown) == len(ranked):
        return shown, None
    return shown, msgspec.json.encode(rank(shown[-1])).decode()


def described(group: Group) -> GroupType:
    """Return a group as answers show it."""
    return GroupType(
        GroupName=group.name,
        UserPoolId=group.pool_id,
        Description=group.description,
        RoleArn=group.role_arn,
        Precedence=group.precedence,
        LastModifiedDate=group.modified_at.timestamp(),
        CreationDate=group.created_at.timestamp(),
    )
