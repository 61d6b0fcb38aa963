"""How an app client proves itself, and what it is told of users who don't exist."""

import uuid
from datetime import UTC, datetime
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors import (
    NoSecretExpected,
    SecretHashMissing,
    SecretHashWrong,
    UserNotFoundForClient,
)
from poolhouse.operations.calls import ClientCall
from poolhouse.rules import secret_hash

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def check_secret_hash(client: Client, username: str, given: str | None) -> None:
    """Missing, wrong, or sent to a client that has no secret: three different refusals."""
    if not client.secrets:
        if given:
            raise NoSecretExpected(client_id=client.id)
        return
    if not given:
        raise SecretHashMissing(client_id=client.id)
    values = [secret.value for secret in client.secrets]
    if not secret_hash.matches(values, username, client.id, given):
        raise SecretHashWrong(client_id=client.id)


def stand_in(call: ClientCall, username: str) -> User:
    """Somebody in the place of an unknown user, where the client hides who exists.

    The operation then does the same work as for a real user, and counts and limits the attempts on
    the same unknown name alike. Other clients are told that there is no such user.
    """
    if not call.client.hides_user_existence:
        raise UserNotFoundForClient
    name = username if call.pool.case_sensitive else username.lower()
    digest = call.services.sealer.digest("stand-in", f"{call.pool.id}/{name}".encode())
    return User(
        sub=str(uuid.UUID(bytes=digest[:16])),
        pool_id=call.pool.id,
        username=username,
        status=UserStatus.UNCONFIRMED,
        created_at=_NEVER,
        modified_at=_NEVER,
        version=0,
    )


def is_stand_in(user: User) -> bool:
    return user.version == 0
