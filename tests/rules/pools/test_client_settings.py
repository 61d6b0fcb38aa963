"""An app client's configuration as it becomes and as it is shown. Facts of ev:users-4.1.

"measured": by ev:cdk-preflight, on the live service.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.errors.pools import ClientNotFound, NotInTier
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.pools import client_settings
from poolhouse.rules.pools import settings as pool_settings
from poolhouse.rules.tokens import lifetimes as token_lifetimes
from poolhouse.wire.enums import ClientTypeType
from poolhouse.wire.structs import (
    CreateUserPoolClientRequest,
    CreateUserPoolRequest,
    UpdateUserPoolClientRequest,
    UserPoolClientType,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LATER = datetime(2026, 4, 5, 6, 7, 8, tzinfo=UTC)
POOL_ID = "us-east-1_abcDEF123"
CLIENT_ID = "1example23456789client4567"
FRESH = "f" * 51


def new_pool(**members: Any) -> Pool:
    request = msgspec.convert({"PoolName": "p", **members}, CreateUserPoolRequest)
    return pool_settings.create(request, POOL_ID, NOW)


POOL = new_pool(
    Schema=[
        {"Name": "plan", "AttributeDataType": "String"},
        {"Name": "origin", "AttributeDataType": "String", "Mutable": False},
        {"Name": "inner", "AttributeDataType": "String", "DeveloperOnlyAttribute": True},
    ]
)


def create(pool: Pool = POOL, **members: Any) -> Client:
    whole = {"UserPoolId": POOL_ID, "ClientName": "c", **members}
    request = msgspec.convert(whole, CreateUserPoolClientRequest)
    return client_settings.create(pool, request, CLIENT_ID, FRESH, NOW)


def update(client: Client, **members: Any) -> Client:
    whole = {"UserPoolId": POOL_ID, "ClientId": CLIENT_ID, **members}
    request = msgspec.convert(whole, UpdateUserPoolClientRequest)
    return client_settings.update(POOL, client, request, LATER)


def shown(client: Client) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.to_builtins(client_settings.described(client))
    return answer


def test_create_client_with_a_name_alone_has_the_measured_defaults() -> None:
    """A dump of 2025, ev:users-4.1."""
    assert shown(create()) == {
        "UserPoolId": POOL_ID,
        "ClientName": "c",
        "ClientId": CLIENT_ID,
        "LastModifiedDate": NOW.timestamp(),
        "CreationDate": NOW.timestamp(),
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
        "AllowedOAuthFlowsUserPoolClient": False,
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 3,
    }


def test_client_settings_round_trip_through_the_store() -> None:
    settings = create(GenerateSecret=True, ReadAttributes=["email"], CallbackURLs=[]).settings
    again = msgspec.json.decode(msgspec.json.encode(settings), type=UserPoolClientType)
    assert again == settings


def test_create_client_returns_what_was_set() -> None:
    members: dict[str, Any] = {
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": False,
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "ReadAttributes": ["email", "custom:plan"],
        "WriteAttributes": ["custom:plan"],
        "SupportedIdentityProviders": ["COGNITO"],
        "AuthSessionValidity": 15,
        "AccessTokenValidity": 2,
        "AnalyticsConfiguration": {
            "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/1"
        },
    }
    answer = shown(create(**members))
    assert {name: answer[name] for name in members} == members


def test_update_client_resets_defaults_but_keeps_name_and_secret() -> None:
    before = create(
        GenerateSecret=True, PreventUserExistenceErrors="ENABLED", RefreshTokenValidity=5
    )
    after = update(before, IdTokenValidity=3)
    assert shown(after) == {
        **shown(create(GenerateSecret=True)),
        "IdTokenValidity": 3,
        "LastModifiedDate": LATER.timestamp(),
    }
    assert shown(update(before, ClientName="renamed"))["ClientName"] == "renamed"


def test_client_settings_lists_have_no_duplicates() -> None:
    """tf-acc: they come back without repetition, an empty one not at all."""
    answer = shown(create(ReadAttributes=["email", "name", "email"], CallbackURLs=[]))
    assert sorted(answer["ReadAttributes"]) == ["email", "name"]
    assert "CallbackURLs" not in answer


@pytest.mark.parametrize(
    ("given", "units"),
    [
        ({}, {}),
        (None, {}),
        (
            {"AccessToken": "minutes"},
            {"AccessToken": "minutes", "IdToken": "hours", "RefreshToken": "days"},
        ),
        (
            {"RefreshToken": "hours"},
            {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "hours"},
        ),
    ],
)
def test_token_validity_units_given_in_part_are_completed(
    given: Any, units: dict[str, str]
) -> None:
    """tf-acc."""
    client = create(TokenValidityUnits=given, AccessTokenValidity=None if not given else 10)
    assert shown(client)["TokenValidityUnits"] == units


def lifetimes(**members: Any) -> tuple[timedelta, timedelta, timedelta]:
    return token_lifetimes.of_client(create(**members).settings)


def test_tokens_live_an_hour_and_sessions_thirty_days_by_default() -> None:
    hour, month = timedelta(hours=1), timedelta(days=30)
    assert lifetimes() == (hour, hour, month)
    assert lifetimes(RefreshTokenValidity=0) == (hour, hour, month)
    assert lifetimes(TokenValidityUnits={"AccessToken": "days"}) == (hour, hour, month)


def test_token_validity_units_scale_the_numbers() -> None:
    assert lifetimes(
        AccessTokenValidity=300,
        IdTokenValidity=1,
        RefreshTokenValidity=1440,
        TokenValidityUnits={
            "AccessToken": "seconds",
            "IdToken": "days",
            "RefreshToken": "minutes",
        },
    ) == (timedelta(minutes=5), timedelta(days=1), timedelta(days=1))


@pytest.mark.parametrize(
    ("member", "unit", "number"),
    [
        ("AccessToken", "seconds", 299),
        ("AccessToken", "minutes", 1_441),
        ("AccessToken", "hours", 25),
        ("IdToken", "minutes", 4),
        ("IdToken", "days", 2),
        ("RefreshToken", "minutes", 59),
        ("RefreshToken", "seconds", 3_599),
        ("RefreshToken", "days", 3_651),
        ("RefreshToken", "days", 315_360_000),
    ],
)
def test_lifetimes_have_a_range(member: str, unit: str, number: int) -> None:
    """cloudfront-authorization-at-edge#144, measured."""
    with pytest.raises(InvalidParameter) as refusal:
        create(**dict[str, Any]({f"{member}Validity": number}), TokenValidityUnits={member: unit})
    assert str(refusal.value) == "Invalid range for token validity."


