"""UpdateUserAttributes and DeleteUserAttributes over the wire (ev:users-5.3, ev:users-11)."""

from typing import Any

import pytest
from support.access_tokens import token_of
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import code_of, messages_to
from support.served_pools import NewPool, PoolForTest

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
VERIFYING = {"AutoVerifiedAttributes": ["email", "phone_number"], "SmsConfiguration": SMS}
OLD, NEW = "alice@home.example", "zoe@barn.example"
NUMBER = "+491701238920"
BY_EMAIL = {"Destination": "z***@b***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
BY_SMS = {
    "Destination": "+********8920",
    "DeliveryMedium": "SMS",
    "AttributeName": "phone_number",
}
UNAUTHORIZED = "A client attempted to write unauthorized attribute"
COLOUR = {"Name": "colour", "AttributeDataType": "String", "Mutable": True}


def listed(attributes: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def update(
    server: RunningServer, pool: PoolForTest, attributes: dict[str, str], **more: Any
) -> Any:
    answer = pool.cognito.update_user_attributes(
        AccessToken=token_of(server, pool, more.pop("username", "alice")),
        UserAttributes=listed(attributes),
        **more,
    )
    return answer["CodeDeliveryDetailsList"]


def delete(server: RunningServer, pool: PoolForTest, *names: str) -> Any:
    answer = pool.cognito.delete_user_attributes(
        AccessToken=token_of(server, pool), UserAttributeNames=list(names)
    )
    del answer["ResponseMetadata"]
    return answer


def with_alice(pool: PoolForTest, username: str = "alice", **attributes: str) -> PoolForTest:
    """alice, made with these attributes by an administrator, and with a password of her own."""
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username=username,
        UserAttributes=listed(attributes),
        MessageAction="SUPPRESS",
    )
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username=username, Password="Correct-Horse-9!", Permanent=True
    )
    return pool


@pytest.fixture
def verifying(new_pool: NewPool) -> PoolForTest:
    """A pool that sends codes to new contacts, and alice, whose email is verified."""
    return with_alice(new_pool(**VERIFYING), email=OLD, email_verified="true", name="Alice")


def test_users_change_their_attributes(server: RunningServer, verifying: PoolForTest) -> None:
    """No code where nothing is to be proved; UNVERIFIED: an empty list or none."""
    assert update(server, verifying, {"name": "Alice B.", "nickname": "Al"}) == []
    user = verifying.user()
    assert (user["attributes"]["name"], user["attributes"]["nickname"]) == ("Alice B.", "Al")
    assert user["UserLastModifiedDate"] > user["UserCreateDate"]


def test_update_email_sets_it_unverified(server: RunningServer, verifying: PoolForTest) -> None:
    """ev:users-11; the code goes to the new one."""
    assert update(server, verifying, {"email": NEW}) == [BY_EMAIL]
    attributes = verifying.user()["attributes"]
    assert (attributes["email"], attributes["email_verified"]) == (NEW, "false")
    (message,) = messages_to(server, verifying)
    assert message.trigger_source == "CustomMessage_UpdateUserAttribute"
    assert message.destination == NEW
    assert message.body == f"Your verification code is {message.code}. "


def test_update_of_two_contacts_sends_two_codes(
    server: RunningServer, verifying: PoolForTest
) -> None:
    assert update(server, verifying, {"phone_number": NUMBER, "email": NEW}) == [BY_EMAIL, BY_SMS]
    by_email, by_sms = sorted(messages_to(server, verifying), key=lambda m: m.channel)
    assert (by_email.destination, by_sms.destination) == (NEW, NUMBER)
    assert by_email.id != by_sms.id


