"""Attributes that scopes open at userInfo and in ID tokens of a domain (ev:oauth-5, ev:oauth-7)."""

import pytest

from poolhouse.rules.oauth.user_claims import opened

EMAIL = {"email", "email_verified"}
PHONE = {"phone_number", "phone_number_verified"}
PROFILE = {
    *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username"),
    *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"),
    *("updated_at", "address"),
}
CUSTOM = {"custom:team", "dev:custom:level"}
ALL = {name: name for name in EMAIL | PHONE | PROFILE | CUSTOM}


@pytest.mark.parametrize(
    ("scopes", "names"),
    [
        ("openid", set(ALL)),
        ("openid profile", PROFILE | CUSTOM),
        ("openid email", EMAIL),
        ("openid phone", PHONE),
        ("openid email phone", EMAIL | PHONE),
        ("openid aws.cognito.signin.user.admin", set(ALL)),
        ("openid email aws.cognito.signin.user.admin", EMAIL),
        ("openid orders/read", set(ALL)),
    ],
)
def test_scopes_open_the_attributes_that_they_name(scopes: str, names: set[str]) -> None:
    assert opened(ALL, scopes.split()).keys() == names
