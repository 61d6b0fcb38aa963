"""Users.

AdminCreateUser, AdminGetUser, AdminDeleteUser, AdminEnableUser, AdminDisableUser, ListUsers,
GetUser, DeleteUser.
"""

from poolhouse.entities.contacts import OF_MEDIUM
from poolhouse.entities.messages import Occasion
from poolhouse.entities.users import NameKind, User
from poolhouse.errors.users import (
    AttributeTaken,
    FilterNotUnderstood,
    NotSearchable,
    UserAlreadyCreated,
)
from poolhouse.rules.auth import mfa_preferences
from poolhouse.rules.users import admin_users as rules
from poolhouse.rules.users import attributes, listing, usernames
from poolhouse.rules.users.user_filter import FilterSyntax, UnsearchableAttribute, UserFilter, parse
from poolhouse.services import notifications, triggers
from poolhouse.services.context import AdminCall, UserCall
from poolhouse.services.notifications import Notification
from poolhouse.services.pagination import page_token, position_of
from poolhouse.services.passwords import new_credential, replace_password
from poolhouse.services.user_lookup import find_user
from poolhouse.services.user_names import alias_writes, claim_username
from poolhouse.store import passkeys, users
from poolhouse.store.interface import UniqueViolation, Write
from poolhouse.triggers.pre_sign_up import PreSignUp, PreSignUpSource
from poolhouse.wire.enums import DeliveryMediumType, MessageActionType
from poolhouse.wire.structs import (
    AdminCreateUserRequest,
    AdminCreateUserResponse,
    AdminDeleteUserRequest,
    AdminDisableUserRequest,
    AdminDisableUserResponse,
    AdminEnableUserRequest,
    AdminEnableUserResponse,
    AdminGetUserRequest,
    AdminGetUserResponse,
    DeleteUserRequest,
    GetUserRequest,
    GetUserResponse,
    ListUsersRequest,
    ListUsersResponse,
)

LARGEST_PAGE = 60
MOST_PASSKEYS = 100
"""More than a user can register."""


async def admin_create_user(
    call: AdminCall, req: AdminCreateUserRequest
) -> AdminCreateUserResponse:
    """Make a user with a temporary password and invite them, or invite them again."""
    if req.MessageAction is MessageActionType.RESEND:
        return await _invite_again(call, req)
    password = _temporary_password(call, req)
    draft = rules.create(
        call.pool,
        req.Username,
        attributes.given(req.UserAttributes),
        call.new_sub(),
        with_password=password is not None,
        now=call.now,
    )
    ask = PreSignUp(
        source=PreSignUpSource.ADMIN_CREATE_USER,
        validation_data=attributes.validation_data(req.ValidationData),
        client_metadata=req.ClientMetadata,
    )
    subject = triggers.TriggerSubject.of(call.pool, draft, is_stored=False)
    await triggers.invoke_once(call, subject, ask)
    writes = await _creation(call, req, draft, password)
    try:
        await notifications.commit_and_notify(
            call, _invitation(call, req, draft, password), *writes
        )
    except UniqueViolation as taken:
        if taken.kind == NameKind.USERNAME:
            raise UserAlreadyCreated from None
        raise  # an alias: the operation is run again, and finds who has it by now
    return AdminCreateUserResponse(User=listing.described(listing.listed(draft)))


async def admin_get_user(call: AdminCall, req: AdminGetUserRequest) -> AdminGetUserResponse:
    """Show a user to an administrator: everything but the password."""
    user = rules.require_user(await find_user(call, call.pool, req.Username))
    return AdminGetUserResponse(
        Username=user.username,
        UserAttributes=attributes.listed(user),
        UserCreateDate=user.created_at.timestamp(),
        UserLastModifiedDate=user.modified_at.timestamp(),
        Enabled=user.enabled,
        UserStatus=user.status,
        **mfa_preferences.shown(user),
    )


async def admin_delete_user(call: AdminCall, req: AdminDeleteUserRequest) -> None:
    """Remove a user with everything that belongs to them; their names are free again."""
    user = rules.require_user(await find_user(call, call.pool, req.Username))
    await call.commit(*await _removal(call, user))


async def admin_enable_user(
    call: AdminCall, req: AdminEnableUserRequest
) -> AdminEnableUserResponse:
    """Enable a disabled user."""
    await _set_enabled(call, req.Username, enabled=True)
    return AdminEnableUserResponse()


async def admin_disable_user(
    call: AdminCall, req: AdminDisableUserRequest
) -> AdminDisableUserResponse:
    """Disable a user; their access tokens are refused from then on."""
    await _set_enabled(call, req.Username, enabled=False)
    return AdminDisableUserResponse()


async def list_users(call: AdminCall, req: ListUsersRequest) -> ListUsersResponse:
    """Show a page of the pool's users, or of those that the filter finds."""
    wanted = _filter(req.Filter)
    rules.check_requested(call.pool, req.AttributesToGet)
    parameters = f"ListUsers/{call.pool.id}/{req.AttributesToGet}/{req.Filter or ''}"
    page = await call.store.users.listed(
        call.pool.id,
        wanted,
        position_of(call, req.PaginationToken, parameters),
        req.Limit or LARGEST_PAGE,
    )
    return ListUsersResponse(
        Users=[listing.described(user, req.AttributesToGet) for user in page.items],
        PaginationToken=page_token(call, parameters, page.next),
    )


