"""Members that an update leaves out: kept, or set to their default.

Every member of a request is in its table, with where that is known from. "ev:cdkd": go-to-k/cdkd,
"drift": go-to-k/cdk-real-drift, both measured on the live service. "tf": what
terraform-provider-aws leaves out of its requests and still finds, or no longer finds, afterwards.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from poolhouse.rules.pools import client_settings, mfa_config, settings
from poolhouse.rules.users import groups
from poolhouse.wire.structs import (
    CreateGroupRequest,
    CreateUserPoolClientRequest,
    CreateUserPoolRequest,
    SetUserPoolMfaConfigRequest,
    UpdateGroupRequest,
    UpdateUserPoolClientRequest,
    UpdateUserPoolRequest,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ID = "us-east-1_abcDEF123"
ARN = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{ID}"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:one"
ROLE = "arn:aws:iam::123456789012:role/one"
SMS = {"SnsCallerArn": ROLE, "ExternalId": "x", "SnsRegion": "eu-west-1"}

KEPT, RESET = "kept", "reset"


def names_of(request: type[msgspec.Struct], *keys: str) -> set[str]:
    return {field.name for field in msgspec.structs.fields(request)} - set(keys)


POOL: dict[str, tuple[Any, str, str]] = {
    "PoolName": ("other name", KEPT, "the model: a pool has a name"),
    "Policies": (
        {
            "PasswordPolicy": {"MinimumLength": 12},
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]},
        },
        KEPT,
        "ev:cdkd",
    ),
    "DeletionProtection": ("ACTIVE", KEPT, "cdk-real-drift#630"),
    "LambdaConfig": ({"PreSignUp": FUNCTION}, RESET, "tf: removed triggers"),
    "AutoVerifiedAttributes": (["email"], RESET, "ev:cdkd"),
    "SmsVerificationMessage": ("{####} sms", RESET, "tf"),
    "EmailVerificationMessage": ("{####} mail", RESET, "tf"),
    "EmailVerificationSubject": ("Hello", RESET, "tf"),
    "VerificationMessageTemplate": ({"EmailSubjectByLink": "Click"}, RESET, "tf"),
    "SmsAuthenticationMessage": ("{####} it is", RESET, "tf"),
    "UserAttributeUpdateSettings": (
        {"AttributesRequireVerificationBeforeUpdate": []},
        KEPT,
        "terraform-provider-aws#27129: it sends an empty list to turn it off; aws-nuke#477",
    ),
    "MfaConfiguration": ("OPTIONAL", KEPT, "ev:cdkd, cdk-real-drift#630"),
    "DeviceConfiguration": ({"ChallengeRequiredOnNewDevice": True}, RESET, "aws-cdk#33282"),
    "EmailConfiguration": ({"ReplyToEmailAddress": "a@example.com"}, RESET, "tf"),
    "SmsConfiguration": (SMS, RESET, "tf"),
    "UserPoolTags": ({"a": "b"}, KEPT, "terraform-provider-aws#32857, pulumi-aws#2666"),
    "AdminCreateUserConfig": ({"AllowAdminCreateUserOnly": True}, RESET, "tf"),
    "UserPoolAddOns": ({"AdvancedSecurityMode": "ENFORCED"}, RESET, "terraform-provider-aws#43926"),
    "DcrConfiguration": ({"EnableStatus": "Enabled"}, KEPT, "the model"),
    "AccountRecoverySetting": (
        {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
        KEPT,
        "terraform-provider-aws#26223: an empty one must be sent",
    ),
    "UserPoolTier": ("PLUS", KEPT, "cdk-real-drift#630"),
    "KeyConfiguration": ({"KeyType": "AWS_OWNED_KEY"}, KEPT, "not known"),
    "IssuerConfiguration": ({"Type": "ORIGINAL"}, KEPT, "not known"),
    "AcrConfiguration": ({"Level1": {"AcrValue": "urn:mine"}}, KEPT, "not known"),
}
SHOWN_AS = {"PoolName": "Name"}


def pool_shown(pool: Any) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(settings.described(pool, ARN, users=0))
    return shown


def test_update_user_pool_tables_name_every_member() -> None:
    assert names_of(UpdateUserPoolRequest, "UserPoolId") == POOL.keys()


@pytest.mark.parametrize("member", POOL)
def test_update_user_pool_without_a_member_keeps_or_resets_it(member: str) -> None:
    """ev:users-3.2, and the sources in the table."""
    given = {name: value for name, (value, _, _) in POOL.items()}
    plain = msgspec.convert({"PoolName": "p"}, CreateUserPoolRequest)
    full = msgspec.convert(given, CreateUserPoolRequest)
    before = settings.create(full, ID, NOW)
    after = settings.update(before, UpdateUserPoolRequest(UserPoolId=ID), NOW)
    name = SHOWN_AS.get(member, member)
    had, has = pool_shown(before).get(name), pool_shown(after).get(name)
    default = pool_shown(settings.create(plain, ID, NOW)).get(name)
    assert had != default, "the request must set something for the test to show anything"
    assert has == (had if POOL[member][1] == KEPT else default)


def test_update_user_pool_with_empty_tags_removes_them() -> None:
    """UNVERIFIED: ev:users-3.2."""
    req = msgspec.convert({"PoolName": "p", "UserPoolTags": {"a": "b"}}, CreateUserPoolRequest)
    pool = settings.create(req, ID, NOW)
    after = settings.update(pool, UpdateUserPoolRequest(UserPoolId=ID, UserPoolTags={}), NOW)
    assert pool_shown(after)["UserPoolTags"] == {}


CLIENT: dict[str, tuple[Any, str, str]] = {
    "ClientName": ("other", KEPT, "the model: a client has a name"),
    "RefreshTokenValidity": (20, RESET, "the model"),
    "AccessTokenValidity": (5, RESET, "the model"),
    "IdTokenValidity": (6, RESET, "the model"),
    "TokenValidityUnits": ({"AccessToken": "hours"}, RESET, "the model"),
    "ReadAttributes": (["email"], RESET, "CloudFormationCognitoCustomResources#7"),
    "WriteAttributes": (["email"], RESET, "CloudFormationCognitoCustomResources#7"),
    "ExplicitAuthFlows": (["ALLOW_USER_SRP_AUTH"], RESET, "the model"),
    "SupportedIdentityProviders": (["COGNITO"], RESET, "the model"),
    "CallbackURLs": (["https://app.example/"], RESET, "the model"),
    "LogoutURLs": (["https://app.example/out"], RESET, "the model"),
    "DefaultRedirectURI": ("https://app.example/", RESET, "the model"),
    "AllowedOAuthFlows": (["code"], RESET, "the model"),
    "AllowedOAuthScopes": (["openid"], RESET, "the model"),
    "AllowedOAuthFlowsUserPoolClient": (True, RESET, "the model"),
    "AnalyticsConfiguration": (
        {"ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/1"},
        RESET,
        "the model",
    ),
    "PreventUserExistenceErrors": ("ENABLED", RESET, "the model"),
    "EnableTokenRevocation": (False, RESET, "the model"),
    "EnablePropagateAdditionalUserContextData": (True, RESET, "the model"),
    "AuthSessionValidity": (9, RESET, "the model"),
    "RefreshTokenRotation": (
        {"Feature": "ENABLED", "RetryGracePeriodSeconds": 20},
        KEPT,
        "terraform-provider-aws#47196",
    ),
}


def client_shown(client: Any) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(client_settings.described(client))
    return shown


def new_client(**members: Any) -> Any:
    pool = settings.create(CreateUserPoolRequest(PoolName="p"), ID, NOW)
    whole = {"UserPoolId": ID, "ClientName": "c", "GenerateSecret": True, **members}
    req = msgspec.convert(whole, CreateUserPoolClientRequest)
    return pool, client_settings.create(pool, req, "client", "s" * 51, NOW)


def test_update_user_pool_client_tables_name_every_member() -> None:
    refused = "PublishSecretsInAWSSecretsManager"  # and so never set, nor kept
    names = names_of(UpdateUserPoolClientRequest, "UserPoolId", "ClientId", refused)
    assert names == CLIENT.keys()


@pytest.mark.parametrize("member", CLIENT)
def test_update_user_pool_client_without_a_member_keeps_or_resets_it(member: str) -> None:
    """ev:users-4.1: all have their defaults again, but those that the table names."""
    given = {name: value for name, (value, _, _) in CLIENT.items()}
    pool, before = new_client(**given)
    _, plain = new_client()
    req = UpdateUserPoolClientRequest(UserPoolId=ID, ClientId="client")
    after = client_settings.update(pool, before, req, NOW)
    had, has = client_shown(before).get(member), client_shown(after).get(member)
    default = client_shown(plain).get(member)
    assert had != default, "the request must set something for the test to show anything"
    assert has == (had if CLIENT[member][1] == KEPT else default)


def test_update_user_pool_client_keeps_the_secret() -> None:
    pool, before = new_client()
    req = UpdateUserPoolClientRequest(UserPoolId=ID, ClientId="client")
    assert client_settings.update(pool, before, req, NOW).secrets == before.secrets


GROUP: dict[str, tuple[Any, str, str]] = {
    "Description": ("words", KEPT, "tf: it sends only what has changed"),
    "RoleArn": (ROLE, KEPT, "tf; the AWS CLI's example of update-group"),
    "Precedence": (3, KEPT, "tf: it sends only what has changed"),
}


def test_update_group_tables_name_every_member() -> None:
    assert names_of(UpdateGroupRequest, "UserPoolId", "GroupName") == GROUP.keys()


@pytest.mark.parametrize("member", GROUP)
def test_update_group_without_a_member_keeps_it(member: str) -> None:
    pool = settings.create(CreateUserPoolRequest(PoolName="p"), ID, NOW)
    given = {name: value for name, (value, _, _) in GROUP.items()}
    req = msgspec.convert({"UserPoolId": ID, "GroupName": "g", **given}, CreateGroupRequest)
    group = groups.create(pool, req, group_id="id", namesake=None, already=0, now=NOW)
    after = groups.update(group, UpdateGroupRequest(UserPoolId=ID, GroupName="g"), NOW)
    shown: dict[str, Any] = msgspec.to_builtins(groups.described(after))
    assert shown[member] == given[member]


MFA: dict[str, tuple[Any, str, str]] = {
    "SmsMfaConfiguration": ({"SmsConfiguration": SMS}, RESET, "ev:cdkd"),
    "SoftwareTokenMfaConfiguration": ({"Enabled": True}, RESET, "ev:cdkd"),
    "EmailMfaConfiguration": ({"Message": "{####}", "Subject": "It is"}, RESET, "ev:cdkd"),
    "MfaConfiguration": ("OPTIONAL", RESET, "ev:cdkd: OFF"),
    "WebAuthnConfiguration": ({"RelyingPartyId": "home.example"}, RESET, "not known"),
}


def test_set_user_pool_mfa_config_tables_name_every_member() -> None:
    assert names_of(SetUserPoolMfaConfigRequest, "UserPoolId") == MFA.keys()


@pytest.mark.parametrize("member", MFA)
def test_set_user_pool_mfa_config_without_a_member_resets_it(member: str) -> None:
    """ev:users-3.3."""
    mailing = {"EmailSendingAccount": "DEVELOPER", "SourceArn": ROLE}
    pool = settings.create(
        msgspec.convert({"PoolName": "p", "EmailConfiguration": mailing}, CreateUserPoolRequest),
        ID,
        NOW,
    )
    given = {name: value for name, (value, _, _) in MFA.items()}
    req = msgspec.convert({"UserPoolId": ID, **given}, SetUserPoolMfaConfigRequest)
    before = mfa_config.configured(pool, req, NOW)
    after = mfa_config.configured(before, SetUserPoolMfaConfigRequest(UserPoolId=ID), NOW)
    assert msgspec.to_builtins(mfa_config.shown(before))[member] == given[member]
    assert mfa_config.shown(after)[member] == mfa_config.shown(pool)[member]