def test_pool_without_auto_verification_sends_no_code(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = with_alice(new_pool(), email=OLD, email_verified="true")
    assert update(server, pool, {"email": NEW}) == []
    assert pool.user()["attributes"]["email_verified"] == "false"
    assert messages_to(server, pool) == []


def test_unchanged_value_changes_nothing(server: RunningServer, verifying: PoolForTest) -> None:
    """amazon-cognito-identity-js#350."""
    assert update(server, verifying, {"email": OLD}) == []
    assert verifying.user()["attributes"]["email_verified"] == "true"
    assert messages_to(server, verifying) == []


def test_empty_value_deletes_attribute(server: RunningServer, verifying: PoolForTest) -> None:
    """The API's model; UNVERIFIED: that the flag goes with its contact."""
    update(server, verifying, {"email": "", "name": ""})
    assert verifying.user()["attributes"].keys() == {"sub"}


def test_deleting_takes_the_flag_along_and_what_isnt_there_is_deleted(
    server: RunningServer, verifying: PoolForTest
) -> None:
    assert delete(server, verifying, "email", "nickname") == {}
    assert verifying.user()["attributes"].keys() == {"sub", "name"}


@pytest.mark.parametrize("name", ["email_verified", "phone_number_verified"])
def test_service_attributes_are_not_writable(
    server: RunningServer, verifying: PoolForTest, name: str
) -> None:
    """amplify-js#5345."""
    with refused("NotAuthorizedException", UNAUTHORIZED):
        update(server, verifying, {"name": "B", name: "true"})
    with refused("NotAuthorizedException", UNAUTHORIZED):
        delete(server, verifying, name)
    assert verifying.user()["attributes"]["name"] == "Alice"


def test_client_writes_only_its_writable_attributes(
    server: RunningServer, new_pool: NewPool
) -> None:
    """aws-sdk-js#3603; an unknown name is refused by the list first (amplify-flutter#1650)."""
    pool = new_pool(client={"WriteAttributes": ["name", "custom:colour"]}, Schema=[COLOUR])
    with_alice(pool, name="Alice")
    update(server, pool, {"name": "B", "custom:colour": "red"})
    for refused_name in ("nickname", "custom:size"):
        with refused("NotAuthorizedException", UNAUTHORIZED):
            update(server, pool, {"name": "C", refused_name: "x"})
    assert pool.user()["attributes"]["name"] == "B"


@pytest.mark.parametrize("client", [{}, {"ReadAttributes": [], "WriteAttributes": []}])
def test_update_user_attributes_by_client_without_list_changes_custom_attributes(
    server: RunningServer, new_pool: NewPool, client: dict[str, Any]
) -> None:
    """ev:users-4.1: aws-cdk#30608, terraform-provider-aws#2874."""
    pool = with_alice(new_pool(client=client, Schema=[COLOUR]))
    update(server, pool, {"custom:colour": "red"})
    assert pool.user()["attributes"]["custom:colour"] == "red"
    delete(server, pool, "custom:colour")
    assert "custom:colour" not in pool.user()["attributes"]


def test_developer_only_attributes_are_the_administrators(
    server: RunningServer, new_pool: NewPool
) -> None:
    """The API's model of DeveloperOnlyAttribute."""
    pool = with_alice(new_pool(Schema=[{**COLOUR, "DeveloperOnlyAttribute": True}]))
    with refused("NotAuthorizedException", UNAUTHORIZED):
        update(server, pool, {"dev:custom:colour": "red"})
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id, Username="alice", UserAttributes=listed({"dev:custom:colour": "red"})
    )
    assert pool.user()["attributes"]["dev:custom:colour"] == "red"


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        (
            {"custom:a": "1", "name": "B", "custom:b": ""},
            "user.custom:a: Attribute does not exist in the schema.\n"
            "user.custom:b: Attribute does not exist in the schema.\n",
        ),
        (
            {"name": "B", "birthdate": "today", "custom:a": "1"},
            "user.birthdate: String must be no shorter than 10 characters\n"
            "user.custom:a: Attribute does not exist in the schema.\n",
        ),
        ({"name": "B", "email": "home"}, "Invalid email address format."),
        ({"name": "B", "phone_number": "0170"}, "Invalid phone number format."),
        (
            {"name": "B", "family_name": ""},
            "user.family_name: Required attribute cannot be deleted.\n",
        ),
        ({"name": "B", "custom:fixed": "2"}, "user.custom:fixed: Attribute cannot be updated.\n"),
        ({"name": "B", "custom:fixed": ""}, "user.custom:fixed: Attribute cannot be updated.\n"),
        (
            {"name": "B", "birthdate": "today"},
            "user.birthdate: String must be no shorter than 10 characters\n",
        ),
        ({"name": "B", "updated_at": "-1"}, None),
        (
            {"name": "B", "custom:short": "123456"},
            "user.custom:short: String must be no longer than 5 characters\n",
        ),
    ],
)
def test_update_user_attributes_with_an_invalid_one_refuses_all(
    server: RunningServer, new_pool: NewPool, attributes: dict[str, str], sentence: str | None
) -> None:
    """amplify-flutter#1531, ev:amplify-ui, amplify-swift#3981; the lengths' words as at a
    sign-up (amplify-flutter#2034, amplify-swift#1088); the required one aws-sdk-ios#4251.
    UNVERIFIED: without a sentence.
    """
    short = {"MaxLength": "5"}
    pool = new_pool(
        client={"WriteAttributes": ["name", "email", "phone_number", "birthdate", "updated_at",
                                    "family_name", "custom:fixed", "custom:short"]}
        if "custom:a" not in attributes
        else {},
        Schema=[
            {"Name": "family_name", "Required": True, "Mutable": True},
            {"Name": "fixed", "AttributeDataType": "String", "Mutable": False},
            {**COLOUR, "Name": "short", "StringAttributeConstraints": short},
        ],
    )  # fmt: skip
    with_alice(pool, name="Alice", family_name="Amber", **{"custom:fixed": "1"})
    with refused("InvalidParameterException", sentence):
        update(server, pool, attributes)
    assert pool.user()["attributes"]["name"] == "Alice"


