"""SECRET_HASH (ev:auth-2.2, ev:users-4.2, ev:users-4.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.auth.secret_hash import matches, secret_hash

SECRET, USERNAME, CLIENT = "s3cr3t", "alice", "1example23456789"
HASH = "IMpPuFOEIbgZyOCkK5ZvTY2hXdhUUff9Wz0ungvQbF8="

texts = st.text(st.characters(codec="utf-8"), max_size=30)


def test_secret_hash_equals_the_vector_of_pycognito() -> None:
    assert secret_hash(SECRET, USERNAME, CLIENT) == HASH


@pytest.mark.parametrize("secrets", [[SECRET], ["other", SECRET], [SECRET, "other"]])
def test_secret_hash_of_each_client_secret_matches(secrets: list[str]) -> None:
    assert matches(secrets, USERNAME, CLIENT, HASH)


@pytest.mark.parametrize(
    ("secrets", "username", "client_id", "given_hash"),
    [
        ([], USERNAME, CLIENT, HASH),
        (["other", "another"], USERNAME, CLIENT, HASH),
        ([SECRET], "Alice", CLIENT, HASH),
        ([SECRET], USERNAME, "2example23456789", HASH),
        ([SECRET], USERNAME, CLIENT, ""),
        ([SECRET], USERNAME, CLIENT, HASH.lower()),
        ([SECRET], USERNAME, CLIENT, HASH.rstrip("=")),
        ([SECRET], USERNAME, CLIENT, "ü" * 44),
    ],
)
def test_secret_hash_of_other_values_does_not_match(
    secrets: list[str], username: str, client_id: str, given_hash: str
) -> None:
    assert not matches(secrets, username, client_id, given_hash)


@given(secret=texts, username=texts, client_id=texts)
def test_secret_hash_encodes_any_characters_as_utf_8(
    secret: str, username: str, client_id: str
) -> None:
    made = secret_hash(secret, username, client_id)
    assert len(made) == 44
    assert matches([secret], username, client_id, made)
