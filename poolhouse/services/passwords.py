"""Passwords become SRP verifiers the moment they arrive; nothing else of them is kept."""

from datetime import datetime

from msgspec.structs import replace

from poolhouse.entities.pools import Pool, srp_name_of
from poolhouse.entities.users import PasswordCredential, User
from poolhouse.rules.auth import password_history, srp
from poolhouse.services.context import Call
from poolhouse.store.interface import Write


def new_credential(
    call: Call, user: User, password: str, expires_at: datetime | None = None
) -> PasswordCredential:
    """Return the user's new password as it is stored; `expires_at` makes it a temporary one."""
    salt = call.ids.salt()
    pool_name = srp_name_of(user.pool_id)
    return PasswordCredential(
        sub=user.sub,
        pool_id=user.pool_id,
        salt=salt,
        verifier=srp.verifier(pool_name, user.username, password, salt),
        set_at=call.now,
        expires_at=expires_at,
    )


async def change_password(
    call: Call, pool: Pool, user: User, password: str, expires_at: datetime | None = None
) -> Write:
    """Return the write that replaces the user's password, or none.

    Raises PasswordUsedBefore where the pool keeps a history. Policy is the caller's to check: its
    sentence depends on the operation.
    """
    was = await call.store.users.password(user)
    password_history.check(pool, user, was, password)
    return replace_password(call, pool, user, was, password, expires_at=expires_at)


def replace_password(
    call: Call,
    pool: Pool,
    user: User,
    was: PasswordCredential | None,
    password: str,
    *,
    expires_at: datetime | None = None,
) -> Write:
    """Return the write of a password that the history doesn't refuse, such as a generated one."""
    fresh = replace(
        new_credential(call, user, password, expires_at),
        former=password_history.history_after(pool, was),
    )
    return call.store.users.replace_password(fresh, was)
