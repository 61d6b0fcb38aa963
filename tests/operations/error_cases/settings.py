"""Refusals of settings that can't be: pools, schemas, app clients, and values against a schema."""

from typing import Any

from support.error_cases import (
    EMAIL,
    Situation,
    Step,
    admin,
    changes,
    is_created,
    refuses,
    signs_up,
)
from support.functions_server import arn

from operations.error_cases.sign_up import NOT_IN_SCHEMA
from poolhouse.errors import pools, protocol, users

ROLE = "arn:aws:iam::123456789012:role/r"
SMS = {"SnsCallerArn": ROLE}
UNKNOWN = "unverified"
PREFLIGHT = "ev:cdk-preflight"
SHORT, LONG = "amplify-flutter#2034", "amplify-swift#1088"
OAUTH = {"AllowedOAuthFlowsUserPoolClient": True}


def attribute(name: str = "x", kind: str = "String", **more: Any) -> dict[str, Any]:
    return {"Name": name, "AttributeDataType": kind, **more}


def text(**bounds: str) -> dict[str, Any]:
    return attribute(StringAttributeConstraints=bounds)


def number(**bounds: str) -> dict[str, Any]:
    return attribute(kind="Number", NumberAttributeConstraints=bounds)


VALUES = [
    attribute("number", "Number", NumberAttributeConstraints={"MinValue": "1", "MaxValue": "9.5"}),
    attribute("flag", "Boolean"),
    attribute("text", StringAttributeConstraints={"MinLength": "2", "MaxLength": "4"}),
    attribute("date", "DateTime"),
]


def pool(sentence: str, source: str, **members: Any) -> Situation:
    """CreateUserPool with these members is refused."""
    step = Step("create_user_pool", {"PoolName": "p", **members})
    return refuses(protocol.InvalidParameter, sentence, source, step)


def app(sentence: str, source: str, **members: Any) -> Situation:
    """CreateUserPoolClient with these members is refused."""
    step = admin("create_user_pool_client", ClientName="c", **members)
    return refuses(protocol.InvalidParameter, sentence, source, step)


def oauth(sentence: str, source: str, **members: Any) -> Situation:
    step = admin("create_user_pool_client", ClientName="c", **OAUTH, **members)
    return refuses(pools.InvalidOAuthFlow, sentence, source, step)


def beyond(tier: str, feature: str, **members: Any) -> Situation:
    return refuses(
        pools.NotInTier,
        f"The following features need to be disabled for the {tier} pricing tier configured:"
        f" {feature}",
        "terraform-provider-aws#40734, amplify-backend#2805",
        Step("create_user_pool", {"PoolName": "p", "UserPoolTier": tier, **members}),
    )


def recovers_by(*mechanisms: tuple[str, int]) -> dict[str, Any]:
    listed = [{"Name": name, "Priority": priority} for name, priority in mechanisms]
    return {"AccountRecoverySetting": {"RecoveryMechanisms": listed}}


def signs_in_with(*factors: str) -> dict[str, Any]:
    return {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}}


