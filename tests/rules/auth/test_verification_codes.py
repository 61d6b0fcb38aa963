"""One-time codes and attempts, to the second (ev:users-17.1)."""

from datetime import UTC, datetime, timedelta

import pytest

from poolhouse.entities.codes import Action, AttemptCount, Purpose
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import AttemptLimitExceeded, NoCode, WrongCode
from poolhouse.rules.auth import attempt_limits, verification_codes

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RIGHT, WRONG = b"r" * 32, b"w" * 32
SECOND = timedelta(seconds=1)
ALICE = User(
    sub="4e7c9c03-46e2-41a9-b1f8-6aa97df1e9a5",
    pool_id="eu-west-1_Barn",
    username="alice",
    status=UserStatus.UNCONFIRMED,
    created_at=NOW,
    modified_at=NOW,
)
DAY, HOUR = timedelta(hours=24), timedelta(hours=1)


@pytest.mark.parametrize(
    ("after", "digest", "refusal"),
    [
        (timedelta(), RIGHT, None),
        (timedelta(), WRONG, WrongCode),
        (DAY - SECOND, RIGHT, None),
        (DAY - SECOND, WRONG, WrongCode),
        (DAY, RIGHT, NoCode),
        (DAY, WRONG, NoCode),
    ],
)
@pytest.mark.parametrize(
    "purpose", [Purpose.SIGN_UP, Purpose.VERIFY_EMAIL, Purpose.VERIFY_PHONE_NUMBER]
)
def test_verification_code_of_a_contact_expires_after_a_day(
    purpose: Purpose, after: timedelta, digest: bytes, refusal: type[Exception] | None
) -> None:
    code = verification_codes.new_code(ALICE, purpose, "email", RIGHT, NOW)
    found = verification_codes.refusal(code, digest, NOW + after)
    assert found is None if refusal is None else isinstance(found, refusal)


def test_verification_code_for_a_password_reset_expires_after_an_hour() -> None:
    code = verification_codes.new_code(ALICE, Purpose.RESET_PASSWORD, "email", RIGHT, NOW)
    assert verification_codes.refusal(code, RIGHT, NOW + HOUR - SECOND) is None
    assert isinstance(verification_codes.refusal(code, RIGHT, NOW + HOUR), NoCode)


def test_verification_code_missing_is_refused() -> None:
    assert isinstance(verification_codes.refusal(None, RIGHT, NOW), NoCode)


def after_attempts(action: Action, many: int) -> AttemptCount | None:
    counted = None
    for _ in range(many):
        counted = attempt_limits.next_attempt(counted, ALICE, action, NOW)
    return counted


@pytest.mark.parametrize(
    ("action", "limit"),
    [
        (Action.CONFIRM_SIGN_UP, 15),
        (Action.RESEND_CONFIRMATION_CODE, 5),
        (Action.GET_USER_ATTRIBUTE_VERIFICATION_CODE, 5),
        (Action.VERIFY_USER_ATTRIBUTE, 15),
        (Action.FORGOT_PASSWORD, 5),
        (Action.CONFIRM_FORGOT_PASSWORD, 5),
    ],
)
def test_attempts_are_limited_by_the_hour(action: Action, limit: int) -> None:
    """UNVERIFIED: that the hour begins with the first attempt."""
    counted = after_attempts(action, limit)
    assert counted is not None
    assert counted.count == limit
    for later in (NOW, NOW + HOUR - SECOND):
        with pytest.raises(AttemptLimitExceeded):
            attempt_limits.next_attempt(counted, ALICE, action, later)
    restarted = attempt_limits.next_attempt(counted, ALICE, action, NOW + HOUR)
    assert (restarted.since, restarted.count) == (NOW + HOUR, 1)


def test_attempt_count_keeps_the_version_it_was_read_with() -> None:
    """So that of two at once, one is counted again."""
    stored = AttemptCount(
        sub=ALICE.sub,
        pool_id=ALICE.pool_id,
        action=Action.CONFIRM_SIGN_UP,
        since=NOW,
        count=3,
        version=7,
    )
    assert attempt_limits.next_attempt(stored, ALICE, Action.CONFIRM_SIGN_UP, NOW).version == 7
    assert (
        attempt_limits.next_attempt(stored, ALICE, Action.CONFIRM_SIGN_UP, NOW + HOUR).version == 7
    )
    assert attempt_limits.next_attempt(None, ALICE, Action.CONFIRM_SIGN_UP, NOW).version == 0


def test_verification_code_purposes_and_actions_have_limits() -> None:
    assert verification_codes.LIFETIMES.keys() == set(Purpose)
    assert attempt_limits.LIMITS.keys() == set(Action) - {
        Action.PASSWORD,
        Action.MFA,
        Action.FIRST_FACTOR_CODE,
        Action.DEVICE_USER_CODE,
        Action.CLIENT_SECRET,
    }  # `lockout` limits


@pytest.mark.parametrize(
    ("ahead", "count"),
    [(SECOND, 15), (HOUR - SECOND, 15), (HOUR, 1), (timedelta(days=365), 1)],
)
def test_attempt_window_left_by_a_clock_far_ahead_is_over(ahead: timedelta, count: int) -> None:
    """One a little ahead isn't: else two clocks that differ would forget the count."""
    counted = AttemptCount(
        sub=ALICE.sub,
        pool_id=ALICE.pool_id,
        action=Action.CONFIRM_SIGN_UP,
        since=NOW + ahead,
        count=14,
    )
    once_more = attempt_limits.next_attempt(counted, ALICE, Action.CONFIRM_SIGN_UP, NOW)
    assert once_more.count == count
