"""The destinations of codes, masked as the live service does (ev:users-13.6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.users.delivery_masking import mask_email, mask_phone


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("zoe@barn.example", "z***@b***"),
        ("a@b.c", "a***@b***"),
        ("averyveryverylongname@averyverylongdomain.example", "a***@a***"),
        ('"a@b"@corner.example', '"***@c***'),
        ("", "***@***"),
    ],
)
def test_mask_email_shows_the_first_character_of_each_half(email: str, masked: str) -> None:
    assert mask_email(email) == masked


@pytest.mark.parametrize(
    ("phone_number", "masked"),
    [
        ("+551198898920", "+********8920"),
        ("+12065554444", "+*******4444"),
        ("+12345", "+*2345"),
        ("+1234", "+****"),
        ("+", "+"),
        ("", "+"),
    ],
)
def test_mask_phone_shows_the_last_four_digits(phone_number: str, masked: str) -> None:
    assert mask_phone(phone_number) == masked


@given(st.from_regex(r"\+[0-9]{5,15}", fullmatch=True))
def test_mask_phone_keeps_the_length(phone_number: str) -> None:
    masked = mask_phone(phone_number)
    assert len(masked) == len(phone_number)
    assert masked.count("*") == len(phone_number) - 5


@given(st.emails())
def test_mask_email_reveals_two_characters(email: str) -> None:
    masked = mask_email(email)
    assert len(masked) == 9
    assert (masked[0], masked[5]) == (email[0], email.rpartition("@")[2][0])
