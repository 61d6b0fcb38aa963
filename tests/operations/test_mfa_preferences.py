"""Users' MFA settings, by themselves and by administrators (ev:auth-9, ev:auth-10)."""

from typing import Any

import pytest
from support.access_tokens import token_of
from support.mfa_pools import VERIFIED_EMAIL, VERIFIED_PHONE, mfa_pool, prefers, registers_app
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest

BOTH = {**VERIFIED_EMAIL, **VERIFIED_PHONE}
BY_SMS = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
ON, PREFERRED, OFF = {"Enabled": True}, {"Enabled": True, "PreferredMfa": True}, {"Enabled": False}
BY_USER, BY_ADMIN = "set_user_mfa_preference", "admin_set_user_mfa_preference"


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    return mfa_pool(new_pool, "OPTIONAL", "sms", "email", "app", attributes=BOTH)


def settings(pool: PoolForTest) -> tuple[Any, ...]:
    user = pool.user()
    members = ("UserMFASettingList", "PreferredMfaSetting", "MFAOptions")
    return tuple(user.get(member) for member in members)


def by(operation: str, server: RunningServer, pool: PoolForTest, **members: Any) -> None:
    """The user's or the administrator's operation of two, on alice."""
    who: dict[str, str] = {"UserPoolId": pool.id, "Username": "alice"}
    if not operation.startswith("admin_"):
        who = {"AccessToken": token_of(server, pool)}
    getattr(pool.cognito, operation)(**who, **members)


@pytest.mark.parametrize("operation", [BY_USER, BY_ADMIN])
def test_preference_changes_only_named_factors(
    server: RunningServer, pool: PoolForTest, operation: str
) -> None:
    assert settings(pool) == (None, None, None)
    by(operation, server, pool, SMSMfaSettings=PREFERRED)
    assert settings(pool) == (["SMS_MFA"], "SMS_MFA", BY_SMS)
    by(operation, server, pool, EmailMfaSettings=ON)
    assert settings(pool) == (["SMS_MFA", "EMAIL_OTP"], "SMS_MFA", BY_SMS)
    by(operation, server, pool, EmailMfaSettings=PREFERRED)
    assert settings(pool) == (["SMS_MFA", "EMAIL_OTP"], "EMAIL_OTP", BY_SMS)
    by(operation, server, pool, EmailMfaSettings=OFF)
    assert settings(pool) == (["SMS_MFA"], None, BY_SMS)
    by(operation, server, pool, SMSMfaSettings=OFF)
    assert settings(pool) == (None, None, None)