@pytest.mark.parametrize("name", ["family_name", "custom:fixed", "custom:none"])
def test_required_immutable_and_unknown_attributes_are_not_deleted(
    server: RunningServer, new_pool: NewPool, name: str
) -> None:
    """UNVERIFIED: the sentences."""
    pool = new_pool(
        client={"WriteAttributes": ["family_name", "custom:fixed"]} if "none" not in name else {},
        Schema=[
            {"Name": "family_name", "Required": True, "Mutable": True},
            {"Name": "fixed", "AttributeDataType": "String", "Mutable": False},
        ],
    )
    with_alice(pool, family_name="Amber", **{"custom:fixed": "1"})
    with refused("InvalidParameterException"):
        delete(server, pool, name)
    assert pool.user()["attributes"].keys() == {"sub", "family_name", "custom:fixed"}


def test_username_attribute_cannot_be_deleted(server: RunningServer, new_pool: NewPool) -> None:
    """dg: user-pool-settings-attributes; UNVERIFIED: the sentence."""
    pool = with_alice(new_pool(UsernameAttributes=["email"]), OLD)
    sub = pool.user(OLD)["Username"]
    sentence = "email: Attribute cannot be deleted, since it names the user."
    with refused("InvalidParameterException", sentence):
        update(server, pool, {"email": ""}, username=sub)
    update(server, pool, {"email": NEW}, username=sub)
    assert pool.user(NEW)["Username"] == sub
    with refused("UserNotFoundException"):
        pool.user(OLD)


