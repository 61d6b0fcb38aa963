"""The password history of a pool (ev:users-9.1)."""

from datetime import UTC, datetime

import pytest

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import PasswordCredential, User, UserStatus
from poolhouse.errors.auth import PasswordUsedBefore
from poolhouse.rules.auth import password_history, srp
from poolhouse.wire.structs import PasswordPolicyType, UserPoolPolicyType, UserPoolType

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ALICE = User(
    sub="4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5",
    pool_id="eu-west-1_Barn",
    username="alice",
    status=UserStatus.CONFIRMED,
    created_at=NOW,
    modified_at=NOW,
)


def a_pool(size: int | None) -> Pool:
    policy = PasswordPolicyType(PasswordHistorySize=size)
    return Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(Policies=UserPoolPolicyType(PasswordPolicy=policy)),
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
    )


def after(pool: Pool, *passwords: str) -> PasswordCredential | None:
    """What is kept of a user who had these passwords, one after the other."""
    current = None
    for number, password in enumerate(passwords, 1):
        salt = bytes([number]) * 16
        current = PasswordCredential(
            sub=ALICE.sub,
            pool_id=ALICE.pool_id,
            salt=salt,
            verifier=srp.verifier("Barn", "alice", password, salt),
            set_at=NOW,
            former=password_history.history_after(pool, current),
        )
    return current


def is_refused(pool: Pool, current: PasswordCredential | None, password: str) -> bool:
    try:
        password_history.check(pool, ALICE, current, password)
    except PasswordUsedBefore:
        return True
    return False


@pytest.mark.parametrize(
    ("size", "refused"),
    [
        (None, []),
        (0, []),
        (1, ["four"]),
        (2, ["three", "four"]),
        (3, ["two", "three", "four"]),
        (24, ["one", "two", "three", "four"]),
    ],
)
def test_password_history_refuses_the_last_n_and_the_current(
    size: int | None, refused: list[str]
) -> None:
    pool = a_pool(size)
    every = ["one", "two", "three", "four"]
    current = after(pool, *every)
    assert [each for each in every if is_refused(pool, current, each)] == refused
    assert not is_refused(pool, current, "five")


def test_password_history_without_password_is_empty() -> None:
    assert not is_refused(a_pool(3), None, "one")
    assert password_history.history_after(a_pool(3), None) == ()


def test_password_history_size_change_applies_at_once() -> None:
    current = after(a_pool(3), "one", "two", "three")
    assert not is_refused(a_pool(1), current, "one")
    assert password_history.history_after(a_pool(1), current) == ()
    assert not is_refused(a_pool(3), after(a_pool(1), "one", "two"), "one")


def test_password_history_keeps_no_more_than_its_size() -> None:
    current = after(a_pool(3), "one", "two", "three", "four", "five")
    assert current is not None
    assert len(current.former) == 2
