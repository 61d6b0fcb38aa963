"""How an app client proves itself, and what it is told of users who don't exist."""

from datetime import UTC, datetime
from typing import Final

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.users import UserNotFoundForClient
from poolhouse.rules.users import usernames
from poolhouse.services.context import Call, ClientCall
from poolhouse.services.user_lookup import find_user

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def user_or_decoy(call: ClientCall, username: str) -> User:
    """The user whom an app client names; where the client hides who exists, maybe a stand-in.

    A stand-in takes the place of users who don't exist or are disabled (users.md §14). The
    operation then does the same work as for a real user, and counts and limits the attempts on the
    same unknown name alike. Other clients are told that there is no such user.
    """
    user = await find_user(call, call.pool, username)
    if not call.client.hides_user_existence:
        if user is None:
            raise UserNotFoundForClient
        return user
    return user if user is not None and user.enabled else decoy_user(call, call.pool, username)


def is_decoy(user: User) -> bool:
    return user.version == 0


def decoy_user(call: Call, pool: Pool, username: str) -> User:
    """Who takes the place of an unknown user: always the same for the same name."""
    # Folded: attempts on a real user count however the case is typed.
    name = usernames.case_folded(pool, username)
    digest = call.services.sealer.digest("stand-in", f"{pool.id}/{name}".encode())
    return User(
        sub=usernames.decoy_sub(pool, digest, call.now),
        pool_id=pool.id,
        username=username,
        status=UserStatus.UNCONFIRMED,
        created_at=_NEVER,
        modified_at=_NEVER,
        version=0,
    )
