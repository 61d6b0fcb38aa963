"""The sentence about constraints, in the words of the live service."""

from typing import Any

import msgspec
import pytest

from poolhouse.errors.protocol import SerializationException
from poolhouse.rules.aws.violations import MOST_ITEMS, violations
from poolhouse.wire import structs as s

POOL = {"UserPoolId": "eu-west-1_AbCdEfGhI"}
USER = {**POOL, "Username": "alice"}
ARN = "arn:aws:cognito-idp:eu-west-1:1:userpool/a_b"
CLIENT = {**POOL, "ClientName": "app"}
VISIBLE = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"

# What one item says; the sources are beside those that were seen on the live service.
CASES: list[tuple[str, type[msgspec.Struct], dict[str, Any], str]] = [
    (
        "a required member [boto3#2951]",
        s.GetUserAttributeVerificationCodeRequest,
        {"AccessToken": "token"},
        "Value null at 'attributeName' failed to satisfy constraint: Member must not be null",
    ),
    (
        "a null is an absent member",
        s.GetUserAttributeVerificationCodeRequest,
        {"AccessToken": "token", "AttributeName": None},
        "Value null at 'attributeName' failed to satisfy constraint: Member must not be null",
    ),
    (
        "a required sensitive member",
        s.AdminGetUserRequest,
        POOL,
        "Value at 'username' failed to satisfy constraint: Member must not be null",
    ),
    (
        "a pattern, with the value [anomalyco/guide#127]",
        s.AdminConfirmSignUpRequest,
        {"UserPoolId": "POOL", "Username": "alice"},
        "Value 'POOL' at 'userPoolId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+",
    ),
    (
        "a pattern of a sensitive member [compcon#1951]",
        s.AdminGetUserRequest,
        {**POOL, "Username": "alice smith"},
        "Value at 'username' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {VISIBLE}",
    ),
    (
        "the live pattern of passwords [amazon-cognito-identity-js#388]",
        s.AdminSetUserPasswordRequest,
        {**USER, "Password": "secret "},
        "Value at 'password' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$",
    ),
    (
        "a length, too long",
        s.AdminGetUserRequest,
        {**POOL, "Username": "a" * 129},
        "Value at 'username' failed to satisfy constraint: "
        "Member must have length less than or equal to 128",
    ),
    (
        "a length counts characters, not bytes or UTF-16 units",
        s.CreateGroupRequest,
        {**POOL, "GroupName": "😀" * 129},
        f"Value '{'😀' * 129}' at 'groupName' failed to satisfy constraint: "
        "Member must have length less than or equal to 128",
    ),
    (
        "a number, too small, inside structures",
        s.CreateUserPoolRequest,
        {"PoolName": "p", "Policies": {"PasswordPolicy": {"MinimumLength": 5}}},
        "Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: "
        "Member must have value greater than or equal to 6",
    ),
    (
        "a number, too large",
        s.ListUsersRequest,
        {**POOL, "Limit": 61},
        "Value '61' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 60",
    ),
    (
        "a number that no Java integer holds is still a number",
        s.ListUsersRequest,
        {**POOL, "Limit": 2**70},
        f"Value '{2**70}' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 60",
    ),
    (
        "an enumeration [CloudFormationCognitoCustomResources#1]",
        s.CreateUserPoolRequest,
        {"PoolName": "p", "MfaConfiguration": "false"},
        "Value 'false' at 'mfaConfiguration' failed to satisfy constraint: "
        "Member must satisfy enum value set: [OPTIONAL, OFF, ON]",
    ),
    (
        "a list of structures, counted from 1 [aws-cdk#14699]",
        s.CreateUserPoolRequest,
        {"PoolName": "p", "Schema": [{"Name": "x"}, {"Name": "phone_number_verified"}]},
        "Value 'phone_number_verified' at 'schema.2.member.name' failed to satisfy constraint: "
        "Member must have length less than or equal to 20",
    ),
    (
        "a null in a list of structures",
        s.AdminUpdateUserAttributesRequest,
        {**USER, "UserAttributes": [None]},
        "Value null at 'userAttributes.1.member' failed to satisfy constraint: "
        "Member must not be null",
    ),
    (
        "a null in a list of names, as Java prints it",
        s.ListUsersRequest,
        {"UserPoolId": "a_1", "AttributesToGet": ["email", None]},
        "Value '[email, null]' at 'attributesToGet' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must not be null]",
    ),
    (
        "a list that is too long",
        s.CreateUserPoolClientRequest,
        {**CLIENT, "AllowedOAuthFlows": ["code"] * 4},
        "Value '[code, code, code, code]' at 'allowedOAuthFlows' failed to satisfy constraint: "
        "Member must have length less than or equal to 3",
    ),
    (
        "a list of structures that is too short, not shown",
        s.AddCustomAttributesRequest,
        {**POOL, "CustomAttributes": []},
        "Value at 'customAttributes' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    (
        "an enumeration in a structure of a list [moto]",
        s.CreateUserPoolRequest,
        {"PoolName": "p", "Schema": [{"Name": "x", "AttributeDataType": "Banana"}]},
        "Value 'Banana' at 'schema.1.member.attributeDataType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Boolean, Number, String, DateTime]",
    ),
    (
        "an enumeration in a list, newer values last [media-insights-on-aws#199]",
        s.CreateUserPoolClientRequest,
        {**POOL, "ClientName": "c", "ExplicitAuthFlows": ["ADMIN_USER_PASSWORD_AUTH"]},
        "Value '[ADMIN_USER_PASSWORD_AUTH]' at 'explicitAuthFlows' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must satisfy enum value set: "
        "[ALLOW_CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, ALLOW_REFRESH_TOKEN_AUTH, "
        "ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH, CUSTOM_AUTH_FLOW_ONLY, "
        "USER_PASSWORD_AUTH, ALLOW_ADMIN_USER_PASSWORD_AUTH, ALLOW_USER_AUTH, "
        "ALLOW_TOKEN_EXCHANGE_DELEGATION, ALLOW_TOKEN_EXCHANGE_IMPERSONATION]]",
    ),
    (
        "an enumeration in a list [media-insights-on-aws#199]",
        s.AdminCreateUserRequest,
        {**USER, "DesiredDeliveryMediums": ["EMAIL", "PIGEON"]},
        "Value '[EMAIL, PIGEON]' at 'desiredDeliveryMediums' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must satisfy enum value set: [SMS, EMAIL]]",
    ),
    (
        "all constraints of a list's elements: max, min, pattern [aws-cli#2941]",
        s.CreateUserPoolClientRequest,
        {**CLIENT, "CallbackURLs": ["https://a", "https://a b"]},
        "Value '[https://a, https://a b]' at 'callbackURLs' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 1024, "
        "Member must have length greater than or equal to 1, "
        f"Member must satisfy regular expression pattern: {VISIBLE}]",
    ),
    (
        "a map's values, never shown [terraform-provider-aws#41023]",
        s.TagResourceRequest,
        {"ResourceArn": ARN, "Tags": {"key": "v" * 257}},
        "Value at 'tags' failed to satisfy constraint: Map value must satisfy constraint: "
        "[Member must have length less than or equal to 256, "
        "Member must have length greater than or equal to 0]",
    ),
    (
        "a map's keys",
        s.TagResourceRequest,
        {"ResourceArn": ARN, "Tags": {"": "value"}},
        "Value at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: "
        "[Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 1]",
    ),
    (
        "a null in a map",
        s.AdminConfirmSignUpRequest,
        {**USER, "ClientMetadata": {"key": None}},
        "Value at 'clientMetadata' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must not be null]",
    ),
    (
        "a blob's length is that of its bytes",
        s.SetUICustomizationRequest,
        {**POOL, "ImageFile": "AAAA" * 43691},
        f"Value '{'AAAA' * 43691}' at 'imageFile' failed to satisfy constraint: "
        "Member must have length less than or equal to 131072",
    ),
]


