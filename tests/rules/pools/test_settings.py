"""A pool's configuration as it becomes and as it is shown.

Evidence: ev:users-3.1, ev:users-3.2.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from poolhouse.entities.domains import Domain
from poolhouse.entities.pools import Pool
from poolhouse.errors.pools import PoolProtected
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.pools import settings
from poolhouse.wire.structs import CreateUserPoolRequest, UpdateUserPoolRequest, UserPoolType

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LATER = datetime(2026, 4, 5, 6, 7, 8, tzinfo=UTC)
ID = "us-east-1_abcDEF123"
ARN = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{ID}"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:one"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}


def create(**members: Any) -> Pool:
    request = msgspec.convert({"PoolName": "p", **members}, CreateUserPoolRequest)
    return settings.create(request, ID, NOW)


def update(pool: Pool, **members: Any) -> Pool:
    request = msgspec.convert({"UserPoolId": ID, **members}, UpdateUserPoolRequest)
    return settings.update(pool, request, LATER)


def shown(pool: Pool) -> dict[str, Any]:
    """DescribeUserPool's answer as JSON, without the schema."""
    answer: dict[str, Any] = msgspec.to_builtins(settings.described(pool, ARN, users=3))
    del answer["SchemaAttributes"]
    return answer


def test_create_pool_with_a_name_alone_has_the_measured_defaults() -> None:
    """The table of ev:users-3.1, member by member: nothing else is there."""
    assert shown(create()) == {
        "Id": ID,
        "Arn": ARN,
        "Name": "p",
        "CreationDate": NOW.timestamp(),
        "LastModifiedDate": NOW.timestamp(),
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 8,
                "RequireUppercase": True,
                "RequireLowercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
                "TemporaryPasswordValidityDays": 7,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]},
        },
        "DeletionProtection": "INACTIVE",
        "LambdaConfig": {},
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
        "MfaConfiguration": "OFF",
        "EstimatedNumberOfUsers": 3,
        "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": False,
            "UnusedAccountValidityDays": 7,
        },
        "UserPoolTags": {},
        "UserPoolTier": "ESSENTIALS",
        "AcrConfiguration": {
            f"Level{level}": {"AcrValue": f"urn:cognito:loa:{level}"} for level in range(1, 5)
        },
    }


def test_pool_settings_round_trip_through_the_store() -> None:
    pool = create(UsernameConfiguration={"CaseSensitive": False}, UserPoolTags={"a": "b"})
    again = msgspec.json.decode(msgspec.json.encode(pool.settings), type=UserPoolType)
    assert again == pool.settings


def test_verification_template_members_show_in_the_older_members() -> None:
    """Terraform's acceptance test; a code's text and a link's go together on the live service."""
    template = {
        "DefaultEmailOption": "CONFIRM_WITH_LINK",
        "EmailMessage": "foo {####} bar",
        "EmailMessageByLink": "{##foobar##}",
        "EmailSubject": "foobar {####}",
        "EmailSubjectByLink": "foobar",
        "SmsMessage": "{####} baz",
    }
    answer = shown(create(VerificationMessageTemplate=template))
    assert answer["VerificationMessageTemplate"] == template
    assert answer["EmailVerificationMessage"] == "foo {####} bar"
    assert answer["EmailVerificationSubject"] == "foobar {####}"
    assert answer["SmsVerificationMessage"] == "{####} baz"


def test_verification_older_members_show_in_the_template() -> None:
    answer = shown(create(EmailVerificationMessage="a {####}", SmsVerificationMessage="{####} sms"))
    assert answer["VerificationMessageTemplate"] == {
        "DefaultEmailOption": "CONFIRM_WITH_CODE",
        "EmailMessage": "a {####}",
        "SmsMessage": "{####} sms",
    }


def test_lambda_config_old_and_new_trigger_members_are_equivalent() -> None:
    old = shown(create(LambdaConfig={"PreTokenGeneration": FUNCTION}))["LambdaConfig"]
    new = shown(
        create(
            LambdaConfig={
                "PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": FUNCTION}
            }
        )
    )["LambdaConfig"]
    assert old["PreTokenGenerationConfig"] == {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION}
    assert new["PreTokenGeneration"] == FUNCTION


