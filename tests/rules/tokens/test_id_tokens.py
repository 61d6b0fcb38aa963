"""ID tokens: what they say of a user, and in which types (ev:auth-13)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.store_samples import a_client, a_user

from poolhouse.entities.token_overrides import GroupOverride
from poolhouse.rules.tokens import id_tokens

ISSUER = "https://id.example.com/us-east-1_Example01"
NOW = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
ISSUED_AT = int(NOW.timestamp())


def claims(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "issuer": ISSUER,
        "sub": "a1b2c3d4-5678-4abc-8def-0123456789ab",
        "username": "zoe",
        "client_id": "1example23456789",
        "jti": "jti-1",
        "origin_jti": "origin-1",
        "event_id": "event-1",
        "auth_time": ISSUED_AT - 60,
        "validity": timedelta(hours=1),
        "attributes": {},
        "now": NOW,
    }
    return id_tokens.claims(**{**arguments, **changes})


def claims_about(attributes: dict[str, str]) -> dict[str, Any]:
    """What a token for a client that may read everything tells of these attributes."""
    client = a_client()
    client = replace(client, settings=replace(client.settings, ReadAttributes=tuple(attributes)))
    return claims(attributes=id_tokens.readable(client, a_user(attributes=attributes)))


def test_id_token_of_a_sign_in_has_the_documented_claims() -> None:
    assert claims() == {
        "sub": "a1b2c3d4-5678-4abc-8def-0123456789ab",
        "iss": ISSUER,
        "cognito:username": "zoe",
        "origin_jti": "origin-1",
        "aud": "1example23456789",
        "event_id": "event-1",
        "token_use": "id",
        "auth_time": ISSUED_AT - 60,
        "exp": ISSUED_AT + 3600,
        "iat": ISSUED_AT,
        "jti": "jti-1",
    }


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"origin_jti": None}, "origin_jti", None),
        ({"groups": GroupOverride(groups=("b", "a"))}, "cognito:groups", ["b", "a"]),
        ({"groups": GroupOverride()}, "cognito:groups", None),
        ({"groups": GroupOverride(iam_roles=("r", "s"))}, "cognito:roles", ["r", "s"]),
        ({"groups": GroupOverride()}, "cognito:roles", None),
        ({"groups": GroupOverride(preferred_role="r")}, "cognito:preferred_role", "r"),
        ({"groups": GroupOverride(iam_roles=("r", "s"))}, "cognito:preferred_role", None),
        ({"proofs": ("pwd", "otp")}, "amr", ["pwd", "otp"]),
        ({"proofs": ()}, "amr", None),
        ({"level": "urn:cognito:loa:1"}, "acr", "urn:cognito:loa:1"),
    ],
)
def test_id_token_omits_claims_without_value(
    changes: dict[str, Any], name: str, value: object
) -> None:
    said = claims(**changes)
    assert said.get(name) == value
    assert (name in said) == (value is not None)


@pytest.mark.parametrize(
    ("name", "stored", "expected"),
    [
        ("email", "zoe@example.com", "zoe@example.com"),
        ("email_verified", "true", True),
        ("email_verified", "True", True),
        ("email_verified", "false", False),
        ("phone_number", "+15555550100", "+15555550100"),
        ("phone_number_verified", "true", True),
        ("phone_number_verified", "false", False),
        ("address", "1 Main St\nSpringfield", {"formatted": "1 Main St\nSpringfield"}),
        ("updated_at", "1772510706", 1772510706),
        ("updated_at", "1.5", 1.5),
        ("updated_at", "9" * 400, "9" * 400),
        ("updated_at", "yesterday", "yesterday"),
        ("birthdate", "1990-01-31", "1990-01-31"),
        ("custom:age", "42", "42"),
        ("custom:member", "true", "true"),
        ("dev:custom:score", "7", "7"),
    ],
)
def test_id_token_attributes_have_the_types_of_openid_connect(
    name: str, stored: str, expected: object
) -> None:
    value = claims_about({name: stored})[name]
    assert (type(value), value) == (type(expected), expected)


def test_id_token_identities_claim_has_strings() -> None:
    """ev:oauth-7: the attribute has a boolean and a number where the claim has texts."""
    stored = {
        "userId": "117",
        "providerName": "Google",
        "providerType": "Google",
        "issuer": None,
        "primary": True,
        "dateCreated": 1642699117273,
    }
    said = claims_about({"identities": json.dumps([stored])})
    assert said["identities"] == [{**stored, "primary": "true", "dateCreated": "1642699117273"}]


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[{"userId":1}]', "[" * 100_000])
def test_identities_that_cannot_be_read_are_left_out(text: str) -> None:
    assert "identities" not in claims_about({"identities": text})


@pytest.mark.parametrize("name", sorted(claims()))
def test_id_token_attribute_cannot_replace_a_claim(name: str) -> None:
    assert claims(attributes={name: "another"}) == claims()


@given(st.text(st.characters(codec="utf-8")))
def test_id_token_encodes_any_stored_attribute(text: str) -> None:
    names = ["email_verified", "address", "updated_at", "identities", "custom:a"]
    said = claims_about(dict.fromkeys(names, text))
    assert msgspec.json.decode(msgspec.json.encode(said)) == said


ATTRIBUTES = {
    "email": "zoe@example.com",
    "email_verified": "true",
    "name": "Zoe",
    "custom:age": "42",
}


@pytest.mark.parametrize(
    ("read", "names"),
    [
        (None, set(ATTRIBUTES)),
        (("name", "custom:age"), {"name", "custom:age"}),
        ((), set(ATTRIBUTES)),
    ],
)
def test_id_token_has_the_attributes_that_the_client_reads(
    read: tuple[str, ...] | None, names: set[str]
) -> None:
    client = a_client()
    client = replace(client, settings=replace(client.settings, ReadAttributes=read))
    user = a_user(attributes=ATTRIBUTES)
    assert id_tokens.readable(client, user).keys() == names
    user = a_user(attributes={**ATTRIBUTES, "identities": "[]"})
    assert id_tokens.readable(client, user).keys() == names | {"identities"}