@pytest.mark.parametrize(("kind", "request_type", "raw", "item"), CASES, ids=[c[0] for c in CASES])
def test_violation_has_the_sentence_of_aws(
    kind: str, request_type: type[msgspec.Struct], raw: dict[str, Any], item: str
) -> None:
    assert violations(request_type, raw) == f"1 validation error detected: {item}"


def test_violations_of_a_request_are_in_one_sentence() -> None:
    """The item order within a member is that of amplify-flutter#3125."""
    name = "custom:center with a control \x07 and far too long"
    request = {**USER, "UserAttributes": [{"Name": name}], "MessageAction": "SING"}
    assert violations(s.AdminCreateUserRequest, request) == (
        "3 validation errors detected: "
        f"Value '{name}' at 'userAttributes.1.member.name' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+; "
        f"Value '{name}' at 'userAttributes.1.member.name' failed to satisfy constraint: "
        "Member must have length less than or equal to 32; "
        "Value 'SING' at 'messageAction' failed to satisfy constraint: "
        "Member must satisfy enum value set: [RESEND, SUPPRESS]"
    )


def test_violation_of_length_precedes_the_pattern() -> None:
    """As in amazon-cognito-identity-js#388."""
    assert violations(s.AdminGetUserRequest, {**POOL, "Username": ""}) == (
        "2 validation errors detected: "
        "Value at 'username' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value at 'username' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {VISIBLE}"
    )