def test_users_see_their_own_settings(server: RunningServer, pool: PoolForTest) -> None:
    token = token_of(server, pool)
    registers_app(pool, token)
    assert "UserMFASettingList" not in pool.cognito.get_user(AccessToken=token)
    prefers(pool, app="preferred", sms=True)
    user = pool.cognito.get_user(AccessToken=token)
    assert user["UserMFASettingList"] == ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]
    assert user["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    assert user["MFAOptions"] == BY_SMS
    [listed] = pool.cognito.list_users(UserPoolId=pool.id)["Users"]
    assert listed["MFAOptions"] == BY_SMS


DELIVERY = "User does not have delivery config set to turn on"


@pytest.mark.parametrize(
    ("operation", "members", "sentence"),
    [
        (BY_USER, {"SMSMfaSettings": ON}, f"{DELIVERY} SMS_MFA"),
        (BY_ADMIN, {"EmailMfaSettings": PREFERRED}, f"{DELIVERY} EMAIL_OTP"),
        (BY_ADMIN, {"SoftwareTokenMfaSettings": PREFERRED}, f"{DELIVERY} SOFTWARE_TOKEN_MFA"),
        (
            BY_USER,
            {"SoftwareTokenMfaSettings": PREFERRED},
            "User has not set up software token mfa",
        ),
        (BY_USER, {"SMSMfaSettings": PREFERRED, "EmailMfaSettings": PREFERRED}, None),
        (BY_USER, {"SMSMfaSettings": {"PreferredMfa": True}}, None),
        (BY_USER, {"WebAuthnMfaSettings": ON}, None),
    ],
)
def test_missing_factor_is_not_turned_on(
    server: RunningServer,
    new_pool: NewPool,
    operation: str,
    members: dict[str, Any],
    sentence: str | None,
) -> None:
    """aws-sdk-js-v3#4645, amplify-js#1812; an app that waits for its first code is none."""
    pool = mfa_pool(new_pool, "OPTIONAL", "sms", "email", "app")
    pool.cognito.associate_software_token(AccessToken=token_of(server, pool))
    with refused("InvalidParameterException", sentence):
        by(operation, server, pool, **members)
    assert settings(pool) == (None, None, None)


def test_passkey_is_both_factors_only_beside_another(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = mfa_pool(new_pool, "OPTIONAL", "sms", attributes=BOTH)
    multi = {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={},
        WebAuthnConfiguration=multi,
    )
    with refused("InvalidParameterException"):
        by(BY_USER, server, pool, WebAuthnMfaSettings=ON)
    by(BY_USER, server, pool, WebAuthnMfaSettings=ON, SMSMfaSettings=ON)
    assert settings(pool)[0] == ["SMS_MFA"]


@pytest.mark.parametrize("operation", [BY_USER, BY_ADMIN])
def test_last_factor_stays_on_if_mfa_is_required(
    server: RunningServer, new_pool: NewPool, operation: str
) -> None:
    """Answered like a success, and nothing is done (Stack Overflow 50497388)."""
    pool = mfa_pool(new_pool, "ON", "sms", "email", attributes=BOTH)
    prefers(pool, sms="preferred", email=True)
    by(operation, server, pool, SMSMfaSettings=OFF)
    assert settings(pool)[0] == ["EMAIL_OTP"]
    by(operation, server, pool, EmailMfaSettings=OFF)
    assert settings(pool)[0] == ["EMAIL_OTP"]


@pytest.mark.parametrize("operation", ["set_user_settings", "admin_set_user_settings"])
def test_set_user_settings_changes_sms_only(
    server: RunningServer, pool: PoolForTest, operation: str
) -> None:
    """ev:users-10.2"""
    prefers(pool, email="preferred")
    by(operation, server, pool, MFAOptions=BY_SMS)
    assert settings(pool) == (["SMS_MFA", "EMAIL_OTP"], "EMAIL_OTP", BY_SMS)
    by(operation, server, pool, MFAOptions=[])
    assert settings(pool) == (["EMAIL_OTP"], "EMAIL_OTP", None)
    with refused("InvalidParameterException"):
        options = [{"DeliveryMedium": "EMAIL", "AttributeName": "email"}]
        by(operation, server, pool, MFAOptions=options)


@pytest.mark.parametrize("operation", ["get_user_auth_factors", "admin_get_user_auth_factors"])
def test_user_mfa_settings_list_the_first_factors(
    server: RunningServer, new_pool: NewPool, operation: str
) -> None:
    """ev:auth-10: what USER_AUTH would offer now. With a second factor that is the password."""
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = mfa_pool(new_pool, "OPTIONAL", "app", "email", attributes=BOTH, Policies=policy)
    who: dict[str, str] = {"UserPoolId": pool.id, "Username": "alice"}
    if not operation.startswith("admin_"):
        who = {"AccessToken": token_of(server, pool)}
    answer = getattr(pool.cognito, operation)(**who)
    del answer["ResponseMetadata"]
    assert answer == {
        "Username": "alice",
        "ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP"],
    }
    registers_app(pool, token_of(server, pool))
    prefers(pool, app="preferred")
    answer = getattr(pool.cognito, operation)(**who)
    del answer["ResponseMetadata"]
    assert answer == {
        "Username": "alice",
        "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
        "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"],
        "ConfiguredUserAuthFactors": ["PASSWORD", "SOFTWARE_TOKEN"],
    }