SITUATIONS = [
    # Pools
    pool(
        "Only one of the aliasAttributes or usernameAttributes can be set in a User pool.",
        PREFLIGHT,
        AliasAttributes=["email"],
        UsernameAttributes=["email"],
    ),
    pool(
        "preferred_username cannot be both an alias and required.",
        "dg:user-pool-settings-attributes; the text unverified",
        AliasAttributes=["preferred_username"],
        Schema=[attribute("preferred_username", Required=True)],
    ),
    pool(
        "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function"
        " ARN's",
        PREFLIGHT,
        LambdaConfig={
            "PreTokenGeneration": arn("a"),
            "PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": arn("b")},
        },
    ),
    pool(
        "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.",
        PREFLIGHT,
        LambdaConfig={"CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": arn("sender")}},
    ),
    pool(
        "SMS configuration is required when phone_number is selected for auto verification",
        "amplify-backend#1523",
        AutoVerifiedAttributes=["phone_number"],
    ),
    pool(
        "All attributes in AttributesRequireVerificationBeforeUpdate must exist in"
        " AutoVerifiedAttributes",
        "aws-cli#7151",
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    ),
    pool(
        "Source ARN is required to use DEVELOPER email sending owner",
        PREFLIGHT,
        EmailConfiguration={"EmailSendingAccount": "DEVELOPER"},
    ),
    pool(
        "Provided From email address is invalid",
        PREFLIGHT,
        EmailConfiguration={"From": "nobody"},
    ),
    pool(
        "Provide either SnsCallerArn or EumsSms in SmsConfiguration.",
        "the API model; the text unverified",
        SmsConfiguration={**SMS, "EumsSms": {"CallerArn": ROLE}},
    ),
    pool(
        "Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        PREFLIGHT,
        **recovers_by(("verified_email", 1), ("verified_phone_number", 1)),
    ),
    pool(
        "Account Recovery Setting cannot use admin_only setting with any other recovery"
        " mechanisms.",
        PREFLIGHT,
        **recovers_by(("verified_email", 1), ("admin_only", 2)),
    ),
    pool(
        "Password should be configured as one of the allowed first auth factors.",
        PREFLIGHT,
        **signs_in_with("EMAIL_OTP"),
    ),
    pool(
        "SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS"
        " configuration",
        "ev:cdkd",
        **signs_in_with("PASSWORD", "SMS_OTP"),
    ),
    pool(
        "SMS configuration and Auto verification for phone_number are required when MFA is"
        " required/optional",
        "aws-cdk#12075",
        MfaConfiguration="OPTIONAL",
    ),
    pool(
        "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is"
        " enabled",
        "ev:cdkd",
        MfaConfiguration="ON",
        SmsConfiguration=SMS,
        AutoVerifiedAttributes=["phone_number"],
        **signs_in_with("PASSWORD", "EMAIL_OTP"),
    ),
    refuses(
        protocol.InvalidParameter,
        "Cannot turn MFA functionality ON, once the user pool has been created.",
        "ev:cdkd",
        admin("update_user_pool", MfaConfiguration="ON"),
    ),
    pool(
        "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of"
        " UnusedAccountValidityDays",
        "aws-sdk-js#3817",
        Policies={"PasswordPolicy": {"MinimumLength": 8, "TemporaryPasswordValidityDays": 3}},
        AdminCreateUserConfig={"UnusedAccountValidityDays": 4},
    ),
    beyond("LITE", "Threat Protection", UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"}),
    beyond(
        "LITE",
        "Password History",
        Policies={"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 1}},
    ),
    # Schemas
    pool(
        "Required custom attributes are not supported currently.",
        "ev:moto",
        Schema=[attribute(Required=True)],
    ),
    pool(
        "Duplicate custom attribute names custom:x are not allowed in a user pool schema.",
        PREFLIGHT,
        Schema=[attribute(), attribute(kind="Number")],
    ),
    pool("Attribute name is required.", UNKNOWN, Schema=[{"AttributeDataType": "String"}]),
    pool(
        "Invalid AttributeDataType input, consider using the provided AttributeDataType enum.",
        "ev:moto",
        Schema=[{"Name": "x"}],
    ),
    pool(
        "You can not change AttributeDataType or set developerOnlyAttribute for standard schema"
        " attribute email",
        "terraform-provider-aws#23181",
        Schema=[attribute("email", "Number")],
    ),
    pool(
        "Invalid StringAttributeConstraints for schema attribute custom:x",
        "ev:moto",
        Schema=[text(MinLength="two")],
    ),
    pool(
        "user.custom:x: String attributes cannot have a length of more than 2048",
        "ev:moto",
        Schema=[text(MaxLength="2049")],
    ),
    pool(
        "Attribute custom:x cannot have a max length shorter than it's min length",
        PREFLIGHT,
        Schema=[text(MinLength="5", MaxLength="4")],
    ),
    pool(
        "Attribute custom:x cannot have a max value smaller than it's min value",
        PREFLIGHT,
        Schema=[number(MinValue="5", MaxValue="4.9")],
    ),
    *(
        pool(
            "Invalid NumberAttributeConstraints for schema attribute custom:x",
            "by analogy with the lengths, unverified",
            Schema=[number(MinValue=value)],
        )
        for value in ("one", "", "1_0", "Infinity", "NaN", " 1", "\u0661", "1e")
    ),
    refuses(
        protocol.InvalidParameter,
        "A user pool can have at most 50 custom attributes.",
        "dg:quotas; the text unverified",
        admin("add_custom_attributes", CustomAttributes=[attribute("last")]),
        *(
            admin(
                "add_custom_attributes",
                CustomAttributes=[attribute(f"{part}-{n}") for n in range(25)],
            )
            for part in "ab"
        ),
    ),
    # Values
    *(
        refuses(
            error,
            f"{prefix}{name}: {fault}\n",
            source,
            call,
            is_created(attributes=EMAIL),
            Schema=VALUES,
        )
        for name, value, fault, source in [
            ("custom:number", "one", "Value must be a number.", UNKNOWN),
            ("custom:number", "0.99", "Value must be at least 1.", UNKNOWN),
            ("custom:number", "9.51", "Value must be at most 9.5.", UNKNOWN),
            ("custom:number", "\u0661", "Value must be a number.", UNKNOWN),
            ("custom:flag", "yes", "Value must be true or false.", UNKNOWN),
            ("custom:text", "a", "String must be no shorter than 2 characters", SHORT),
            ("custom:text", "abcde", "String must be no longer than 4 characters", LONG),
            ("updated_at", "-1", "Value must be at least 0.", UNKNOWN),
            ("birthdate", "2000-1-1", "String must be no shorter than 10 characters", SHORT),
            ("birthdate", "1 January 2000", "String must be no longer than 10 characters", LONG),
            ("email_verified", "maybe", "Value must be true or false.", UNKNOWN),
        ]
        for error, prefix, call in (
            (users.OutsideSchema, NOT_IN_SCHEMA, is_created("bob", {**EMAIL, name: value})),
            (
                users.ChangeOutsideSchema,
                "user.",
                changes({name: value}, "admin_update_user_attributes"),
            ),
        )
    ),
    refuses(
        users.OutsideSchema,
        f"{NOT_IN_SCHEMA}preferred_username: Attribute cannot be set at sign-up.\n",
        "dg:user-pool-settings-attributes; the text unverified",
        signs_up("alice", {"preferred_username": "al"}),
        AliasAttributes=["preferred_username"],
    ),
    # App clients
    app(
        "GenerateSecret and ClientSecret cannot be used together.",
        UNKNOWN,
        GenerateSecret=True,
        ClientSecret="a0" * 16,
    ),
    refuses(
        protocol.InvalidParameter,
        "Client secrets can be added to confidential clients only.",
        UNKNOWN,
        admin("add_user_pool_client_secret", ClientId=lambda world: world.pool.client_id),
    ),
    app(
        "Client Secret is required to set EnablePropagateAdditionalUserContextData as true",
        PREFLIGHT,
        EnablePropagateAdditionalUserContextData=True,
    ),
    app(
        "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.",
        PREFLIGHT,
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH", "USER_PASSWORD_AUTH"],
    ),
    app(
        "ALLOW_REFRESH_TOKEN_AUTH cannot be used with refresh token rotation.",
        UNKNOWN,
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED"},
    ),
    app(
        "Invalid analytics configuration given, either <application arn> or <application id, role"
        " arn, external id> are valid",
        PREFLIGHT,
        AnalyticsConfiguration={"ApplicationId": "a"},
    ),
    *(
        app(sentence, "terraform-provider-aws and others", CallbackURLs=[url])
        for url, sentence in {
            "https://home.example/#a": "https://home.example/#a cannot use fragment",
            "home": "home is not an absolute URI",
            "http://home.example": "http://home.example cannot use the HTTP protocol.",
        }.items()
    ),
    app(
        "The default redirect URI https://b.example is not in the callback URIs list.",
        "terraform-provider-aws and others",
        CallbackURLs=["https://a.example"],
        DefaultRedirectURI="https://b.example",
    ),
    app(
        "The provider Nobody does not exist for User Pool {pool}.",
        "terraform-provider-aws and others",
        SupportedIdentityProviders=["Nobody"],
    ),
    app(
        "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to"
        " use OAuth flows.",
        "terraform-provider-aws and others",
        **OAUTH,
    ),
    oauth(
        "client_credentials flow can not be selected along with code flow or implicit flow.",
        "terraform-provider-aws and others",
        AllowedOAuthFlows=["client_credentials", "code"],
        AllowedOAuthScopes=["openid"],
    ),
    oauth(
        "openid is not supported with client_credentials flow",
        "terraform-provider-aws#4984",
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["openid"],
    ),
    oauth(
        "CallbackUrls can not be empty when code flow or implicit flow is selected",
        "terraform-provider-aws and others",
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
    ),
]