@pytest.mark.parametrize(
    ("request_type", "raw"),
    [
        (s.AdminGetUserRequest, {**POOL, "Username": "hunter2 \n"}),
        (s.AdminSetUserPasswordRequest, {**USER, "Password": "hunter2 "}),
        (s.AdminCreateUserRequest, {**USER, "TemporaryPassword": "hunter2 "}),
        (s.SignUpRequest, {"ClientId": "hunter2!", "Username": "hunter2 ", "Password": "hunter2 "}),
        (s.SignUpRequest, {"ClientId": "a", "Username": "b", "SecretHash": "hunter2!"}),
        (s.GetUserRequest, {"AccessToken": "hunter2!"}),
        (s.RevokeTokenRequest, {"Token": "hunter2!", "ClientId": "a", "ClientSecret": "hunter2!"}),
        (s.ConfirmSignUpRequest, {"ClientId": "a", "Username": "b", "Session": "hunter2"}),
        (
            s.AdminUpdateUserAttributesRequest,
            {**USER, "UserAttributes": [{"Name": "n", "Value": "hunter2" * 999}]},
        ),
        (s.AdminConfirmSignUpRequest, {**USER, "ClientMetadata": {"hunter2": None}}),
        (s.AdminConfirmSignUpRequest, {**USER, "ClientMetadata": {"k": "hunter2" * 99999}}),
        (
            s.InitiateAuthRequest,
            {"AuthFlow": "USER_SRP_AUTH", "ClientId": "!", "AuthParameters": {"hunter2": None}},
        ),
        (s.VerifySoftwareTokenRequest, {"UserCode": "hunter2"}),
    ],
)
def test_violation_of_a_sensitive_member_hides_its_value(
    request_type: type[msgspec.Struct], raw: dict[str, Any]
) -> None:
    sentence = violations(request_type, raw)
    assert sentence
    assert "hunter2" not in sentence


def test_violation_of_a_wrong_type_hides_the_value() -> None:
    with pytest.raises(SerializationException) as refused:
        violations(s.AdminGetUserRequest, {**POOL, "Username": 31337})
    assert "31337" not in refused.value.text


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        # pmill/aws-cognito#10
        (
            "UserPoolId",
            5,
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber "
            "can not be converted to an String",
        ),
        ("UserPoolId", True, "class java.lang.Boolean can not be converted to an String"),
        # amplify-js#5165
        ("UserPoolId", {}, "Start of structure or map found where not expected."),
        ("UserPoolId", [], "Start of list found where not expected."),
        (
            "ReadAttributes",
            [0.5],
            "class com.amazon.coral.value.json.numbers.TruncatingBigNumber "
            "can not be converted to an String",
        ),
        (
            "RefreshTokenValidity",
            1.5,
            "class com.amazon.coral.value.json.numbers"
            ".TruncatingBigNumber can not be converted to an Integer",
        ),
        ("RefreshTokenValidity", "30", "class java.lang.String can not be converted to an Integer"),
        (
            "RefreshTokenValidity",
            True,
            "class java.lang.Boolean can not be converted to an Integer",
        ),
        ("GenerateSecret", "true", "class java.lang.String can not be converted to an Boolean"),
        ("ReadAttributes", "email", "Expected list or null"),
        ("ReadAttributes", {}, "Start of structure or map found where not expected."),
        ("ReadAttributes", [[]], "Start of list found where not expected."),
        ("TokenValidityUnits", 1, "Expected structure or map or null"),
        ("TokenValidityUnits", [], "Start of list found where not expected."),
    ],
)
def test_violation_of_a_wrong_json_type_is_serialization_exception(
    member: str, value: object, text: str
) -> None:
    with pytest.raises(SerializationException) as refused:
        violations(s.CreateUserPoolClientRequest, {**CLIENT, member: value})
    assert refused.value.text == text


def test_violation_of_a_wrong_json_type_is_reported_first() -> None:
    with pytest.raises(SerializationException):
        violations(s.CreateUserPoolClientRequest, {"UserPoolId": "!", "CallbackURLs": ["", 3]})


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**80])
def test_violation_number_beyond_java_range_is_refused(number: int) -> None:
    domain = {**POOL, "Domain": "login"}
    assert violations(s.CreateUserPoolDomainRequest, {**domain, "ManagedLoginVersion": 2}) is None
    with pytest.raises(SerializationException):
        violations(s.CreateUserPoolDomainRequest, {**domain, "ManagedLoginVersion": number})


def test_violations_of_a_valid_request_are_none() -> None:
    request = {**USER, "ClientMetadata": {"key": "value"}, "NotInTheModel": [1, None]}
    assert violations(s.AdminConfirmSignUpRequest, request) is None


def test_violations_sentence_is_bounded_however_many_there_are() -> None:
    """DIFFERS from AWS: an answer must not be many times as long as its request."""
    request = {**USER, "UserAttributes": [{}] * 50_000}
    sentence = violations(s.AdminUpdateUserAttributesRequest, request)
    assert sentence
    assert sentence.startswith(f"{MOST_ITEMS} validation errors detected: ")
    assert len(sentence) < 20_000
