"""The first factors that a user can choose (ev:auth-7)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from poolhouse.entities.mfa import MfaSettings
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.auth import first_factors
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import UserPoolMfaType, UserPoolTierType, VerifiedAttributeType
from poolhouse.wire.enums import WebAuthnFactorConfigurationType as PasskeyFactor
from poolhouse.wire.structs import (
    SignInPolicyType,
    SmsConfigurationType,
    UserPoolPolicyType,
    UserPoolType,
    WebAuthnConfigurationType,
)

NOW = datetime(2026, 3, 3, tzinfo=UTC)
EVERY = [Factor.PASSWORD, Factor.EMAIL_OTP, Factor.SMS_OTP, Factor.WEB_AUTHN]
MULTI = WebAuthnConfigurationType(
    FactorConfiguration=PasskeyFactor.MULTI_FACTOR_WITH_USER_VERIFICATION
)
CONTACTS = {"email": "alice@example.com", "phone_number": "+491701234567"}
ALICE = User(
    sub="s",
    pool_id="p",
    username="alice",
    status=UserStatus.CONFIRMED,
    attributes=CONTACTS,
    created_at=NOW,
    modified_at=NOW,
)
WITH_SMS = replace(ALICE, mfa=MfaSettings(sms=True))
WITH_BOTH = replace(ALICE, mfa=MfaSettings(sms=True, passkey=True))


def a_pool(
    *allowed: Factor,
    mfa: UserPoolMfaType = UserPoolMfaType.OFF,
    webauthn: WebAuthnConfigurationType | None = None,
    **settings: Any,
) -> Pool:
    policies = UserPoolPolicyType(
        SignInPolicy=SignInPolicyType(AllowedFirstAuthFactors=list(allowed))
    )
    made = UserPoolType(
        Policies=policies,
        MfaConfiguration=mfa,
        SmsConfiguration=SmsConfigurationType(SnsCallerArn="arn:aws:iam::123456789012:role/sms"),
        **settings,
    )
    return Pool(
        id="p", settings=made, attributes=(), created_at=NOW, modified_at=NOW, webauthn=webauthn
    )


def of(pool: Pool, user: User = ALICE, **has: bool) -> list[Factor]:
    there = {"has_password": True, "has_passkey": True, "has_software_token": False} | has
    return list(first_factors.of_user(pool, user, **there))


@pytest.mark.parametrize(
    ("user", "has", "expected"),
    [
        (ALICE, {}, EVERY),
        (ALICE, {"has_password": False}, EVERY[1:]),
        (ALICE, {"has_passkey": False}, EVERY[:3]),
        (replace(ALICE, attributes={}), {}, [Factor.PASSWORD, Factor.WEB_AUTHN]),
        (replace(ALICE, attributes={"email": "a@b.example"}), {"has_passkey": False}, EVERY[:2]),
        (replace(ALICE, attributes={}), {"has_password": False, "has_passkey": False}, []),
    ],
)
def test_users_are_offered_what_they_have(
    user: User, has: dict[str, bool], expected: list[Factor]
) -> None:
    assert of(a_pool(*EVERY), user, **has) == expected


def test_first_factors_are_those_that_the_pool_allows() -> None:
    assert of(a_pool(Factor.PASSWORD, Factor.EMAIL_OTP)) == [Factor.PASSWORD, Factor.EMAIL_OTP]


def test_first_factors_of_lite_tier_are_the_password_alone() -> None:
    pool = a_pool(*EVERY, UserPoolTier=UserPoolTierType.LITE)
    assert of(pool) == [Factor.PASSWORD]
    assert first_factors.decoy_first_factors(pool, bytes(8)) == (Factor.PASSWORD,)


@pytest.mark.parametrize(
    ("mfa", "webauthn", "user", "expected"),
    [
        ("OFF", None, WITH_SMS, EVERY),
        ("OPTIONAL", None, ALICE, EVERY),
        ("OPTIONAL", None, WITH_SMS, [Factor.PASSWORD]),
        ("OPTIONAL", None, WITH_BOTH, [Factor.PASSWORD]),
        ("OPTIONAL", MULTI, ALICE, EVERY),
        ("OPTIONAL", MULTI, WITH_SMS, [Factor.PASSWORD]),
        ("OPTIONAL", MULTI, WITH_BOTH, [Factor.PASSWORD, Factor.WEB_AUTHN]),
        ("ON", None, ALICE, [Factor.PASSWORD]),
        ("ON", MULTI, WITH_SMS, [Factor.PASSWORD]),
        ("ON", MULTI, WITH_BOTH, [Factor.PASSWORD, Factor.WEB_AUTHN]),
    ],
)
def test_first_factors_with_mfa_required_can_be_followed_by_a_second(
    mfa: str, webauthn: WebAuthnConfigurationType | None, user: User, expected: list[Factor]
) -> None:
    pool = a_pool(*EVERY, mfa=UserPoolMfaType(mfa), webauthn=webauthn)
    assert of(pool, user) == expected


def test_first_factor_password_is_two_challenges() -> None:
    assert first_factors.challenges_of(EVERY) == (
        *("PASSWORD", "PASSWORD_SRP"),
        *("EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"),
    )


def test_decoy_first_factors_contain_the_contact_that_sign_up_verifies() -> None:
    email = VerifiedAttributeType.EMAIL
    pool = a_pool(Factor.PASSWORD, Factor.EMAIL_OTP, AutoVerifiedAttributes=[email])
    for first in range(256):
        digest = bytes([first, first, first])
        assert first_factors.decoy_first_factors(pool, digest) == (
            Factor.PASSWORD,
            Factor.EMAIL_OTP,
        )


def test_decoy_first_factors_vary_by_name_as_those_of_users() -> None:
    lists = {
        first_factors.decoy_first_factors(a_pool(*EVERY), bytes([a, b, c]))
        for a in range(4)
        for b in range(2)
        for c in range(2)
    }
    assert len(lists) == 8
    assert all(each[0] is Factor.PASSWORD for each in lists)


def test_decoy_first_factors_with_mfa_required_are_passwords() -> None:
    pool = a_pool(*EVERY, mfa=UserPoolMfaType.ON)
    assert first_factors.decoy_first_factors(pool, bytes(8)) == (Factor.PASSWORD,)
