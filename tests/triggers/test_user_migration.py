"""UserMigration: what the function is told, and the user it brings (ev:triggers-6.10)."""

from collections.abc import Callable
from typing import Any

import pytest
from support.sign_in_functions import INVOCATION, Function, event
from support.trigger_world import ARN

from poolhouse.triggers.invoke import Invoker
from poolhouse.triggers.transports.contract import Transport
from poolhouse.triggers.user_migration import (
    MigratedUser,
    UserMigration,
    UserMigrationSource,
)
from poolhouse.wire.enums import DeliveryMediumType, MessageActionType
from poolhouse.wire.errors import (
    InvalidLambdaResponseException,
    UserLambdaValidationException,
    UserNotFoundException,
)

SIGN_IN = UserMigrationSource.AUTHENTICATION
FORGOTTEN = UserMigrationSource.FORGOT_PASSWORD
EMAIL = {"email": "zoe@home.example", "email_verified": "true"}
RESPONSE = {
    "userAttributes": None,
    "finalUserStatus": None,
    "messageAction": None,
    "desiredDeliveryMediums": None,
    "forceAliasCreation": None,
    "enableSMSMFA": None,
}


async def asked(
    invoker: Invoker, source: UserMigrationSource = SIGN_IN, **words: Any
) -> MigratedUser | None:
    nothing = {"password": None, "validation_data": None, "client_metadata": None}
    return await UserMigration(source=source, **{**nothing, **words}).invoke(
        invoker, ARN, INVOCATION
    )


async def test_user_migration_sign_in_event_has_the_documented_members() -> None:
    """As live events have it: nulls, but no `clientMetadata` where there is none."""
    function = Function({"userAttributes": EMAIL})
    await asked(function.invoker, password="Tr0ub4dor&3")
    request = {"password": "Tr0ub4dor&3", "validationData": None, "userAttributes": None}
    assert function.events == [event("UserMigration_Authentication", request, RESPONSE)]


async def test_user_migration_forgot_password_event_omits_the_password() -> None:
    function = Function({"userAttributes": EMAIL})
    await asked(function.invoker, FORGOTTEN, client_metadata={"locale": "de"})
    request = {"validationData": None, "userAttributes": None, "clientMetadata": {"locale": "de"}}
    assert function.events == [event("UserMigration_ForgotPassword", request, RESPONSE)]


async def test_user_migration_event_has_the_validation_data() -> None:
    function = Function({"userAttributes": EMAIL})
    await asked(function.invoker, password="x", validation_data={"captcha": "7x"})
    assert function.events[0]["request"]["validationData"] == {"captcha": "7x"}


@pytest.mark.parametrize("source", UserMigrationSource)
async def test_user_migration_response_needs_only_attributes(
    source: UserMigrationSource,
) -> None:
    response = {**RESPONSE, "userAttributes": {**EMAIL, "name": None}}
    assert await asked(Function(response).invoker, source) == MigratedUser(
        attributes=EMAIL,
        final_status=None,
        message_action=None,
        # Guide: the welcome message goes out by SMS unless the function says otherwise.
        desired_delivery_mediums=(DeliveryMediumType.SMS,),
        force_alias_creation=False,
        enable_sms_mfa=False,
    )


async def test_user_migration_response_may_set_everything() -> None:
    response = {
        "userAttributes": {**EMAIL, "username": "zoe", "custom:tier": "gold"},
        "finalUserStatus": "CONFIRMED",
        "messageAction": "SUPPRESS",
        "desiredDeliveryMediums": ["EMAIL", "SMS"],
        "forceAliasCreation": True,
        "enableSMSMFA": True,
    }
    assert await asked(Function(response).invoker, password="x") == MigratedUser(
        attributes={**EMAIL, "username": "zoe", "custom:tier": "gold"},
        final_status="CONFIRMED",
        message_action=MessageActionType.SUPPRESS,
        desired_delivery_mediums=(DeliveryMediumType.EMAIL, DeliveryMediumType.SMS),
        force_alias_creation=True,
        enable_sms_mfa=True,
    )


@pytest.mark.parametrize(
    ("status", "keeps"),
    [
        ("CONFIRMED", True),
        ("RESET_REQUIRED", False),
        (None, False),
        ("", False),
        ("confirmed", False),
        ("ARCHIVED", False),
    ],
)
async def test_user_migration_keeps_the_password_only_of_confirmed_users(
    status: str | None, keeps: bool
) -> None:
    """Guide: what isn't CONFIRMED is RESET_REQUIRED."""
    response = {"userAttributes": EMAIL, "finalUserStatus": status}
    user = await asked(Function(response).invoker, password="x")
    assert user is not None
    assert user.keeps_password is keeps


@pytest.mark.parametrize(
    "response", [{}, RESPONSE, {"userAttributes": {}}, {"finalUserStatus": "CONFIRMED"}]
)
async def test_user_migration_without_attributes_creates_no_user(response: object) -> None:
    with pytest.raises(UserNotFoundException) as refusal:
        await asked(Function(response).invoker, password="x")
    assert str(refusal.value) == "Exception migrating user in app client 1example23456789"
    assert await asked(Function(response).invoker, FORGOTTEN) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("userAttributes", "zoe@home.example"),
        ("userAttributes", [{"Name": "email", "Value": "zoe@home.example"}]),
        ("userAttributes", {"email_verified": True}),
        ("userAttributes", {"address": {"formatted": "x"}}),
        ("finalUserStatus", True),
        ("messageAction", "WELCOME"),
        ("desiredDeliveryMediums", "EMAIL"),
        ("desiredDeliveryMediums", ["FAX"]),
        ("forceAliasCreation", "true"),
        ("enableSMSMFA", 1),
    ],
)
@pytest.mark.parametrize("source", UserMigrationSource)
async def test_answers_of_the_wrong_shape_are_refused(
    source: UserMigrationSource, name: str, value: object
) -> None:
    response = {"userAttributes": EMAIL, name: value}
    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await asked(Function(response).invoker, source)


@pytest.mark.parametrize("source", UserMigrationSource)
async def test_user_migration_function_error_is_reported(
    handler: Callable[..., Transport], source: UserMigrationSource
) -> None:
    """Applications match on this sentence, at sign-ins and for forgotten passwords."""
    text = """
        def handler(event, context):
            raise ValueError("Bad password" if "password" in event["request"] else "Nobody")
    """
    password = {"password": "x"} if source is SIGN_IN else {}
    with pytest.raises(UserLambdaValidationException) as refusal:
        await asked(Invoker({ARN: handler("app.py", text)}), source, **password)
    said = "Bad password" if source is SIGN_IN else "Nobody"
    assert str(refusal.value) == f"UserMigration failed with error {said}."
