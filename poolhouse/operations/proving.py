"""How an app client proves itself, and what it is told of users who don't exist."""

from datetime import UTC, datetime
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors import (
    NoSecretExpected,
    SecretHashMissing,
    SecretHashWrong,
    UserNotFoundForClient,
)
from poolhouse.operations.calls import Call, ClientCall
from poolhouse.operations.finding import find_user
from poolhouse.rules import secret_hash, usernames

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def check_secret_hash(client: Client, given: str | None, *names: str) -> None:
    """Missing, wrong, or sent to a client that has no secret: three different refusals.

    It is right if it was made of any of the names.
    """
    if not client.secrets:
        if given:
            raise NoSecretExpected(client_id=client.id)
        return
    if not given:
        raise SecretHashMissing(client_id=client.id)
    secrets = [secret.value for secret in client.secrets]
    # Not any(): how long it takes shall not tell which of them it was.
    matches = [secret_hash.matches(secrets, name, client.id, given) for name in names]
    if True not in matches:
        raise SecretHashWrong(client_id=client.id).because(
            "it isn't Base64 of HMAC-SHA256 of the username and the client id under the secret"
        )


async def user_or_stand_in(call: ClientCall, username: str) -> User:
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
    return user if user is not None and user.enabled else stand_in(call, call.pool, username)


def is_stand_in(user: User) -> bool:
    return user.version == 0


def stand_in(call: Call, pool: Pool, username: str) -> User:
    """Who takes the place of an unknown user: always the same for the same name."""
    # Folded: attempts on a real user count however the case is typed.
    name = usernames.folded(pool, username)
    digest = call.services.sealer.digest("stand-in", f"{pool.id}/{name}".encode())
    return User(
        sub=usernames.sub_of_nobody(pool, digest, call.now),
        pool_id=pool.id,
        username=username,
        status=UserStatus.UNCONFIRMED,
        created_at=_NEVER,
        modified_at=_NEVER,
        version=0,
    )
