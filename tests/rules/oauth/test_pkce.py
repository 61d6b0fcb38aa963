"""PKCE with S256 (RFC 7636)."""

import pytest

from poolhouse.rules.oauth import pkce

# The example of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_verifier_of_the_rfc_fits_its_challenge() -> None:
    assert pkce.fits(VERIFIER, CHALLENGE)


@pytest.mark.parametrize(
    ("verifier", "challenge"),
    [
        (VERIFIER[:-1] + "l", CHALLENGE),
        (None, CHALLENGE),
        ("", CHALLENGE),
        (VERIFIER, None),
        (CHALLENGE, CHALLENGE),
        ("short", CHALLENGE),
        ("é" * 43, CHALLENGE),
        ("a" * 129, CHALLENGE),
    ],
)
def test_verifier_of_another_challenge_does_not_fit(
    verifier: str | None, challenge: str | None
) -> None:
    assert not pkce.fits(verifier, challenge)


def test_exchange_without_challenge_and_verifier_fits() -> None:
    assert pkce.fits(None, None)


@pytest.mark.parametrize("value", ["", "a" * 42, "a" * 44, "+" * 43, CHALLENGE + "="])
def test_text_of_another_form_is_no_challenge(value: str) -> None:
    assert not pkce.is_challenge(value)
