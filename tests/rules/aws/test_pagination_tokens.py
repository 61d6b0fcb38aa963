"""Pagination tokens (ev:users-12: one hour, the same parameters; the model: no white space)."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.aws import pagination_tokens

NOW = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
IN_AN_HOUR = int((NOW + timedelta(hours=1)).timestamp())
REQUEST = 'ListUsers us-east-1_Example01 email ^= "z"'
_cipher = AESGCM(bytes(32))


def seal(plain: bytes) -> bytes:
    return _cipher.encrypt(bytes(12), plain, None)


def unseal(sealed: bytes) -> bytes:
    try:
        return _cipher.decrypt(bytes(12), sealed, None)
    except InvalidTag:
        raise ValueError("not sealed") from None


def issue(position: bytes = b"zoe@barn.example") -> str:
    return pagination_tokens.issue(seal, position, REQUEST, IN_AN_HOUR)


@given(position=st.binary(max_size=300), parameters=st.text(st.characters(codec="utf-8")))
def test_pagination_token_round_trips_its_position(position: bytes, parameters: str) -> None:
    token = pagination_tokens.issue(seal, position, parameters, IN_AN_HOUR)
    assert pagination_tokens.read(unseal, token, parameters, NOW) == position


@given(position=st.binary(max_size=300))
def test_pagination_token_is_url_safe(position: bytes) -> None:
    token = issue(position)
    assert token.replace("-", "").replace("_", "").isalnum()
    assert token.isascii()


def test_pagination_token_with_other_parameters_is_refused() -> None:
    """AWS: "Paging Marker is Invalid for Request" (ev:users-1.6)."""
    with pytest.raises(pagination_tokens.OtherParameters):
        pagination_tokens.read(unseal, issue(), REQUEST + " ", NOW)


def test_pagination_token_is_valid_until_its_last_second() -> None:
    just_before = NOW + timedelta(hours=1, microseconds=-1)
    assert pagination_tokens.read(unseal, issue(), REQUEST, just_before) == b"zoe@barn.example"


def test_pagination_token_expired_is_refused() -> None:
    with pytest.raises(pagination_tokens.ExpiredToken):
        pagination_tokens.read(unseal, issue(), REQUEST, NOW + timedelta(hours=1))


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_pagination_token_changed_is_refused(place: int, bit: int) -> None:
    sealed = bytearray(seal(b"\0" * 40))
    sealed[place % len(sealed)] ^= 1 << bit
    forged = pagination_tokens.issue(lambda _: bytes(sealed), b"", REQUEST, IN_AN_HOUR)
    with pytest.raises(pagination_tokens.TamperedToken):
        pagination_tokens.read(unseal, forged, REQUEST, NOW)


@given(st.text())
def test_pagination_token_of_any_text_is_refused(text: str) -> None:
    with pytest.raises(pagination_tokens.TamperedToken):
        pagination_tokens.read(unseal, text, REQUEST, NOW)


@pytest.mark.parametrize("hostile", ["", "=", "A", "AAAA=", "AA AA", "AA\n", "ä", "A" * 131_072])
def test_pagination_token_malformed_is_refused(hostile: str) -> None:
    with pytest.raises(pagination_tokens.TamperedToken):
        pagination_tokens.read(unseal, hostile, REQUEST, NOW)


@pytest.mark.parametrize("addition", [" ", "\n", "=", "!", "AAAA"])
def test_pagination_token_with_trailing_characters_is_refused(addition: str) -> None:
    with pytest.raises(pagination_tokens.TamperedToken):
        pagination_tokens.read(unseal, issue() + addition, REQUEST, NOW)
