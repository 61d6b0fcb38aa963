"""The password policy (ev:users-1.6 for sentences and order, ev:users-9.1 for symbols)."""

from hashlib import shake_256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.rules.auth import password_policy

LONG = "Password not long enough"
UPPER = "Password must have uppercase characters"
LOWER = "Password must have lowercase characters"
NUMBER = "Password must have numeric characters"
SYMBOL = "Password must have symbol characters"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    minimum_length: int = 8
    require_uppercase: bool = True
    require_lowercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True


STRICT = Policy()
policies = st.builds(
    Policy,
    minimum_length=st.integers(6, 99),
    require_uppercase=st.booleans(),
    require_lowercase=st.booleans(),
    require_numbers=st.booleans(),
    require_symbols=st.booleans(),
)
random_bytes = st.binary(
    min_size=password_policy.RANDOM_BYTES, max_size=password_policy.RANDOM_BYTES
)


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("", LONG),
        ("aB3$", LONG),
        ("aB3$aB3", LONG),
        ("aB3$aB3$", None),
        ("        ", UPPER),
        ("ab3$ab3$", UPPER),
        ("AB3$AB3$", LOWER),
        ("aB$$aB$$", NUMBER),
        ("aB33aB33", SYMBOL),
        ("12345678", UPPER),
        ("ABCDEFGH", LOWER),
        ("ABCDefgh", NUMBER),
    ],
)
def test_password_policy_names_the_first_broken_rule(password: str, rule: str | None) -> None:
    assert password_policy.broken_rule(STRICT, password) == rule


@pytest.mark.parametrize(
    ("lifted", "password"),
    [
        ({"require_uppercase": False}, "ab3$ab3$"),
        ({"require_lowercase": False}, "AB3$AB3$"),
        ({"require_numbers": False}, "aB$$aB$$"),
        ({"require_symbols": False}, "aB33aB33"),
        ({"minimum_length": 6}, "aB3$aB"),
    ],
)
def test_password_policy_without_a_rule_does_not_apply_it(
    lifted: dict[str, Any], password: str
) -> None:
    assert password_policy.broken_rule(STRICT, password) is not None
    assert password_policy.broken_rule(msgspec.structs.replace(STRICT, **lifted), password) is None


@pytest.mark.parametrize("symbol", list("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-"))
def test_password_policy_counts_every_documented_symbol(symbol: str) -> None:
    assert password_policy.broken_rule(STRICT, f"aB345678{symbol}") is None


@pytest.mark.parametrize("no_symbol", ["§", "€", "ä", "\t", "\n", "\u00a0", "😀"])
def test_password_policy_allows_other_characters_but_not_as_symbols(no_symbol: str) -> None:
    assert password_policy.broken_rule(STRICT, f"aB3{no_symbol}45678") == SYMBOL
    assert password_policy.broken_rule(STRICT, f"aB3{no_symbol}45678$") is None


@pytest.mark.parametrize(
    ("password", "rule"), [("aB3 4567", None), (" aB34567", SYMBOL), ("aB34567 ", SYMBOL)]
)
def test_password_policy_counts_a_space_as_symbol_only_inside(
    password: str, rule: str | None
) -> None:
    assert password_policy.broken_rule(STRICT, password) == rule


@pytest.mark.parametrize(
    ("password", "rule"), [("äÖ3$aaaa", UPPER), ("ÄÖ3$AAAA", LOWER), ("aB٣$aaaa", NUMBER)]
)
def test_password_policy_counts_only_basic_latin_letters_and_digits(
    password: str, rule: str
) -> None:
    assert password_policy.broken_rule(STRICT, password) == rule


@given(policy=policies, password=st.text(max_size=120))
def test_password_policy_breaks_no_more_rules_for_a_longer_password(
    policy: Policy, password: str
) -> None:
    if password_policy.broken_rule(policy, password) is None:
        assert password_policy.broken_rule(policy, password + "x") is None


@given(policy=policies, drawn=random_bytes)
def test_temporary_password_satisfies_the_policy(policy: Policy, drawn: bytes) -> None:
    password = password_policy.generate(policy, drawn)
    assert password_policy.broken_rule(policy, password) is None
    assert len(password) == max(policy.minimum_length, 14)


@given(drawn=random_bytes)
def test_temporary_password_has_no_ambiguous_characters(drawn: bytes) -> None:
    password = password_policy.generate(STRICT, drawn)
    assert not set(password) & set("0Oo1lI.,;:'\"`<>&\\/|(){}[] ")
    assert password_policy.broken_rule(STRICT, password) is None


@given(policy=policies, drawn=random_bytes)
def test_temporary_password_has_every_character_class(policy: Policy, drawn: bytes) -> None:
    """Also where the policy asks for none: the length is all that the policy changes."""
    asks_for_all = Policy(minimum_length=policy.minimum_length)
    assert password_policy.generate(policy, drawn) == password_policy.generate(asks_for_all, drawn)


def test_temporary_password_characters_occur_in_every_position() -> None:
    drawn = [
        password_policy.generate(STRICT, shake_256(b"%d" % n).digest(256)) for n in range(2000)
    ]
    places = list(zip(*drawn, strict=True))
    assert len(places) == 14
    assert all(len(set(place)) == 69 for place in places)


@pytest.mark.parametrize("size", [0, 16, password_policy.RANDOM_BYTES - 1])
def test_too_few_random_bytes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="256 random bytes"):
        password_policy.generate(STRICT, bytes(size))
