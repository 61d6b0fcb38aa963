"""Passwords become SRP verifiers the moment they arrive; nothing else of them is kept."""

from datetime import datetime

from poolhouse.entities.users import PasswordCredential, User
from poolhouse.operations.calls import Call
from poolhouse.rules import srp


def credential(
    call: Call, user: User, password: str, expires_at: datetime | None = None
) -> PasswordCredential:
    """The user's new password as it is stored; `expires_at` makes it a temporary one."""
    salt = call.ids.salt()
    pool_name = user.pool_id.split("_", 1)[1]
    return PasswordCredential(
        sub=user.sub,
        pool_id=user.pool_id,
        salt=salt,
        verifier=srp.verifier(pool_name, user.username, password, salt),
        set_at=call.now,
        expires_at=expires_at,
    )