def test_second_username_attribute_can_be_added_and_deleted(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:users-6.1: where both are allowed, a user may add the other."""
    pool = with_alice(new_pool(UsernameAttributes=["email", "phone_number"]), OLD)
    sub = pool.user(OLD)["Username"]
    update(server, pool, {"phone_number": NUMBER}, username=sub)
    assert pool.user(NUMBER)["Username"] == sub
    update(server, pool, {"phone_number": ""}, username=sub)
    with refused("UserNotFoundException"):
        pool.user(NUMBER)


def test_update_user_attributes_to_another_users_name_is_refused(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:moto: AliasExistsException, where SignUp answers UsernameExistsException."""
    pool = with_alice(with_alice(new_pool(UsernameAttributes=["email"]), OLD), NEW)
    sub = pool.user(OLD)["Username"]
    with refused("AliasExistsException", "An account with the given email already exists."):
        update(server, pool, {"email": NEW}, username=sub)
    assert pool.user(OLD)["Username"] == sub


def test_unverified_contact_is_no_alias_any_more(server: RunningServer, new_pool: NewPool) -> None:
    """ev:users-6.1: an alias names a user only while it is verified."""
    pool = with_alice(new_pool(AliasAttributes=["email"]), email=OLD, email_verified="true")
    assert pool.user(OLD)["Username"] == "alice"
    update(server, pool, {"email": NEW})
    for name in (OLD, NEW):
        with refused("UserNotFoundException"):
            pool.user(name)


def test_preferred_username_is_unique(server: RunningServer, new_pool: NewPool) -> None:
    """ev:users-6.1: no verification; UNVERIFIED: the sentence for one that is held."""
    pool = with_alice(with_alice(new_pool(AliasAttributes=["preferred_username"])), "bob")
    update(server, pool, {"preferred_username": "Al"})
    assert pool.user("Al")["Username"] == "alice"
    with refused("AliasExistsException", "An account with the preferred_username already exists."):
        update(server, pool, {"preferred_username": "Al"}, username="bob")
    update(server, pool, {"preferred_username": "Ally"})
    update(server, pool, {"preferred_username": "Al"}, username="bob")
    assert pool.user("Al")["Username"] == "bob"


def test_custom_message_function_writes_the_message(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-6.6: it sees the new contact, which isn't verified."""
    pool = with_alice(
        new_pool(LambdaConfig={"CustomMessage": arn("words")}, **VERIFYING), email=OLD
    )
    functions.answers["CustomMessage_UpdateUserAttribute"] = lambda event: {
        **event,
        "response": {"emailMessage": "New: {####}", "emailSubject": "Hello"},
    }
    update(server, pool, {"email": NEW}, ClientMetadata={"from": "the web"})
    (event,) = functions.events
    assert event["request"]["clientMetadata"] == {"from": "the web"}
    assert event["request"]["userAttributes"]["email"] == NEW
    assert event["callerContext"]["clientId"] == pool.client_id
    (message,) = messages_to(server, pool)
    assert (message.subject, message.body) == ("Hello", f"New: {message.code}")


def test_failing_function_sends_nothing_and_change_stays(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-8."""

    def fail(_: Any) -> Any:
        raise FunctionError("boom")

    functions.answers["CustomMessage_UpdateUserAttribute"] = fail
    pool = with_alice(new_pool(LambdaConfig={"CustomMessage": arn("words")}, **VERIFYING))
    with refused("UserLambdaValidationException", "CustomMessage failed with error boom."):
        update(server, pool, {"email": NEW, "phone_number": NUMBER})
    assert pool.user()["attributes"]["email"] == NEW
    assert messages_to(server, pool) == []


def test_update_user_attributes_again_replaces_the_code(
    server: RunningServer, verifying: PoolForTest
) -> None:
    """ev:users-17.1: the code for the address before is void."""
    update(server, verifying, {"email": NEW})
    first = code_of(server, verifying)
    update(server, verifying, {"email": "eve@ship.example"})
    if first != code_of(server, verifying):
        with refused("CodeMismatchException"):
            verifying.cognito.verify_user_attribute(
                AccessToken=token_of(server, verifying), AttributeName="email", Code=first
            )
