"""Configurations of a pool that AWS refuses, and its sentence for each.

"measured": by ev:cdk-preflight, on the live service.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from poolhouse.entities.pools import Pool
from poolhouse.errors.pools import BadTag, NotInTier, TierTooLow
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.pools import settings
from poolhouse.wire.structs import CreateUserPoolRequest, UpdateUserPoolRequest

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ONE = "arn:aws:lambda:us-east-1:123456789012:function:one"
TWO = "arn:aws:lambda:us-east-1:123456789012:function:two"
SENDER = {"LambdaVersion": "V1_0", "LambdaArn": ONE}
ROLE = "arn:aws:iam::123456789012:role/sms"
SMS = {"SnsCallerArn": ROLE}
IDENTITY = "arn:aws:ses:us-east-1:123456789012:identity/a@example.com"
FACTORS = "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is"


def create(**members: Any) -> Pool:
    request = msgspec.convert({"PoolName": "p", **members}, CreateUserPoolRequest)
    return settings.create(request, "us-east-1_abcDEF123", NOW)


def update(pool: Pool, **members: Any) -> Pool:
    request = msgspec.convert({"UserPoolId": pool.id, **members}, UpdateUserPoolRequest)
    return settings.update(pool, request, NOW)


def first_factors(*names: str) -> dict[str, Any]:
    return {"SignInPolicy": {"AllowedFirstAuthFactors": list(names)}}


def recovery(*mechanisms: tuple[str, int]) -> dict[str, Any]:
    return {
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [{"Name": name, "Priority": rank} for name, rank in mechanisms]
        }
    }


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (  # measured
            {"AliasAttributes": ["email"], "UsernameAttributes": ["email"]},
            "Only one of the aliasAttributes or usernameAttributes can be set in a User pool.",
        ),
        (  # measured
            {
                "LambdaConfig": {
                    "PreTokenGeneration": ONE,
                    "PreTokenGenerationConfig": {"LambdaVersion": "V1_0", "LambdaArn": TWO},
                }
            },
            "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda"
            " function ARN's",
        ),
        (  # measured
            {"LambdaConfig": {"CustomEmailSender": SENDER}},
            "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.",
        ),
        (  # measured
            {"LambdaConfig": {"CustomSMSSender": SENDER}},
            "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.",
        ),
        (  # amplify-backend#1523, measured
            {"AutoVerifiedAttributes": ["phone_number"]},
            "SMS configuration is required when phone_number is selected for auto verification",
        ),
        (  # aws-cli#7151, measured
            {
                "AutoVerifiedAttributes": ["email"],
                "SmsConfiguration": SMS,
                "UserAttributeUpdateSettings": {
                    "AttributesRequireVerificationBeforeUpdate": ["phone_number"]
                },
            },
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in"
            " AutoVerifiedAttributes",
        ),
        (  # measured
            {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}},
            "Source ARN is required to use DEVELOPER email sending owner",
        ),
        (  # measured
            {"EmailConfiguration": {"From": "Somebody"}},
            "Provided From email address is invalid",
        ),
        (  # measured
            recovery(("verified_email", 1), ("verified_phone_number", 1)),
            "Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        ),
        (  # measured
            recovery(("verified_email", 1), ("verified_email", 2)),
            "Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        ),
        (  # measured
            recovery(("admin_only", 1), ("verified_email", 2)),
            "Account Recovery Setting cannot use admin_only setting with any other recovery"
            " mechanisms.",
        ),
        (  # measured
            {"Policies": first_factors("EMAIL_OTP")},
            "Password should be configured as one of the allowed first auth factors.",
        ),
        (  # ev:cdkd
            {"Policies": first_factors("PASSWORD", "SMS_OTP")},
            "SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS"
            " configuration",
        ),
        (  # aws-cdk#12075, measured
            {"MfaConfiguration": "ON"},
            "SMS configuration and Auto verification for phone_number are required when MFA is"
            " required/optional",
        ),
        (
            {"MfaConfiguration": "OPTIONAL"},
            "SMS configuration and Auto verification for phone_number are required when MFA is"
            " required/optional",
        ),
        (  # ev:cdkd, of SetUserPoolMfaConfig
            {
                "MfaConfiguration": "ON",
                "SmsConfiguration": SMS,
                "Policies": first_factors("PASSWORD", "EMAIL_OTP"),
            },
            f"{FACTORS} enabled",
        ),
        (  # measured
            {"AdminCreateUserConfig": {"InviteMessageTemplate": {"EmailMessage": "Welcome."}}},
            "1 validation error detected: Value 'Welcome.' at"
            " 'adminCreateUserConfig.inviteMessage.emailMessage' failed to satisfy constraint:"
            " Member must satisfy regular expression pattern:"
            r" [\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*",
        ),
    ],
)
def test_pool_settings_contradictory_are_refused(members: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        create(**members)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    "members",
    [
        {"SmsConfiguration": {"SnsCallerArn": ROLE, "EumsSms": {"CallerArn": ROLE}}},
        {"Policies": first_factors("PASSWORD", "SOFTWARE_TOKEN")},
        {"AcrConfiguration": {"Level1": {"AcrValue": "urn:cognito:loa:2"}}},
        {
            "AliasAttributes": ["preferred_username"],
            "Schema": [
                {"Name": "preferred_username", "AttributeDataType": "String", "Required": True}
            ],
        },
    ],
)
def test_pool_settings_excluded_by_the_documentation_are_refused(members: dict[str, Any]) -> None:
    """The API model and the guide say that it isn't possible; the sentences are not known."""
    with pytest.raises(InvalidParameter):
        create(**members)


