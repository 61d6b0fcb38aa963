"""SetUserPoolMfaConfig and GetUserPoolMfaConfig (ev:users-3.3), and what stands on them."""

from typing import Any

import pytest
from support.mfa_pools import BY_EMAIL, SNS
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest

APP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
SMS = {"SmsMfaConfiguration": {"SmsConfiguration": SNS, "SmsAuthenticationMessage": "It is {####}"}}
MAIL = {"EmailMfaConfiguration": {"Subject": "Home", "Message": "It is {####}"}}
PASSKEY = {"RelyingPartyId": "home.example", "UserVerification": "required"}
MULTI = {**PASSKEY, "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
TOGETHER = (
    "Invalid MFA configuration given, can't turn off MFA and configure an MFA together"  # ev:cdkd
)


def configure(pool: PoolForTest, **members: Any) -> dict[str, Any]:
    answer: dict[str, Any] = pool.cognito.set_user_pool_mfa_config(UserPoolId=pool.id, **members)
    del answer["ResponseMetadata"]
    return answer


def configured(pool: PoolForTest) -> dict[str, Any]:
    answer: dict[str, Any] = pool.cognito.get_user_pool_mfa_config(UserPoolId=pool.id)
    del answer["ResponseMetadata"]
    return answer


def passwordless(*factors: str) -> dict[str, Any]:
    return {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", *factors]}}}


def test_new_pool_has_no_second_factors(pool: PoolForTest) -> None:
    assert configured(pool) == {"MfaConfiguration": "OFF"}


def test_mfa_config_is_shown_whole(new_pool: NewPool) -> None:
    pool = new_pool(**BY_EMAIL)
    given = {
        "MfaConfiguration": "ON",
        "WebAuthnConfiguration": MULTI,
        **SMS,
        **MAIL,
        **APP,
    }
    assert configure(pool, **given) == given
    assert configured(pool) == given
    described = pool.cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert described["MfaConfiguration"] == "ON"
    assert described["SmsConfiguration"] == SNS
    assert described["SmsAuthenticationMessage"] == "It is {####}"


def test_missing_factor_is_turned_off(new_pool: NewPool) -> None:
    """ev:cdkd. The sender of text messages serves others, too, and stays."""
    pool = new_pool(**BY_EMAIL)
    configure(pool, MfaConfiguration="OPTIONAL", WebAuthnConfiguration=PASSKEY, **SMS, **MAIL)
    assert configure(pool, MfaConfiguration="OPTIONAL", **APP) == {
        "MfaConfiguration": "OPTIONAL",
        **APP,
    }
    described = pool.cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert described["SmsConfiguration"] == SNS
    assert configure(pool) == {"MfaConfiguration": "OFF"}


def test_sms_needs_no_sender_where_the_pool_has_one(new_pool: NewPool) -> None:
    pool = new_pool(SmsConfiguration=SNS)
    shown = configure(pool, MfaConfiguration="ON", SmsMfaConfiguration={})
    assert shown["SmsMfaConfiguration"] == {"SmsConfiguration": SNS}


def test_mfa_by_sms_counts_where_the_pool_enabled_mfa(new_pool: NewPool) -> None:
    """ev:auth-9: by CreateUserPool and UpdateUserPool it is the one factor there is."""
    pool = new_pool(SmsConfiguration=SNS, MfaConfiguration="OPTIONAL")
    assert configured(pool) == {
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": {"SmsConfiguration": SNS},
    }


def test_passkeys_are_configured_without_mfa(pool: PoolForTest) -> None:
    shown = configure(pool, WebAuthnConfiguration=PASSKEY)
    assert shown == {"MfaConfiguration": "OFF", "WebAuthnConfiguration": PASSKEY}


@pytest.mark.parametrize(
    ("settings", "members", "sentence"),
    [
        ({}, APP, TOGETHER),
        ({}, {"MfaConfiguration": "OFF", **APP}, TOGETHER),
        ({}, {"MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": {}}, TOGETHER),
        ({}, {"SoftwareTokenMfaConfiguration": {"Enabled": False}}, TOGETHER),
        (BY_EMAIL, {"MfaConfiguration": "OFF", **MAIL}, TOGETHER),
        (
            {},
            {"MfaConfiguration": "ON"},
            "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be"
            " enabled.",
        ),
        (
            {},
            {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": False}},
            "Invalid MFA configuration given, can't disable all MFAs with a required or optional"
            " configuration.",
        ),
        (
            {},
            {"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": {}},
            "SMS configuration and Auto verification for phone_number are required when MFA is"
            " required/optional",
        ),
        (
            {},
            {"MfaConfiguration": "ON", **MAIL},
            "Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an"
            " EmailSendingAccount of COGNITO_DEFAULT",
        ),
        (
            passwordless("EMAIL_OTP"),
            {"MfaConfiguration": "ON", **APP},
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA"
            " is enabled",
        ),
        (
            passwordless("WEB_AUTHN"),
            {"MfaConfiguration": "ON", "WebAuthnConfiguration": PASSKEY, **APP},
            "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and"
            " WebAuthn is an allowed first auth factor",
        ),
    ],
)
def test_contradictory_mfa_config_is_refused(
    new_pool: NewPool, settings: dict[str, Any], members: dict[str, Any], sentence: str
) -> None:
    """ev:cdkd; sst#5177 of the one about disabling; UNVERIFIED: SMS without a sender."""
    pool = new_pool(**settings)
    with refused("InvalidParameterException", sentence):
        configure(pool, **members)
    assert configured(pool) == {"MfaConfiguration": "OFF"}


@pytest.mark.parametrize("app", [{}, {"Enabled": False}])
def test_set_user_pool_mfa_config_with_apps_disabled_beside_sms_returns_them(
    new_pool: NewPool, app: dict[str, bool]
) -> None:
    """Terraform's block isn't computed: what was configured must be read back (ev:users-3.3)."""
    pool = new_pool()
    members = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": app, **SMS}
    expected = {**members, "SoftwareTokenMfaConfiguration": {"Enabled": False}}
    assert configure(pool, **members) == expected
    assert configured(pool) == expected
    assert configure(pool, **expected) == expected


def test_set_user_pool_mfa_config_without_apps_returns_none(new_pool: NewPool) -> None:
    pool = new_pool()
    configure(pool, MfaConfiguration="OPTIONAL", **APP, **SMS)
    without = configure(pool, MfaConfiguration="OPTIONAL", **SMS)
    assert "SoftwareTokenMfaConfiguration" not in without
    configure(pool, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={}, **SMS)
    assert configure(pool, MfaConfiguration="OFF") == {"MfaConfiguration": "OFF"}
    assert configured(pool) == {"MfaConfiguration": "OFF"}


def test_update_user_pool_turning_mfa_off_and_on_forgets_disabled_apps_while_off(
    new_pool: NewPool,
) -> None:
    pool = new_pool()
    configure(pool, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={}, **SMS)
    pool.cognito.update_user_pool(UserPoolId=pool.id, MfaConfiguration="OFF")
    assert configured(pool) == {"MfaConfiguration": "OFF"}


def test_set_user_pool_mfa_config_without_an_sns_region_returns_the_pools(
    new_pool: NewPool,
) -> None:
    pool = new_pool()
    caller = {name: value for name, value in SNS.items() if name != "SnsRegion"}
    sms = configure(
        pool, MfaConfiguration="OPTIONAL", SmsMfaConfiguration={"SmsConfiguration": caller}
    )["SmsMfaConfiguration"]
    assert sms == {"SmsConfiguration": {**caller, "SnsRegion": pool.id.split("_")[0]}}


def test_update_user_pool_to_passkeys_beside_required_mfa_changes_nothing(
    new_pool: NewPool,
) -> None:
    pool = new_pool()
    configure(pool, MfaConfiguration="ON", **APP)
    before = pool.cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    sentence = (
        "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA"
    )
    with refused("InvalidParameterException", sentence):
        pool.cognito.update_user_pool(UserPoolId=pool.id, **passwordless("WEB_AUTHN"))
    assert pool.cognito.describe_user_pool(UserPoolId=pool.id)["UserPool"] == before
    configure(pool, MfaConfiguration="ON", WebAuthnConfiguration=MULTI, **APP)
    pool.cognito.update_user_pool(UserPoolId=pool.id, **passwordless("WEB_AUTHN"))


def test_first_factors_may_stand_beside_an_optional_second_one(new_pool: NewPool) -> None:
    pool = new_pool(**passwordless("EMAIL_OTP", "WEB_AUTHN"))
    configure(pool, MfaConfiguration="OPTIONAL", **APP)


def test_passkey_as_both_factors_is_allowed_with_required_mfa(new_pool: NewPool) -> None:
    pool = new_pool(**passwordless("WEB_AUTHN"))
    configure(pool, MfaConfiguration="ON", WebAuthnConfiguration=MULTI, **APP)


@pytest.mark.parametrize(
    ("members", "feature"),
    [(MAIL, "Email MFA"), ({**APP, "WebAuthnConfiguration": MULTI}, "Passkey MFA")],
)
def test_lite_plan_refuses_some_factors(
    new_pool: NewPool, members: dict[str, Any], feature: str
) -> None:
    """ev:users-3.5; UNVERIFIED: the features' names."""
    sentence = (
        "The following features need to be disabled for the LITE pricing tier configured:"
        f" {feature}"
    )
    lite = new_pool(UserPoolTier="LITE", **BY_EMAIL)
    with refused("FeatureUnavailableInTierException", sentence):
        configure(lite, MfaConfiguration="ON", **members)
    pool = new_pool(**BY_EMAIL)
    configure(pool, MfaConfiguration="ON", **members)
    with refused("TierChangeNotAllowedException", sentence):
        pool.cognito.update_user_pool(UserPoolId=pool.id, UserPoolTier="LITE", **BY_EMAIL)


def test_update_user_pool_keeps_second_factors(new_pool: NewPool) -> None:
    """ev:users-3.2: MfaConfiguration stays."""
    pool = new_pool(**BY_EMAIL)
    shown = configure(pool, MfaConfiguration="ON", WebAuthnConfiguration=PASSKEY, **APP, **MAIL)
    pool.cognito.update_user_pool(UserPoolId=pool.id, **BY_EMAIL)
    assert configured(pool) == shown
