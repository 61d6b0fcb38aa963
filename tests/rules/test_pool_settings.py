"""A pool's configuration as it becomes and as it is shown. Facts of users.md §3.1 and §3.2."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from poolhouse.entities.pools import Pool
from poolhouse.errors import InvalidParameter
from poolhouse.pool_errors import PoolProtected
from poolhouse.rules import pool_settings
from poolhouse.wire.structs import CreateUserPoolRequest, UpdateUserPoolRequest, UserPoolType

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LATER = datetime(2026, 4, 5, 6, 7, 8, tzinfo=UTC)
ID = "us-east-1_abcDEF123"
ARN = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{ID}"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:one"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}


def create(**members: Any) -> Pool:
    request = msgspec.convert({"PoolName": "p", **members}, CreateUserPoolRequest)
    return pool_settings.create(request, ID, NOW)


def update(pool: Pool, **members: Any) -> Pool:
    request = msgspec.convert({"UserPoolId": ID, **members}, UpdateUserPoolRequest)
    return pool_settings.update(pool, request, LATER)


def shown(pool: Pool) -> dict[str, Any]:
    """DescribeUserPool's answer as JSON, without the schema."""
    answer: dict[str, Any] = msgspec.to_builtins(pool_settings.described(pool, ARN, users=3))
    del answer["SchemaAttributes"]
    return answer


def test_a_pool_that_was_given_a_name_alone_shows_what_was_measured() -> None:
    """The table of users.md §3.1, member by member: nothing else is there."""
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


def test_the_settings_survive_the_store() -> None:
    pool = create(UsernameConfiguration={"CaseSensitive": False}, UserPoolTags={"a": "b"})
    again = msgspec.json.decode(msgspec.json.encode(pool.settings), type=UserPoolType)
    assert again == pool.settings


def test_the_templates_members_show_in_their_old_places_too() -> None:
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


def test_the_old_members_show_in_the_template_too() -> None:
    answer = shown(create(EmailVerificationMessage="a {####}", SmsVerificationMessage="{####} sms"))
    assert answer["VerificationMessageTemplate"] == {
        "DefaultEmailOption": "CONFIRM_WITH_CODE",
        "EmailMessage": "a {####}",
        "SmsMessage": "{####} sms",
    }


def test_the_old_and_the_new_name_of_a_trigger_show_the_same_function() -> None:
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


def test_a_password_policy_given_in_part_requires_no_more_than_it_says() -> None:
    """users.md §9.1."""
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
def test_the_old_and_the_new_validity_are_one(policy: Any, admin: Any, days: int) -> None:
    pool = create(
        Policies={"PasswordPolicy": policy} if policy else {}, AdminCreateUserConfig=admin
    )
    answer = shown(pool)
    assert answer["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == days
    assert answer["AdminCreateUserConfig"]["UnusedAccountValidityDays"] == days
    assert pool.password_policy.temporary_days == days


def test_two_validities_in_one_request_are_refused() -> None:
    """aws-sdk-js#3817; measured by cdk-preflight. Even when they are equal (pulumi#1256)."""
    with pytest.raises(InvalidParameter) as refusal:
        create(
            Policies={"PasswordPolicy": {"TemporaryPasswordValidityDays": 7}},
            AdminCreateUserConfig={"UnusedAccountValidityDays": 7},
        )
    assert str(refusal.value) == (
        "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of"
        " UnusedAccountValidityDays"
    )


def test_any_device_setting_turns_devices_on() -> None:
    on = create(DeviceConfiguration={"ChallengeRequiredOnNewDevice": True})
    assert shown(on)["DeviceConfiguration"] == {
        "ChallengeRequiredOnNewDevice": True,
        "DeviceOnlyRememberedOnUserPrompt": False,
    }
    assert "DeviceConfiguration" not in shown(create(DeviceConfiguration={}))


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
    "DeletionProtection": "ACTIVE",
    "LambdaConfig": {"PreSignUp": FUNCTION},
    "AutoVerifiedAttributes": ["email"],
    "VerificationMessageTemplate": {"EmailSubject": "Hello"},
    "SmsAuthenticationMessage": "{####} it is",
    "MfaConfiguration": "OPTIONAL",
    "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True},
    "EmailConfiguration": {"ReplyToEmailAddress": "a@example.com"},
    "SmsConfiguration": SMS,
    "UserPoolTags": {"a": "b"},
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
    "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
    "DcrConfiguration": {"EnableStatus": "Enabled"},
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
    "UserPoolTier": "PLUS",
    "AcrConfiguration": {"Level1": {"AcrValue": "urn:mine"}},
}
KEPT = [
    "Name",
    "MfaConfiguration",
    "Policies",
    "DcrConfiguration",
    "AccountRecoverySetting",
    "UserPoolAddOns",
    "UserPoolTier",
    "DeletionProtection",
    "AcrConfiguration",
]
RESET = [
    "AutoVerifiedAttributes",
    "DeviceConfiguration",
    "LambdaConfig",
    "UserPoolTags",
    "VerificationMessageTemplate",
    "EmailVerificationSubject",
    "SmsAuthenticationMessage",
    "EmailConfiguration",
    "SmsConfiguration",
    "AdminCreateUserConfig",
]


@pytest.mark.parametrize("member", KEPT)
def test_an_update_keeps_this_member_when_it_is_left_out(member: str) -> None:
    """users.md §3.2: measured by cdkd, or not measured and kept for safety."""
    pool = create(**FULL)
    assert shown(update(pool))[member] == shown(pool)[member]


@pytest.mark.parametrize("member", RESET)
def test_an_update_resets_this_member_when_it_is_left_out(member: str) -> None:
    """users.md §3.2: cdkd, aws-cdk#33282, aws-cli#3302."""
    pool = create(**FULL)
    assert shown(pool)[member] != shown(create()).get(member), "the test shows something"
    assert shown(update(pool)).get(member) == shown(create()).get(member)


def test_each_of_the_two_policies_is_kept_for_itself() -> None:
    """cdkd."""
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


def test_an_empty_recovery_setting_brings_back_the_legacy_one() -> None:
    """terraform-provider-aws#26223."""
    assert "AccountRecoverySetting" not in shown(update(create(**FULL), AccountRecoverySetting={}))


def test_an_update_moves_the_date_and_keeps_what_is_fixed() -> None:
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


def test_a_protected_pool_cannot_be_deleted() -> None:
    """floci#3948."""
    with pytest.raises(PoolProtected) as refusal:
        pool_settings.check_deletable(create(DeletionProtection="ACTIVE"))
    assert str(refusal.value) == (
        "The user pool cannot be deleted because deletion protection is activated."
        " Deletion protection must be inactivated first."
    )


def test_a_pool_with_a_domain_cannot_be_deleted() -> None:
    """terraform-provider-aws#16479."""
    pool = create()
    pool = msgspec.structs.replace(
        pool, settings=msgspec.structs.replace(pool.settings, Domain="auth")
    )
    with pytest.raises(InvalidParameter) as refusal:
        pool_settings.check_deletable(pool)
    assert str(refusal.value) == (
        "User pool cannot be deleted. It has a domain configured that should be deleted first."
    )


def test_other_pools_can_be_deleted() -> None:
    pool_settings.check_deletable(create())
