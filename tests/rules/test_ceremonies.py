"""Which pages may use a relying party's passkeys, and what libraries make of hostile answers."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from poolhouse.rules import ceremonies
from poolhouse.sign_in_errors import InvalidCredential

APP = "android:apk-key-hash:" + "A" * 43


@pytest.mark.parametrize(
    ("origin", "party", "allowed"),
    [
        ("https://home.example", "home.example", True),
        ("https://home.example:8443", "home.example", True),
        ("https://a.b.home.example", "home.example", True),
        ("http://localhost", "localhost", True),
        ("http://localhost:3000", "localhost", True),
        ("https://localhost:3000", "localhost", True),
        (APP, "home.example", True),
        ("http://home.example", "home.example", False),
        ("http://evil.localhost", "localhost", False),
        ("http://localhost:3000", "home.example", False),
        ("https://example", "home.example", False),
        ("https://evilhome.example", "home.example", False),
        ("https://home.example.evil", "home.example", False),
        ("https://home.example@evil.example", "home.example", False),
        ("https://evil.example/.home.example", "home.example", False),
        ("https://evil.example?.home.example", "home.example", False),
        ("https://evil.example#.home.example", "home.example", False),
        ("https://evil.example\\.home.example", "home.example", False),
        ("https://home.example/", "home.example", False),
        ("https://HOME.example", "home.example", False),
        ("https://home.example:", "home.example", False),
        ("https://home.example:8443:8443", "home.example", False),
        ("https://\thome.example", "home.example", False),
        (" https://home.example", "home.example", False),
        ("https://[home.example", "home.example", False),
        ("https://", "", False),
        ("null", "home.example", False),
        ("", "home.example", False),
        (APP + "A", "home.example", False),
        (APP + "\n", "home.example", False),
        ("ftp://home.example", "home.example", False),
        ("chrome-extension://home.example", "home.example", False),
    ],
)
def test_pages_of_the_domain_and_below_it_are_allowed(
    origin: str, party: str, allowed: bool
) -> None:
    assert ceremonies.is_allowed_origin(origin, party) is allowed


@given(st.text())
def test_any_text_is_an_origin_or_none(origin: str) -> None:
    assert ceremonies.is_allowed_origin(origin, "home.example") in {True, False}


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr) | st.text())
def test_whatever_is_no_credential_is_refused(text: str) -> None:
    with pytest.raises(InvalidCredential):
        ceremonies.parse(text)
