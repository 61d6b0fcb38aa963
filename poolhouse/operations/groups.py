"""Groups and their members.

CreateGroup, GetGroup, UpdateGroup, DeleteGroup, ListGroups, AdminAddUserToGroup,
AdminRemoveUserFromGroup, AdminListGroupsForUser, ListUsersInGroup.
"""

from poolhouse.entities.groups import Group
from poolhouse.entities.users import User
from poolhouse.rules.users import admin_users, listing
from poolhouse.rules.users import groups as rules
from poolhouse.services.context import AdminCall
from poolhouse.services.pagination import page_token, position_of
from poolhouse.services.user_lookup import find_user
from poolhouse.store import groups
from poolhouse.wire.structs import (
    AdminAddUserToGroupRequest,
    AdminListGroupsForUserRequest,
    AdminListGroupsForUserResponse,
    AdminRemoveUserFromGroupRequest,
    CreateGroupRequest,
    CreateGroupResponse,
    DeleteGroupRequest,
    GetGroupRequest,
    GetGroupResponse,
    ListGroupsRequest,
    ListGroupsResponse,
    ListUsersInGroupRequest,
    ListUsersInGroupResponse,
    UpdateGroupRequest,
    UpdateGroupResponse,
)


async def create_group(call: AdminCall, req: CreateGroupRequest) -> CreateGroupResponse:
    """Make a group without members.

    The role isn't checked against anything: it is a name that tokens repeat to identity pools.
    """
    namesake = await call.store.groups.find(call.pool.id, rules.key(call.pool, req.GroupName))
    already = await call.store.groups.count(call.pool.id, most=rules.MOST_OF_POOL)
    group = rules.create(
        call.pool,
        req,
        group_id=call.ids.group_id(),
        namesake=namesake,
        already=already,
        now=call.now,
    )
    await call.commit(groups.add(group))
    return CreateGroupResponse(Group=rules.described(group))


async def get_group(call: AdminCall, req: GetGroupRequest) -> GetGroupResponse:
    """Show a group."""
    return GetGroupResponse(Group=rules.described(await _named_group(call, req.GroupName)))


async def update_group(call: AdminCall, req: UpdateGroupRequest) -> UpdateGroupResponse:
    """Change a group's description, role or precedence; its name and members stay."""
    updated = rules.update(await _named_group(call, req.GroupName), req, call.now)
    await call.commit(groups.save(updated))
    return UpdateGroupResponse(Group=rules.described(updated))


async def delete_group(call: AdminCall, req: DeleteGroupRequest) -> None:
    """Make a group unknown; its members are members no more, whatever takes its name later."""
    group = await _named_group(call, req.GroupName)
    await call.commit(*groups.delete(group, call.now))


async def list_groups(call: AdminCall, req: ListGroupsRequest) -> ListGroupsResponse:
    """Show a page of the pool's groups, in the order of their names."""
    parameters = f"ListGroups/{call.pool.id}"
    page = await call.store.groups.page(
        call.pool.id,
        position_of(call, req.NextToken, parameters),
        req.Limit or rules.LARGEST_PAGE,
    )
    return ListGroupsResponse(
        Groups=[rules.described(group) for group in page.items],
        NextToken=page_token(call, parameters, page.next),
    )


async def admin_add_user_to_group(call: AdminCall, req: AdminAddUserToGroupRequest) -> None:
    """Make a user a member; their next tokens say so."""
    user = await _named_user(call, req.Username)
    group = await _named_group(call, req.GroupName)
    if rules.must_join(await call.store.groups.of_user(user), group):
        await call.commit(*groups.join(user, group))


async def admin_remove_user_from_group(
    call: AdminCall, req: AdminRemoveUserFromGroupRequest
) -> None:
    """End a membership.

    UNVERIFIED: is it accepted for a user who is no member, as here?
    """
    user = await _named_user(call, req.Username)
    group = await _named_group(call, req.GroupName)
    await call.commit(groups.leave(user, group))


async def admin_list_groups_for_user(
    call: AdminCall, req: AdminListGroupsForUserRequest
) -> AdminListGroupsForUserResponse:
    """Show a page of a user's groups, the one that takes precedence first."""
    user = await _named_user(call, req.Username)
    parameters = f"AdminListGroupsForUser/{call.pool.id}/{user.sub}"
    shown, following = rules.page_of_user(
        await call.store.groups.of_user(user),
        position_of(call, req.NextToken, parameters),
        req.Limit,
    )
    return AdminListGroupsForUserResponse(
        Groups=[rules.described(group) for group in shown],
        NextToken=page_token(call, parameters, following),
    )


async def list_users_in_group(
    call: AdminCall, req: ListUsersInGroupRequest
) -> ListUsersInGroupResponse:
    """Show a page of a group's members, each as ListUsers does."""
    group = await _named_group(call, req.GroupName)
    parameters = f"ListUsersInGroup/{group.id}"
    page = await call.store.groups.members(
        group,
        position_of(call, req.NextToken, parameters),
        req.Limit or rules.LARGEST_PAGE,
    )
    return ListUsersInGroupResponse(
        Users=[listing.described(user) for user in page.items],
        NextToken=page_token(call, parameters, page.next),
    )


async def _named_group(call: AdminCall, name: str) -> Group:
    return rules.require_group(
        await call.store.groups.find(call.pool.id, rules.key(call.pool, name))
    )


async def _named_user(call: AdminCall, username: str) -> User:
    # UNVERIFIED: where both are unknown, is it the user who is missed first, as here?
    return admin_users.require_user(await find_user(call, call.pool, username))