def test_password_policy_given_in_part_requires_no_more() -> None:
    """ev:users-9.1."""
    answer = shown(create(Policies={"PasswordPolicy": {"RequireNumbers": True}}))
    assert answer["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 8,
        "RequireUppercase": False,
        "RequireLowercase": False,
        "RequireNumbers": True,
        "RequireSymbols": False,
        "TemporaryPasswordValidityDays": 7,
    }


@pytest.mark.parametrize(
    ("policy", "admin", "days"),
    [
        ({"TemporaryPasswordValidityDays": 30}, {}, 30),
        ({"TemporaryPasswordValidityDays": 30}, {"UnusedAccountValidityDays": 0}, 30),
        ({"TemporaryPasswordValidityDays": 0}, {}, 7),
        ({"TemporaryPasswordValidityDays": 0}, {"UnusedAccountValidityDays": 20}, 20),
        (None, {"UnusedAccountValidityDays": 20}, 20),
    ],
)
def test_temporary_password_validity_old_and_new_members_are_equivalent(
    policy: Any, admin: Any, days: int
) -> None:
    pool = create(
        Policies={"PasswordPolicy": policy} if policy else {}, AdminCreateUserConfig=admin
    )
    answer = shown(pool)
    assert answer["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == days
    assert answer["AdminCreateUserConfig"]["UnusedAccountValidityDays"] == days
    assert pool.password_policy.temporary_days == days


def test_temporary_password_validity_in_both_members_is_refused() -> None:
    """aws-sdk-js#3817, ev:cdk-preflight. Even when they are equal (pulumi-aws-native#1256)."""
    with pytest.raises(InvalidParameter) as refusal:
        create(
            Policies={"PasswordPolicy": {"TemporaryPasswordValidityDays": 7}},
            AdminCreateUserConfig={"UnusedAccountValidityDays": 7},
        )
    assert str(refusal.value) == (
        "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of"
        " UnusedAccountValidityDays"
    )


@pytest.mark.parametrize("given", [{}, {"ChallengeRequiredOnNewDevice": False}])
def test_create_user_pool_with_a_device_configuration_turns_devices_on(given: Any) -> None:
    """Only null turns them off (the API model's words on DeviceConfiguration)."""
    off = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
    pool = create(DeviceConfiguration=given)
    assert shown(pool)["DeviceConfiguration"] == off
    assert shown(update(create(), DeviceConfiguration=given))["DeviceConfiguration"] == off
    assert "DeviceConfiguration" not in shown(update(pool))


def test_device_configuration_with_any_member_enables_devices() -> None:
    on = create(DeviceConfiguration={"ChallengeRequiredOnNewDevice": True})
    assert shown(on)["DeviceConfiguration"] == {
        "ChallengeRequiredOnNewDevice": True,
        "DeviceOnlyRememberedOnUserPrompt": False,
    }


def test_create_user_pool_without_an_sns_region_returns_the_pools() -> None:
    """Terraform's `sns_region` is computed: the service returns one that no request had."""
    caller = {"SnsCallerArn": SMS["SnsCallerArn"], "ExternalId": "x"}
    own, other = {**caller, "SnsRegion": "us-east-1"}, {**caller, "SnsRegion": "eu-west-1"}
    assert shown(create(SmsConfiguration=caller))["SmsConfiguration"] == own
    assert shown(update(create(), SmsConfiguration=caller))["SmsConfiguration"] == own
    assert shown(create(SmsConfiguration=other))["SmsConfiguration"] == other


SINGLE_FACTOR = (
    "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA"
)
WEB_AUTHN = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}}


@pytest.mark.parametrize(
    ("before", "members"),
    [
        ({"MfaConfiguration": "ON"}, WEB_AUTHN),
        (WEB_AUTHN, {"MfaConfiguration": "ON"}),
    ],
)
def test_update_user_pool_to_passkeys_beside_required_mfa_is_refused(
    before: dict[str, Any], members: dict[str, Any]
) -> None:
    """A passkey that isn't configured for MFA would be the only factor."""
    pool = create(SmsConfiguration=SMS, **before)
    with pytest.raises(InvalidParameter) as refusal:
        update(pool, SmsConfiguration=SMS, **members)
    assert str(refusal.value) == SINGLE_FACTOR


