"""Access tokens: their claims (ev:auth-13) and the checks on them (ev:auth-1.3)."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from poolhouse.rules.tokens import access_tokens
from poolhouse.rules.tokens.access_tokens import (
    BadSignature,
    Expired,
    MalformedToken,
    MissingScope,
    ParsedToken,
    WrongIssuer,
    WrongUse,
)

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01"
NOW = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
HEADER = {"kid": "1234example=", "alg": "RS256"}
KEY, OTHER_KEY = (RSAKey.generate_key(2048, auto_kid=False) for _ in range(2))
CLAIMS = access_tokens.claims(
    issuer=ISSUER,
    sub="a1b2c3d4-5678-4abc-8def-0123456789ab",
    username="zoe",
    client_id="1example23456789",
    jti="jti-1",
    origin_jti="origin-1",
    event_id="event-1",
    auth_time=int(NOW.timestamp()) - 60,
    validity=timedelta(hours=1),
    now=NOW,
)


def part(content: object) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(header: object = HEADER, claims: object = CLAIMS) -> str:
    """Return a token in which everything is right but what the caller changes."""
    signing_input = f"{part(header)}.{part(claims)}"
    private_key = KEY.private_key
    assert private_key is not None
    signature = private_key.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signing_input}.{part(signature)}"


def parsed(**changes: Any) -> ParsedToken:
    return access_tokens.check_signature(
        access_tokens.parse(token(claims={**CLAIMS, **changes})), KEY
    )


def test_access_token_of_a_sign_in_has_the_documented_claims() -> None:
    issued_at = int(NOW.timestamp())
    expected = {
        "sub": "a1b2c3d4-5678-4abc-8def-0123456789ab",
        "iss": ISSUER,
        "client_id": "1example23456789",
        "origin_jti": "origin-1",
        "event_id": "event-1",
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": issued_at - 60,
        "exp": issued_at + 3600,
        "iat": issued_at,
        "jti": "jti-1",
        "username": "zoe",
    }
    assert expected == CLAIMS


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"groups": ["b", "a"]}, "cognito:groups", ["b", "a"]),
        ({"groups": []}, "cognito:groups", None),
        ({"device_key": "us-east-1_11111111"}, "device_key", "us-east-1_11111111"),
        ({"device_key": None}, "device_key", None),
        ({"origin_jti": None}, "origin_jti", None),
        ({"scope": "openid email"}, "scope", "openid email"),
        ({"proofs": ("pwd", "otp")}, "amr", ["pwd", "otp"]),
        ({"proofs": ()}, "amr", None),
        ({"level": "urn:cognito:loa:4"}, "acr", "urn:cognito:loa:4"),
        ({"level": None}, "acr", None),
    ],
)
def test_access_token_omits_claims_without_value(
    changes: dict[str, Any], name: str, value: object
) -> None:
    arguments: dict[str, Any] = {
        "issuer": ISSUER,
        "sub": "s",
        "username": "u",
        "client_id": "c",
        "jti": "j",
        "origin_jti": "o",
        "event_id": "e",
        "auth_time": 1,
        "validity": timedelta(minutes=5),
        "now": NOW,
    }
    said = access_tokens.claims(**{**arguments, **changes})
    assert said.get(name) == value
    assert (name in said) == (value is not None)


def test_access_token_is_parsed_and_verified() -> None:
    unverified = access_tokens.parse(token())
    assert unverified.claims == {}, "not read before the signature is verified"
    assert access_tokens.check_signature(unverified, KEY) == ParsedToken(
        kid="1234example=",
        issuer=ISSUER,
        token_use="access",
        expires_at=int(NOW.timestamp()) + 3600,
        claims=CLAIMS,
    )


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "k" * 200, "alg": "RS256"},
        {"kid": "k", "alg": "none"},
        {"kid": "k", "alg": "None"},
        {"kid": "k", "alg": "HS256"},
        {"kid": "k", "alg": "RS512"},
        {"kid": "k", "alg": ["RS256"]},
        {"kid": "k"},
        {"alg": "RS256"},
        {"kid": 1, "alg": "RS256"},
        {**HEADER, "jwk": {"kty": "RSA"}},
        {**HEADER, "jku": "https://attacker.example/keys"},
        {**HEADER, "crit": ["exp"]},
        [],
        b"",
        b"{",
    ],
)
def test_access_token_with_a_foreign_header_is_refused(header: object) -> None:
    with pytest.raises(MalformedToken):
        access_tokens.parse(token(header=header))


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {**CLAIMS, "exp": "4000000000"},
        {**CLAIMS, "exp": 4e9 + 0.5},
        {**CLAIMS, "exp": True},
        {**CLAIMS, "iss": None},
        {**CLAIMS, "token_use": ["access"]},
        {name: value for name, value in CLAIMS.items() if name != "sub"},
        "claims",
        [CLAIMS],
        b"\xff\xfe",
        b'{"exp": 1e999}',
        b"[" * 20_000,
        b'{"a":' * 5_000,
    ],
)
def test_claims_that_are_not_a_tokens_are_refused(claims: object) -> None:
    with pytest.raises(MalformedToken):
        access_tokens.parse(token(claims=claims))


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "...",
        "a.b",
        "a.b.c.d.e",
        token() + ".x",
        token() + "\n",
        token() + "=",
        " " + token(),
        token().replace(".", "..", 1),
        token().replace(".", ".+", 1),
        token().replace(".", "./", 1),
        token() + "==",
        token().rpartition(".")[0] + ".AA=A",
        token().rpartition(".")[0] + ".A",
        token().replace("e", "é", 1),
        token(claims={**CLAIMS, "filler": "x" * access_tokens.LONGEST}),
        token() + "\ud800",
        "." * 100_000,
    ],
)
def test_access_token_not_a_compact_jwt_is_refused(hostile: str) -> None:
    with pytest.raises(MalformedToken):
        access_tokens.parse(hostile)


@given(st.text())
def test_access_token_of_any_text_is_refused(text: str) -> None:
    with pytest.raises(MalformedToken):
        access_tokens.parse(text)


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=20))
def test_access_token_of_any_three_parts_is_refused(
    header: bytes, claims: bytes, signature: bytes
) -> None:
    with pytest.raises(MalformedToken):
        access_tokens.parse(f"{part(header)}.{part(claims)}.{part(signature)}")


def test_access_token_valid_is_accepted() -> None:
    access_tokens.check(parsed(), ISSUER, NOW)
    access_tokens.check_scope(parsed())


@pytest.mark.parametrize(
    ("header", "claims"),
    [({**HEADER, "kid": "another"}, CLAIMS), (HEADER, {**CLAIMS, "sub": "mallory"})],
)
def test_access_token_changed_header_or_claims_fail_the_signature(
    header: object, claims: object
) -> None:
    signature = token().rpartition(".")[2]
    changed = access_tokens.parse(f"{part(header)}.{part(claims)}.{signature}")
    with pytest.raises(BadSignature):
        access_tokens.check_signature(changed, KEY)


def test_check_signature_verified_token_without_its_text_is_refused() -> None:
    with pytest.raises(BadSignature):
        access_tokens.check_signature(parsed(), KEY)


def test_check_signature_hmac_with_the_public_key_is_refused() -> None:
    """Algorithm confusion: the public key of RS256 taken for a secret of HS256."""
    secret = KEY.as_pem(private=False)
    signing_input = f"{part({**HEADER, 'alg': 'HS256'})}.{part(CLAIMS)}"
    forged = f"{signing_input}.{part(hmac.digest(secret, signing_input.encode(), 'sha256'))}"
    with pytest.raises(MalformedToken):
        access_tokens.parse(forged)
    renamed = f"{part(HEADER)}.{forged.partition('.')[2]}"
    with pytest.raises(BadSignature):
        access_tokens.check_signature(access_tokens.parse(renamed), KEY)


def test_parse_header_that_names_two_algorithms_counts_the_last() -> None:
    refused = b'{"kid":"1234example=","alg":"RS256","alg":"none"}'
    with pytest.raises(MalformedToken):
        access_tokens.parse(token(header=refused))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"iss": ISSUER + "2"}, WrongIssuer),
        ({"iss": ""}, WrongIssuer),
        ({"token_use": "id"}, WrongUse),
        ({"exp": int(NOW.timestamp())}, Expired),
        ({"exp": -1}, Expired),
        # The first reason counts:
        ({"iss": "other", "token_use": "id", "exp": 0}, WrongIssuer),
        ({"token_use": "id", "exp": 0}, WrongUse),
    ],
)
def test_access_token_signed_with_invalid_claims_is_refused(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        access_tokens.check(parsed(**changes), ISSUER, NOW)


def test_access_token_forged_is_refused() -> None:
    with pytest.raises(BadSignature):
        access_tokens.check_signature(access_tokens.parse(token()), OTHER_KEY)


def test_access_token_is_valid_until_its_last_second() -> None:
    last = NOW + timedelta(hours=1, microseconds=-1)
    access_tokens.check(parsed(), ISSUER, last)


@pytest.mark.parametrize("scope", ["openid", "", "aws.cognito.signin.user.administrator", None, 1])
def test_access_token_without_the_scope_is_refused(scope: object) -> None:
    with pytest.raises(MissingScope):
        access_tokens.check_scope(parsed(scope=scope))


def test_access_token_with_one_of_several_scopes_is_accepted() -> None:
    token = parsed(scope="openid aws.cognito.signin.user.admin")
    access_tokens.check_scope(token)
    access_tokens.check_scope(token, "openid")
