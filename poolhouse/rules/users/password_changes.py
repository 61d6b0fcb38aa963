"""Rules for changed passwords: the policy, and the status that a user has afterwards."""

from datetime import datetime

from msgspec.structs import replace

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import WeakNewPassword
from poolhouse.rules.auth import password_policy


def with_own_password(user: User, now: datetime) -> User:
    """Return the user after choosing a password, which ends FORCE_CHANGE_PASSWORD.

    UNVERIFIED: does ChangePassword end FORCE_CHANGE_PASSWORD, which other proofs may leave behind?
    """
    is_temporary = user.status is UserStatus.FORCE_CHANGE_PASSWORD
    status = UserStatus.CONFIRMED if is_temporary else user.status
    return replace(user, status=status, modified_at=now)


def with_password_of_admin(user: User, now: datetime, *, permanent: bool) -> User:
    """Return the user, in any status, as CONFIRMED or with a temporary password."""
    status = UserStatus.CONFIRMED if permanent else UserStatus.FORCE_CHANGE_PASSWORD
    return replace(user, status=status, modified_at=now)


def check_policy(pool: Pool, password: str) -> None:
    """Refuse a new password that breaks the pool's policy."""
    if rule := password_policy.broken_rule(pool.password_policy, password):
        raise WeakNewPassword(rule=rule)
