"""Scripts that read a pool or a client, change one thing and send the rest back, with boto3.

The API documents this way "to avoid setting parameters to Amazon Cognito defaults". Boto3 checks
what it sends against the request's model, so that a member that only responses have never leaves.
"""

from typing import Any

import boto3
import pytest

READ_ONLY_OF_POOL = {
    "Arn",
    "CreationDate",
    "CustomDomain",
    "Domain",
    "EmailConfigurationFailure",
    "EstimatedNumberOfUsers",
    "Id",
    "LastModifiedDate",
    "SchemaAttributes",
    "SmsConfigurationFailure",
    "Status",
    # Fixed when the pool is made.
    "AliasAttributes",
    "UsernameAttributes",
    "UsernameConfiguration",
}
READ_ONLY_OF_CLIENT = {"ClientSecret", "ClientSecretArn", "CreationDate", "LastModifiedDate"}
"""What such scripts on AWS drop; they know nothing of dynamic registration's ClientType."""
ROLE = "arn:aws:iam::123456789012:role/sms"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:one"


def read_pool(cognito: Any, pool_id: str) -> dict[str, Any]:
    pool: dict[str, Any] = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    return pool


def but(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in names}


@pytest.fixture
def full_pool(cognito: Any) -> str:
    pool = cognito.create_user_pool(
        PoolName="everything",
        Policies={
            "PasswordPolicy": {"MinimumLength": 10, "PasswordHistorySize": 3},
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]},
        },
        DeletionProtection="INACTIVE",
        LambdaConfig={"PreTokenGeneration": FUNCTION, "PreSignUp": FUNCTION},
        AutoVerifiedAttributes=["email", "phone_number"],
        UsernameAttributes=["email"],
        VerificationMessageTemplate={"EmailMessage": "{####}", "EmailSubject": "Hello"},
        SmsAuthenticationMessage="{####} it is",
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
        MfaConfiguration="OPTIONAL",
        DeviceConfiguration={},
        EmailConfiguration={"ReplyToEmailAddress": "a@example.com"},
        SmsConfiguration={"SnsCallerArn": ROLE, "ExternalId": "x"},
        UserPoolTags={"team": "blue"},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
        UserPoolTier="PLUS",
    )["UserPool"]
    return str(pool["Id"])


def test_update_user_pool_with_what_was_read_changes_one_thing_only(
    cognito: Any, full_pool: str
) -> None:
    """AWS refuses both names of one validity together (aws-sdk-js#3817), so scripts drop one."""
    before = read_pool(cognito, full_pool)
    request = {
        "UserPoolId": before["Id"],
        **but(before, *READ_ONLY_OF_POOL, "Name"),
        "PoolName": before["Name"],
        "AdminCreateUserConfig": but(before["AdminCreateUserConfig"], "UnusedAccountValidityDays"),
        "DeletionProtection": "ACTIVE",
    }
    cognito.update_user_pool(**request)
    after = read_pool(cognito, full_pool)
    assert but(after, "LastModifiedDate", "DeletionProtection") == but(
        before, "LastModifiedDate", "DeletionProtection"
    )
    assert after["DeletionProtection"] == "ACTIVE"


def test_set_user_pool_mfa_config_with_what_was_read_changes_nothing(
    cognito: Any, full_pool: str
) -> None:
    for members in (
        {"MfaConfiguration": "OFF"},
        {"MfaConfiguration": "OFF", "WebAuthnConfiguration": {"RelyingPartyId": "home.example"}},
        {
            "MfaConfiguration": "OPTIONAL",
            "SoftwareTokenMfaConfiguration": {"Enabled": False},
            "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": ROLE}},
        },
    ):
        cognito.set_user_pool_mfa_config(UserPoolId=full_pool, **members)
        before = but(cognito.get_user_pool_mfa_config(UserPoolId=full_pool), "ResponseMetadata")
        pool = but(read_pool(cognito, full_pool), "LastModifiedDate")
        cognito.set_user_pool_mfa_config(UserPoolId=full_pool, **before)
        after = but(cognito.get_user_pool_mfa_config(UserPoolId=full_pool), "ResponseMetadata")
        assert after == before
        assert but(read_pool(cognito, full_pool), "LastModifiedDate") == pool


@pytest.mark.parametrize(
    "members",
    [
        {},
        {
            "GenerateSecret": True,
            "RefreshTokenValidity": 20,
            "TokenValidityUnits": {"AccessToken": "minutes"},
            "AccessTokenValidity": 30,
            "ReadAttributes": ["email"],
            "WriteAttributes": ["email"],
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
            "SupportedIdentityProviders": ["COGNITO"],
            "CallbackURLs": ["https://app.example/"],
            "LogoutURLs": ["https://app.example/out"],
            "DefaultRedirectURI": "https://app.example/",
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "PreventUserExistenceErrors": "ENABLED",
            "EnableTokenRevocation": True,
            "EnablePropagateAdditionalUserContextData": True,
            "AuthSessionValidity": 5,
            "RefreshTokenRotation": {"Feature": "ENABLED"},
        },
    ],
)
def test_update_user_pool_client_with_what_was_read_changes_one_thing_only(
    cognito: Any, full_pool: str, members: dict[str, Any]
) -> None:
    """SDKs refuse members that they don't know (cloudfront-authorization-at-edge#172)."""
    made = cognito.create_user_pool_client(UserPoolId=full_pool, ClientName="c", **members)
    named = {"UserPoolId": full_pool, "ClientId": made["UserPoolClient"]["ClientId"]}
    before = cognito.describe_user_pool_client(**named)["UserPoolClient"]
    cognito.update_user_pool_client(**{**but(before, *READ_ONLY_OF_CLIENT), "ClientName": "new"})
    after = cognito.describe_user_pool_client(**named)["UserPoolClient"]
    assert but(after, "ClientName", "LastModifiedDate") == but(
        before, "ClientName", "LastModifiedDate"
    )
    assert after["ClientName"] == "new"


def test_update_requests_of_boto3_have_no_other_members_than_scripts_send_back() -> None:
    """What these lists drop is what boto3's model has in responses alone."""
    model = boto3.client("cognito-idp", region_name="us-east-1").meta.service_model
    shape = model.shape_for
    pool = set(shape("UserPoolType").members) - set(shape("UpdateUserPoolRequest").members)
    client = set(shape("UserPoolClientType").members) - set(
        shape("UpdateUserPoolClientRequest").members
    )
    assert pool - {"Name"} == READ_ONLY_OF_POOL
    assert client - {"ClientType"} == READ_ONLY_OF_CLIENT