@pytest.mark.parametrize(
    "members",
    [
        {"MfaConfiguration": "ON", "SmsConfiguration": SMS},  # terraform's acceptance test
        {"AutoVerifiedAttributes": ["phone_number"], "SmsConfiguration": SMS},
        {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": IDENTITY}},
        {"EmailConfiguration": {"From": "Test User <testuser@example.com>"}},
        {"EmailConfiguration": {"From": "testuser@example.com"}},
        {"SmsConfiguration": {"EumsSms": {"CallerArn": ROLE}}},
        {"SmsConfiguration": {}},
        {"LambdaConfig": {"CustomEmailSender": SENDER, "KMSKeyID": ONE}},
        recovery(("verified_phone_number", 1), ("verified_email", 2)),
        recovery(("admin_only", 1)),
        {"AliasAttributes": ["email"], "UsernameAttributes": []},
        {  # an invitation without a password, to users who may do without one: the API model
            "Policies": first_factors("PASSWORD", "EMAIL_OTP"),
            "AdminCreateUserConfig": {"InviteMessageTemplate": {"EmailMessage": "Welcome."}},
        },
        # a template without SES of one's own: the model says no, terraform's tests do it
        {"EmailVerificationMessage": "Yours is {####}"},
    ],
)
def test_pool_settings_compatible_are_accepted(members: dict[str, Any]) -> None:
    create(**members)


def test_mfa_cannot_be_turned_on_later_without_a_factor() -> None:
    """ev:cdkd."""
    with pytest.raises(InvalidParameter) as refusal:
        update(create(), MfaConfiguration="ON")
    assert str(refusal.value) == (
        "Cannot turn MFA functionality ON, once the user pool has been created."
    )
    update(create(), MfaConfiguration="ON", SmsConfiguration=SMS)


def test_update_pool_mfa_to_required_without_sms_is_accepted() -> None:
    """Its factor may come from SetUserPoolMfaConfig."""
    pool = create(MfaConfiguration="OPTIONAL", SmsConfiguration=SMS)
    update(pool, MfaConfiguration="ON")


def test_tags_are_checked_on_creation_and_on_update() -> None:
    with pytest.raises(BadTag):
        create(UserPoolTags={"aws:x": "y"})
    with pytest.raises(BadTag):
        update(create(), UserPoolTags={"aws:x": "y"})


V2 = {"PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": ONE}}
PASSWORDLESS = first_factors("PASSWORD", "WEB_AUTHN")


@pytest.mark.parametrize(
    ("members", "tier", "feature"),
    [
        # terraform-provider-aws#40734
        ({"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}, "ESSENTIALS", "Threat Protection"),
        # amplify-backend#2805, measured
        ({"Policies": PASSWORDLESS, "UserPoolTier": "LITE"}, "LITE", "Passwordless Sign-In"),
        (  # measured
            {"LambdaConfig": V2, "UserPoolTier": "LITE"},
            "LITE",
            "Token Customization with Pre-Token Generation Lambda V2_0",
        ),
    ],
)
def test_pool_settings_beyond_the_tier_are_refused(
    members: dict[str, Any], tier: str, feature: str
) -> None:
    with pytest.raises(NotInTier) as refusal:
        create(**members)
    assert str(refusal.value) == (
        f"The following features need to be disabled for the {tier} pricing tier configured:"
        f" {feature}"
    )


@pytest.mark.parametrize(
    "members",
    [
        {"Policies": {"PasswordPolicy": {"PasswordHistorySize": 3}}},
        {"DcrConfiguration": {}},
        {"AcrConfiguration": {"Level1": {"AcrValue": "urn:mine"}}},
    ],
)
def test_pool_settings_requiring_essentials_are_refused_below(members: dict[str, Any]) -> None:
    """ev:users-3.5."""
    create(**members)
    with pytest.raises(NotInTier):
        create(**members, UserPoolTier="LITE")


@pytest.mark.parametrize(
    "members",
    [
        {"UserPoolAddOns": {"AdvancedSecurityMode": "OFF"}},
        {"DcrConfiguration": {"EnableStatus": "Disabled"}},
        {"LambdaConfig": {"PreTokenGeneration": ONE}},
        {"Policies": first_factors("PASSWORD")},
    ],
)
def test_pool_settings_of_the_lowest_tier_are_accepted(members: dict[str, Any]) -> None:
    create(**members, UserPoolTier="LITE")


def test_update_pool_tier_below_a_feature_in_use_is_refused() -> None:
    pool = create(Policies=PASSWORDLESS)
    with pytest.raises(TierTooLow, match="LITE pricing tier configured: Passwordless Sign-In"):
        update(pool, UserPoolTier="LITE")
    update(pool, UserPoolTier="LITE", Policies=first_factors("PASSWORD"))
