"""Allowed origins of a relying party, and hostile WebAuthn responses."""

import base64
import json
from typing import Any

import cbor2
import hypothesis.strategies as st
import pytest
from hypothesis import given
from support.store_samples import NOW, a_pool

from poolhouse.entities.passkeys import Registration
from poolhouse.errors.passkeys import InvalidCredential
from poolhouse.rules.auth import webauthn
from poolhouse.rules.auth.cbor_guard import NotPlain

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
    assert webauthn.is_allowed_origin(origin, party) is allowed


@given(st.text())
def test_webauthn_origin_of_any_text_is_allowed_or_not(origin: str) -> None:
    assert webauthn.is_allowed_origin(origin, "home.example") in {True, False}


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr) | st.text())
def test_webauthn_malformed_credential_is_refused(text: str) -> None:
    with pytest.raises(InvalidCredential):
        webauthn.parse(text)


# What a general CBOR reader makes of a tag may take it a minute: an attacker's regular expression.
TAGGED = cbor2.dumps(cbor2.CBORTag(35, "(?i)[a-\uffff]"))
KEY = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)})
LONG_WINDED = KEY.replace(b"\x01\x02", b"\x01\x18\x02", 1)
EXTENSIONS = cbor2.dumps({"credProtect": 2})


def data_of(flags: int, *parts: bytes) -> bytes:
    return b"".join([bytes(32), bytes([flags]), bytes(4), *parts])


def with_key(key: bytes, *extensions: bytes) -> bytes:
    return data_of(0xC1 if extensions else 0x41, bytes(16), b"\0\1", b"i", key, *extensions)


def text(binary: bytes) -> str:
    return base64.urlsafe_b64encode(binary).rstrip(b"=").decode()


def credential(**response: bytes) -> dict[str, Any]:
    client = json.dumps({"type": "webauthn", "challenge": "AAAA", "origin": "https://home.example"})
    said = {name: text(binary) for name, binary in response.items()}
    own = {"id": text(b"i"), "rawId": text(b"i"), "type": "public-key"}
    return {**own, "response": {"clientDataJSON": text(client.encode()), **said}}


HOSTILE = [
    data_of(0x81, TAGGED),
    data_of(0x81, cbor2.dumps([cbor2.CBORTag(35, "a")])),
    with_key(TAGGED),
    with_key(KEY, TAGGED),
    # The library would look for extensions a byte before they begin, within the text of another.
    with_key(LONG_WINDED, cbor2.dumps(TAGGED)),
    data_of(0x01, TAGGED),
    bytes(20),
    b"",
]


@pytest.mark.parametrize("data", HOSTILE)
def test_webauthn_signed_data_costly_to_decode_is_refused(data: bytes) -> None:
    """Anybody is given a challenge; the data is read before any signature is looked at."""
    with pytest.raises(NotPlain):
        webauthn.check_plain(data)


@pytest.mark.parametrize("data", [data_of(1), data_of(0x81, EXTENSIONS), with_key(KEY, EXTENSIONS)])
def test_webauthn_data_of_authenticators_is_accepted(data: bytes) -> None:
    webauthn.check_plain(data)


@pytest.mark.parametrize(
    "attestation",
    [
        *(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}) for data in HOSTILE),
        cbor2.dumps({"fmt": "none", "attStmt": cbor2.CBORTag(35, "a"), "authData": with_key(KEY)}),
        TAGGED,
        cbor2.dumps([]),
    ],
)
def test_webauthn_attestation_costly_to_decode_is_refused(attestation: bytes) -> None:
    begun = Registration(
        sub="sub", pool_id="pool", client_id="client", challenge=b"other", expires_at=NOW
    )
    given = credential(attestationObject=attestation)
    with pytest.raises(InvalidCredential):
        webauthn.register(a_pool(), begun, given, party="home.example", there=[], now=NOW)
