"""The users of a seed file: created by AdminCreateUser, then changed to what the file has."""

from typing import Any

from msgspec.structs import replace

from poolhouse.bootstrap.seed import second_factors
from poolhouse.bootstrap.seed.document import Unchangeable, UserSeed
from poolhouse.bootstrap.system_calls import SystemCalls
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import PasswordCredential, User, UserStatus
from poolhouse.operations import attributes as attribute_operations
from poolhouse.operations import groups as group_operations
from poolhouse.operations import passwords as password_operations
from poolhouse.operations import users as user_operations
from poolhouse.rules.auth import srp
from poolhouse.services.user_lookup import find_user
from poolhouse.store import users
from poolhouse.wire.enums import MessageActionType
from poolhouse.wire.structs import (
    AdminAddUserToGroupRequest,
    AdminCreateUserRequest,
    AdminDisableUserRequest,
    AdminEnableUserRequest,
    AdminSetUserPasswordRequest,
    AdminUpdateUserAttributesRequest,
    AttributeType,
)


class UserReconciler:
    """Keeps a pool's users as a seed file wants them."""

    def __init__(self, calls: SystemCalls, pool: Pool) -> None:
        self._calls = calls
        self._pool = pool
        self._store = calls.services.store

    async def keep(self, wanted: UserSeed) -> None:
        """Create or change a user, in an order in which each step finds what the last one left."""
        user = await self._found(wanted)
        if user is None:
            await self._create(wanted)
        elif wanted.sub not in (None, user.sub):
            raise Unchangeable(f"the user is there with the sub {user.sub}, which can't be changed")
        await self._attributes(wanted)
        await self._password(wanted)
        await self._verifier(wanted)
        await self._status(wanted)
        await self._enabled(wanted)
        await self._second_factors(wanted)
        await self._groups(wanted)

    async def _found(self, wanted: UserSeed) -> User | None:
        return await self._called(wanted.username)

    async def _called(self, name: str) -> User | None:
        return await find_user(self._calls.of_pool("", self._pool), self._pool, name)

    async def _there(self, wanted: UserSeed) -> User:
        user = await self._found(wanted)
        if user is None:
            raise Unchangeable("the user was deleted, or renamed, just now")
        return user

    async def _create(self, wanted: UserSeed) -> None:
        """Create a user without an invitation. A password that isn't given is made up."""
        if wanted.sub is not None and await self._called(wanted.sub):
            raise Unchangeable(f"another user has the sub {wanted.sub}, or is called so")
        call = self._calls.of_pool("AdminCreateUser", self._pool, wanted.sub)
        req = AdminCreateUserRequest(
            UserPoolId=self._pool.id,
            Username=wanted.username,
            UserAttributes=_listed(wanted.attributes),
            TemporaryPassword=wanted.password,
            MessageAction=MessageActionType.SUPPRESS,
        )
        await user_operations.admin_create_user(call, req)

    async def _attributes(self, wanted: UserSeed) -> None:
        """Write all attributes if one differs.

        A new address without its flag would be unverified.
        """
        user = await self._there(wanted)
        asked = wanted.attributes.items()
        if any(user.attributes.get(name, "") != value for name, value in asked):
            listed = _listed(wanted.attributes)
            req = self._request(AdminUpdateUserAttributesRequest, user, UserAttributes=listed)
            call = self._calls.of_pool("AdminUpdateUserAttributes", self._pool)
            await attribute_operations.admin_update_user_attributes(call, req)

    async def _password(self, wanted: UserSeed) -> None:
        """Set it if it isn't the user's, or if it is but for a time that isn't meant to end."""
        if wanted.password is None:
            return
        user = await self._there(wanted)
        has = await self._store.users.password(user)
        permanent = _status(wanted) is not UserStatus.FORCE_CHANGE_PASSWORD
        pool_name = self._pool.srp_name
        if (
            has is not None
            and (has.expires_at is None) == permanent
            and srp.verify_password(
                has.verifier, pool_name, user.username, wanted.password, has.salt
            )
        ):
            return
        req = self._request(
            AdminSetUserPasswordRequest, user, Password=wanted.password, Permanent=permanent
        )
        call = self._calls.of_pool("AdminSetUserPassword", self._pool)
        await password_operations.admin_set_user_password(call, req)

    async def _verifier(self, wanted: UserSeed) -> None:
        if wanted.verifier is None or wanted.salt is None:
            return
        user = await self._there(wanted)
        has = await self._store.users.password(user)
        salt, verifier = bytes.fromhex(wanted.salt), bytes.fromhex(wanted.verifier)
        if has is not None and (has.salt, has.verifier) == (salt, verifier):
            return
        password = PasswordCredential(
            sub=user.sub,
            pool_id=user.pool_id,
            salt=salt,
            verifier=verifier,
            set_at=self._calls.now,
        )
        call = self._calls.of_pool("AdminSetUserPassword", self._pool)
        await call.commit(
            users.bump_version(user), self._store.users.replace_password(password, has)
        )

    async def _status(self, wanted: UserSeed) -> None:
        user = await self._there(wanted)
        status = _status(wanted)
        if status not in (None, user.status):
            changed = replace(user, status=status, modified_at=self._calls.now)
            # No operation sets every status, so the record names none of the API's.
            await self._calls.of_pool("SeedUserStatus", self._pool).commit(
                users.save(changed, user)
            )

    async def _enabled(self, wanted: UserSeed) -> None:
        user = await self._there(wanted)
        if wanted.enabled in (None, user.enabled):
            return
        if wanted.enabled:
            call = self._calls.of_pool("AdminEnableUser", self._pool)
            await user_operations.admin_enable_user(
                call, self._request(AdminEnableUserRequest, user)
            )
        else:
            call = self._calls.of_pool("AdminDisableUser", self._pool)
            await user_operations.admin_disable_user(
                call, self._request(AdminDisableUserRequest, user)
            )

    async def _second_factors(self, wanted: UserSeed) -> None:
        """Set the second factors, after the attributes, since codes are sent to these."""
        if wanted.mfa is None:
            return
        calls, pool = self._calls, self._pool
        await second_factors.keep_app(calls, pool, await self._there(wanted), wanted.mfa)
        await second_factors.keep_preference(calls, pool, await self._there(wanted), wanted.mfa)

    async def _groups(self, wanted: UserSeed) -> None:
        """Add the user to the groups. Adding a member again changes nothing."""
        user = await self._there(wanted)
        is_in = {group.name for group in await self._store.groups.of_user(user)}
        for name in wanted.groups:
            if name not in is_in:
                call = self._calls.of_pool("AdminAddUserToGroup", self._pool)
                req = self._request(AdminAddUserToGroupRequest, user, GroupName=name)
                await group_operations.admin_add_user_to_group(call, req)

    def _request(self, kind: type[Any], user: User, **members: object) -> Any:
        return kind(UserPoolId=self._pool.id, Username=user.username, **members)


def _status(wanted: UserSeed) -> UserStatus | None:
    """Return the status of the file; else CONFIRMED with a password, and unchanged without."""
    if wanted.status is None and (wanted.password or wanted.verifier):
        return UserStatus.CONFIRMED
    return wanted.status


def _listed(attributes: dict[str, str]) -> list[AttributeType]:
    return [AttributeType(Name=name, Value=value) for name, value in attributes.items()]