def test_update_user_pool_to_passkeys_beside_optional_mfa_is_accepted() -> None:
    pool = create(SmsConfiguration=SMS, MfaConfiguration="OPTIONAL")
    assert "WEB_AUTHN" in update(pool, SmsConfiguration=SMS, **WEB_AUTHN).first_factors


def test_create_user_pool_with_passkeys_beside_required_mfa_is_refused() -> None:
    """UNVERIFIED: the sentence, which is UpdateUserPool's."""
    with pytest.raises(InvalidParameter) as refusal:
        create(SmsConfiguration=SMS, MfaConfiguration="ON", **WEB_AUTHN)
    assert str(refusal.value) == SINGLE_FACTOR


def test_names_of_acr_levels_are_merged_with_the_defaults() -> None:
    answer = shown(create(AcrConfiguration={"Level2": {"AcrValue": "urn:mine:2"}}))
    assert [level["AcrValue"] for level in answer["AcrConfiguration"].values()] == [
        "urn:cognito:loa:1",
        "urn:mine:2",
        "urn:cognito:loa:3",
        "urn:cognito:loa:4",
    ]


def test_client_registration_given_without_a_status_is_on() -> None:
    assert shown(create(DcrConfiguration={}))["DcrConfiguration"] == {
        "EnableStatus": "Enabled",
        "OpenDcrEnabled": False,
    }


FULL: dict[str, Any] = {
    "Policies": {
        "PasswordPolicy": {"MinimumLength": 12},
        "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]},
    },
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
}


def test_update_pool_password_and_sign_in_policy_are_independent() -> None:
    """ev:cdkd."""
    pool = create(**FULL)
    policies = shown(update(pool, Policies={"PasswordPolicy": {"MinimumLength": 20}}))["Policies"]
    assert policies["PasswordPolicy"]["MinimumLength"] == 20
    assert policies["SignInPolicy"] == shown(pool)["Policies"]["SignInPolicy"]


def test_client_registration_is_replaced_whole() -> None:
    pool = create(DcrConfiguration={"EnableStatus": "Disabled", "AllowedScopes": ["a/b"]})
    assert shown(update(pool, DcrConfiguration={"OpenDcrEnabled": True}))["DcrConfiguration"] == {
        "EnableStatus": "Enabled",
        "OpenDcrEnabled": True,
    }


def test_recovery_setting_empty_restores_the_legacy_one() -> None:
    """terraform-provider-aws#26223."""
    assert "AccountRecoverySetting" not in shown(update(create(**FULL), AccountRecoverySetting={}))


def test_update_pool_changes_the_date_and_keeps_immutable_settings() -> None:
    pool = create(UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    updated = update(pool, PoolName="renamed")
    assert (updated.created_at, updated.modified_at) == (NOW, LATER)
    assert updated.name == "renamed"
    assert updated.username_attributes == {"email"}
    assert not updated.case_sensitive


def test_leaving_out_auto_verified_alone_is_refused_while_updates_need_it() -> None:
    """aws-nuke#477: UserAttributeUpdateSettings stays, AutoVerifiedAttributes goes."""
    pool = create(
        AutoVerifiedAttributes=["email"],
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    )
    with pytest.raises(InvalidParameter, match="must exist in AutoVerifiedAttributes"):
        update(pool)


def test_delete_pool_with_deletion_protection_is_refused() -> None:
    """floci#3948."""
    with pytest.raises(PoolProtected) as refusal:
        settings.check_deletable(create(DeletionProtection="ACTIVE"), ())
    assert str(refusal.value) == (
        "The user pool cannot be deleted because deletion protection is activated."
        " Deletion protection must be inactivated first."
    )


def test_delete_pool_with_a_domain_is_refused() -> None:
    """terraform-provider-aws#16479."""
    pool = create()
    domain = Domain(name="home", pool_id=pool.id, created_at=NOW, modified_at=NOW)
    with pytest.raises(InvalidParameter) as refusal:
        settings.check_deletable(pool, [domain])
    assert str(refusal.value) == (
        "User pool cannot be deleted. It has a domain configured that should be deleted first."
    )


def test_delete_pool_unprotected_is_accepted() -> None:
    settings.check_deletable(create(), ())
