"""Users as lists show them: ListUsers, ListUsersInGroup, and what AdminCreateUser answers."""

from poolhouse.entities.users import ListedUser, User
from poolhouse.rules.auth import mfa_preferences
from poolhouse.wire.structs import AttributeType, UserType


def listed(user: User) -> ListedUser:
    """Return what lists show of this user."""
    return ListedUser(
        sub=user.sub,
        username=user.username,
        status=user.status,
        enabled=user.enabled,
        attributes=user.attributes,
        created_at=user.created_at.timestamp(),
        modified_at=user.modified_at.timestamp(),
        mfa=user.mfa,
    )


def described(user: ListedUser, only: list[str] | None = None) -> UserType:
    """Return a user in a list, with `sub` and all attributes or those of `only`.

    An empty `only` gives no attributes (aws-sdk-js#2203).
    """
    every = [AttributeType(Name="sub", Value=user.sub)]
    every += [AttributeType(Name=name, Value=value) for name, value in user.attributes.items()]
    return UserType(
        Username=user.username,
        Attributes=every if only is None else [each for each in every if each.Name in only],
        UserCreateDate=user.created_at,
        UserLastModifiedDate=user.modified_at,
        Enabled=user.enabled,
        UserStatus=user.status,
        MFAOptions=mfa_preferences.options(user.mfa),
    )