async def get_user(call: UserCall, req: GetUserRequest) -> GetUserResponse:
    """Show signed-in users what their app client may read of them."""
    return GetUserResponse(
        Username=call.user.username,
        UserAttributes=attributes.listed(call.user, call.client),
        **mfa_preferences.shown(call.user),
    )


async def delete_user(call: UserCall, req: DeleteUserRequest) -> None:
    """Delete the signed-in user."""
    await call.commit(*await _removal(call, call.user))


async def _invite_again(call: AdminCall, req: AdminCreateUserRequest) -> AdminCreateUserResponse:
    """Send a new temporary password to a user who hasn't used the last one."""
    user = await find_user(call, call.pool, req.Username)
    invited = rules.invite_again(user, req.Username, call.now)
    assert user is not None
    password = _checked(call, req.TemporaryPassword)
    until = rules.temporary_until(call.pool, call.now)
    was = await call.store.users.password(user)
    await notifications.commit_and_notify(
        call,
        _invitation(call, req, invited, password),
        users.save(invited, user),
        replace_password(call, call.pool, invited, was, password, expires_at=until),
    )
    return AdminCreateUserResponse(User=listing.described(listing.listed(invited)))


def _temporary_password(call: AdminCall, req: AdminCreateUserRequest) -> str | None:
    """Return the new user's password, given or generated; None for users who sign in by codes."""
    if not rules.needs_password(call.pool, req.TemporaryPassword):
        return None
    return _checked(call, req.TemporaryPassword)


def _checked(call: AdminCall, given: str | None) -> str:
    password = given or call.ids.temporary_password(call.pool.password_policy)
    rules.check_temporary(call.pool, password)
    return password


async def _creation(
    call: AdminCall, req: AdminCreateUserRequest, user: User, password: str | None
) -> list[Write]:
    """Return the writes of the user, their names and password; an alias moves only on request.

    AliasExistsException, which the API's text names, is none of the operation's errors: the service
    answers UsernameExistsException, which names the attribute (boto3#3213).
    """
    writes = [*await claim_username(call, call.pool, user, UserAlreadyCreated()), users.add(user)]
    writes += await alias_writes(
        call, call.pool, user, force=bool(req.ForceAliasCreation), refusal=AttributeTaken
    )
    if password is not None:
        until = rules.temporary_until(call.pool, call.now)
        writes.append(call.store.users.add_password(new_credential(call, user, password, until)))
    return writes


async def _set_enabled(call: AdminCall, username: str, *, enabled: bool) -> None:
    user = await find_user(call, call.pool, username)
    changed = rules.enable(user, call.now, enabled=enabled)
    assert user is not None
    await call.commit(users.save(changed, user))


def _invitation(
    call: AdminCall, req: AdminCreateUserRequest, user: User, password: str | None
) -> Notification | None:
    """Return the invitation by each requested medium that the user has an address for.

    Without an address nothing is sent, and that is no error: the default medium is SMS, even for
    users without a phone number.
    """
    # UNVERIFIED: what is the invitation of a user without a password? Its text contains one.
    if req.MessageAction is MessageActionType.SUPPRESS or password is None:
        why = "the user has no password" if password is None else "MessageAction is SUPPRESS"
        call.notes.append(f"no invitation: {why}")
        return None
    wanted = req.DesiredDeliveryMediums or [DeliveryMediumType.SMS]
    reached = [
        OF_MEDIUM[medium].channel
        for medium in dict.fromkeys(wanted)
        if user.attributes.get(OF_MEDIUM[medium])
    ]
    if not reached:
        mediums = ", ".join(medium.value for medium in wanted)
        call.notes.append(
            f"no invitation: the user has no address for {mediums}, the DesiredDeliveryMediums"
        )
    return Notification(
        pool=call.pool,
        user=user,
        occasion=Occasion.ADMIN_CREATE_USER,
        secret=password,
        channels=reached,
        client_metadata=req.ClientMetadata,
    )


async def _removal(call: AdminCall | UserCall, user: User) -> list[Write]:
    """Return the writes that remove a user with all names, passkeys' too.

    A passkey that is registered meanwhile changes the user: the operation is run again.
    """
    writes: list[Write] = [*users.delete(user)]
    writes += (users.release(name, user.sub) for name in usernames.names_of(call.pool, user))
    keys = await call.store.passkeys.page(user, None, MOST_PASSKEYS)
    return [*writes, *map(passkeys.release, keys.items)]


def _filter(text: str | None) -> UserFilter | None:
    try:
        return parse(text or "")
    except FilterSyntax:
        form = 'write ATTRIBUTE = "VALUE" or ATTRIBUTE ^= "VALUE"'
        raise FilterNotUnderstood().because(form) from None
    except UnsearchableAttribute as unsearchable:
        raise NotSearchable(attribute=unsearchable.name) from None
