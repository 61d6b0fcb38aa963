"""Which of a user's former passwords a pool remembers, so that they aren't taken again."""

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import FormerPassword, PasswordCredential, User
from poolhouse.errors.auth import PasswordUsedBefore
from poolhouse.rules.auth import srp


def check(pool: Pool, user: User, current: PasswordCredential | None, password: str) -> None:
    """Refuse one of the last n passwords, the current one among them (ev:users-9.1).

    About 0.1 ms for each: a verifier can be compared only with its own salt.
    """
    remembered = _stored_passwords(current)[: pool.password_policy.history_size]
    # Not any(): the time that it takes must not reveal which of them it was.
    matches = [
        srp.verify_password(each.verifier, pool.srp_name, user.username, password, each.salt)
        for each in remembered
    ]
    if True in matches:
        raise PasswordUsedBefore


def is_kept(pool: Pool) -> bool:
    """Return whether the pool remembers any passwords."""
    return pool.password_policy.history_size > 0


def history_after(pool: Pool, replaced: PasswordCredential | None) -> tuple[FormerPassword, ...]:
    """Return the former passwords to store beside a new one.

    With the new one, they are as many as the pool remembers.
    """
    return _stored_passwords(replaced)[: max(pool.password_policy.history_size - 1, 0)]


def _stored_passwords(current: PasswordCredential | None) -> tuple[FormerPassword, ...]:
    """Return all stored passwords, newest first."""
    if current is None:
        return ()
    return FormerPassword(current.salt, current.verifier), *current.former
