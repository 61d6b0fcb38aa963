"""TOTP, by the vectors of RFC 4226 and RFC 6238 (ev:auth-9.1)."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.auth import totp

SECRET = b"12345678901234567890"
BY_COUNTER = [
    *("755224", "287082", "359152", "969429", "338314"),
    *("254676", "287922", "162583", "399871", "520489"),
]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("counter", "expected"), list(enumerate(BY_COUNTER)))
def test_totp_codes_by_counter_equal_the_vectors(counter: int, expected: str) -> None:
    """RFC 4226 appendix D."""
    assert totp.code(SECRET, counter) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_totp_codes_by_time_equal_the_vectors(seconds: int, expected: str) -> None:
    """RFC 6238 appendix B, the last six of its eight digits."""
    assert totp.code(SECRET, totp.step_at(at(seconds))) == expected


@pytest.mark.parametrize(
    ("off", "found"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_totp_code_one_step_early_or_late_matches(off: int, found: bool) -> None:
    step = totp.step_at(at(1234567890)) + off
    matched = totp.matching_step(SECRET, totp.code(SECRET, step), at(1234567890))
    assert matched == (step if found else None)


def test_totp_same_code_of_two_steps_matches_the_later() -> None:
    """So that a code that was used isn't good once more."""
    step = 910_737
    given_code = totp.code(SECRET, step)
    assert given_code == totp.code(SECRET, step + 1)
    assert totp.matching_step(SECRET, given_code, at(step * totp.STEP_SECONDS)) == step + 1


@pytest.mark.parametrize("hostile", ["", "12345", "1234567", "½½½½½½", "\x00" * 6, "28 082"])
def test_totp_malformed_code_matches_no_step(hostile: str) -> None:
    assert totp.matching_step(SECRET, hostile, at(59)) is None


@given(st.binary(min_size=totp.SECRET_BYTES, max_size=totp.SECRET_BYTES))
def test_software_token_secret_is_52_characters_without_padding(secret: bytes) -> None:
    """52 characters of Base32 without padding, which many apps can't take."""
    text = totp.base32_secret(secret)
    assert len(text) == 52
    assert base64.b32decode(text + "====") == secret


def test_totp_secret_is_written_in_base32() -> None:
    assert totp.base32_secret(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