@pytest.mark.parametrize("member", ["AccessTokenValidity", "IdTokenValidity"])
def test_token_validity_beyond_the_refresh_token_is_refused(member: str) -> None:
    """Measured."""
    with pytest.raises(InvalidParameter) as refusal:
        create(
            **dict[str, Any]({member: 3}),
            RefreshTokenValidity=2,
            TokenValidityUnits={"RefreshToken": "hours"},
        )
    assert str(refusal.value) == (
        "Access and Id Token expiration times must be less than or equal to refresh token"
        " expiration times."
    )


@pytest.mark.parametrize(
    "old", ["ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"]
)
def test_old_and_new_names_of_flows_cannot_be_mixed(old: str) -> None:
    """Measured."""
    create(ExplicitAuthFlows=[old])
    with pytest.raises(InvalidParameter) as refusal:
        create(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", old])
    assert str(refusal.value) == (
        "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names."
    )


def test_rotation_excludes_the_flow_that_keeps_refresh_tokens() -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    assert shown(create(RefreshTokenRotation=rotation))["RefreshTokenRotation"] == rotation
    flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    create(RefreshTokenRotation={"Feature": "DISABLED"}, ExplicitAuthFlows=flows)
    with pytest.raises(InvalidParameter, match="refresh token rotation"):
        create(RefreshTokenRotation=rotation, ExplicitAuthFlows=flows)


def test_choice_based_sign_in_needs_the_essentials_plan() -> None:
    create(ExplicitAuthFlows=["ALLOW_USER_AUTH"])
    with pytest.raises(NotInTier, match="LITE pricing tier configured"):
        create(new_pool(UserPoolTier="LITE"), ExplicitAuthFlows=["ALLOW_USER_AUTH"])


@pytest.mark.parametrize(
    "name", ["custom:unknown", "plan", "sub", "email_verified", "phone_number_verified"]
)
def test_client_write_attributes_unwritable_are_refused(name: str) -> None:
    """aws-sdk-java#1395, measured."""
    with pytest.raises(InvalidParameter) as refusal:
        create(WriteAttributes=["email", name])
    assert str(refusal.value) == "Invalid write attributes specified while creating a client"
    with pytest.raises(InvalidParameter) as refusal:
        update(create(), WriteAttributes=["email", name])
    assert str(refusal.value) == "Invalid write attributes specified while updating a client"


def test_client_write_attributes_developer_only_are_refused() -> None:
    create(ReadAttributes=["dev:custom:inner"])
    with pytest.raises(InvalidParameter, match="write attributes"):
        create(WriteAttributes=["dev:custom:inner"])


def test_client_write_attributes_immutable_are_accepted() -> None:
    create(WriteAttributes=["custom:origin"])


def test_client_read_attributes_outside_the_schema_are_refused() -> None:
    """Measured."""
    with pytest.raises(InvalidParameter) as refusal:
        create(ReadAttributes=["custom:unknown"])
    assert str(refusal.value) == "Invalid read attributes specified while creating a client"
    with pytest.raises(InvalidParameter) as refusal:
        update(create(), ReadAttributes=["custom:unknown"])
    assert str(refusal.value) == "Invalid read attributes specified while updating a client"
    create(ReadAttributes=["sub", "email_verified", "custom:plan"])


def test_client_without_secret_propagating_user_context_is_refused() -> None:
    """Measured."""
    create(GenerateSecret=True, EnablePropagateAdditionalUserContextData=True)
    with pytest.raises(InvalidParameter) as refusal:
        create(EnablePropagateAdditionalUserContextData=True)
    assert str(refusal.value) == (
        "Client Secret is required to set EnablePropagateAdditionalUserContextData as true"
    )


ARN = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/1"


@pytest.mark.parametrize(
    "analytics",
    [{"ApplicationId": "ab"}, {"ApplicationArn": ARN, "RoleArn": ARN}, {"UserDataShared": True}],
)
def test_analytics_are_named_by_arn_or_by_id(analytics: dict[str, Any]) -> None:
    """Measured."""
    create(AnalyticsConfiguration={"ApplicationId": "ab", "RoleArn": ARN, "ExternalId": "x"})
    with pytest.raises(InvalidParameter) as refusal:
        create(AnalyticsConfiguration=analytics)
    assert str(refusal.value) == (
        "Invalid analytics configuration given, either <application arn> or <application id, role"
        " arn, external id> are valid"
    )


def test_client_of_another_pool_is_not_found() -> None:
    """aws-sdk-php#2183."""
    other = msgspec.structs.replace(POOL, id="us-east-1_other0000")
    for client in (create(), None):
        with pytest.raises(ClientNotFound) as refusal:
            client_settings.of_pool(other, client, CLIENT_ID)
        assert str(refusal.value) == f"User pool client {CLIENT_ID} does not exist."
    assert client_settings.of_pool(POOL, create(), CLIENT_ID) == create()


def test_update_user_pool_client_of_a_rotating_client_to_refresh_auth_is_refused() -> None:
    """The rotation is kept, and excludes that flow (terraform-provider-aws#47196)."""
    rotating = create(RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 60})
    with pytest.raises(InvalidParameter):
        update(rotating, ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"])
    stopped = update(
        rotating,
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
        RefreshTokenRotation={"Feature": "DISABLED"},
    )
    assert shown(stopped)["RefreshTokenRotation"]["Feature"] == "DISABLED"


@pytest.mark.parametrize("feature", ["ENABLED", "DISABLED"])
def test_create_user_pool_client_with_rotation_alone_returns_its_grace_period(feature: str) -> None:
    """terraform-provider-aws#45646: "was null, but now cty.NumberIntVal(0)"."""
    expected = {"Feature": feature, "RetryGracePeriodSeconds": 0}
    rotation = {"Feature": feature}
    assert shown(create(RefreshTokenRotation=rotation))["RefreshTokenRotation"] == expected
    assert (
        shown(update(create(), RefreshTokenRotation=rotation))["RefreshTokenRotation"] == expected
    )


def test_describe_user_pool_client_of_a_registered_client_returns_its_type() -> None:
    regular = create()
    settings = msgspec.structs.replace(regular.settings, ClientType=ClientTypeType.DCR)
    registered = msgspec.structs.replace(regular, settings=settings)
    assert "ClientType" not in shown(regular)
    assert shown(registered)["ClientType"] == "DCR"
