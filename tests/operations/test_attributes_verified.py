"""GetUserAttributeVerificationCode and VerifyUserAttribute, and contacts that wait for their proof
(ev:users-11)."""

from typing import Any

import pytest
from support.access_tokens import token_of
from support.functions_server import FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.served_pools import NewPool, PoolForTest

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
OLD, NEW = "alice@home.example", "zoe@barn.example"
NUMBER = "+491701238920"
BY_EMAIL = {"Destination": "z***@b***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
BY_SMS = {
    "Destination": "+********8920",
    "DeliveryMedium": "SMS",
    "AttributeName": "phone_number",
}
WAITING = {
    "AutoVerifiedAttributes": ["email"],
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
}
WRONG = "Invalid verification code provided, please try again."
NONE = "Invalid code provided, please request a code again."
LIMIT = "Attempt limit exceeded, please try after some time."
HELD = "An account with the email already exists."


def with_alice(pool: PoolForTest, username: str = "alice", **attributes: str) -> PoolForTest:
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username=username,
        UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
        MessageAction="SUPPRESS",
    )
    return pool


def update(
    server: RunningServer, pool: PoolForTest, username: str = "alice", **attributes: str
) -> Any:
    return pool.cognito.update_user_attributes(
        AccessToken=token_of(server, pool, username),
        UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
    )["CodeDeliveryDetailsList"]


def admin_update(pool: PoolForTest, username: str = "alice", **attributes: str) -> None:
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username=username,
        UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
    )


def ask(server: RunningServer, pool: PoolForTest, name: str = "email", **more: Any) -> Any:
    return pool.cognito.get_user_attribute_verification_code(
        AccessToken=token_of(server, pool), AttributeName=name, **more
    )["CodeDeliveryDetails"]


def verify(
    server: RunningServer,
    pool: PoolForTest,
    code: str,
    name: str = "email",
    username: str = "alice",
) -> Any:
    answer = pool.cognito.verify_user_attribute(
        AccessToken=token_of(server, pool, username), AttributeName=name, Code=code
    )
    del answer["ResponseMetadata"]
    return answer


@pytest.fixture
def unverified(new_pool: NewPool) -> PoolForTest:
    """alice, with an email and a phone number that aren't verified."""
    pool = new_pool(SmsConfiguration=SMS)
    return with_alice(pool, email=NEW, phone_number=NUMBER)


@pytest.fixture
def waiting(server: RunningServer, new_pool: NewPool) -> PoolForTest:
    """A pool where a new email waits for its proof; alice has changed her verified one."""
    pool = with_alice(new_pool(**WAITING), email=OLD, email_verified="true")
    assert update(server, pool, email=NEW) == [BY_EMAIL]
    return pool


@pytest.mark.parametrize(("name", "details"), [("email", BY_EMAIL), ("phone_number", BY_SMS)])
def test_requested_code_verifies_contact(
    server: RunningServer, unverified: PoolForTest, name: str, details: dict[str, str]
) -> None:
    """Also in a pool that verifies nothing by itself; only the contact that got the code."""
    assert ask(server, unverified, name) == details
    (message,) = messages_to(server, unverified)
    assert message.trigger_source == "CustomMessage_VerifyUserAttribute"
    assert verify(server, unverified, message.code, name) == {}
    attributes = unverified.user()["attributes"]
    flags = {flag for flag in attributes if flag.endswith("_verified")}
    assert flags == {f"{name}_verified"}
    assert attributes[f"{name}_verified"] == "true"


def test_verified_contact_can_be_verified_again(
    server: RunningServer, unverified: PoolForTest
) -> None:
    """floci#1898; a code is spent by its use (floci#2018)."""
    for _ in range(2):
        ask(server, unverified)
        code = code_of(server, unverified)
        verify(server, unverified, code)
        with refused("ExpiredCodeException", NONE):
            verify(server, unverified, code)


@pytest.mark.parametrize("name", ["name", "custom:colour", "sub", "email_verified", "nonsense"])
def test_attribute_that_is_no_contact_cannot_be_verified(
    server: RunningServer, unverified: PoolForTest, name: str
) -> None:
    """floci#1898."""
    sentence = "Invalid attribute name. Only phone_number and email can be verified."
    with refused("InvalidParameterException", sentence):
        ask(server, unverified, name)
    with refused("InvalidParameterException", sentence):
        verify(server, unverified, "123456", name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("email", "User does not have a valid registered email address"),
        ("phone_number", "User does not have a valid registered phone number"),
    ],
)
def test_missing_contact_gets_no_code(
    server: RunningServer, pool: PoolForTest, name: str, sentence: str
) -> None:
    """floci#1898."""
    with_alice(pool)
    with refused("InvalidParameterException", sentence):
        ask(server, pool, name)
    with refused("ExpiredCodeException", NONE):
        verify(server, pool, "123456", name)


def test_code_verifies_only_its_contact(server: RunningServer, unverified: PoolForTest) -> None:
    """ev:users-17.1: both may be outstanding."""
    ask(server, unverified, "email")
    by_email = code_of(server, unverified)
    with refused("ExpiredCodeException", NONE):
        verify(server, unverified, by_email, "phone_number")
    ask(server, unverified, "phone_number")
    by_sms = code_of(server, unverified)
    if by_email != by_sms:
        with refused("CodeMismatchException", WRONG):
            verify(server, unverified, by_email, "phone_number")
    verify(server, unverified, by_email, "email")
    verify(server, unverified, by_sms, "phone_number")


def test_verify_attribute_beyond_five_codes_an_hour_is_refused(
    server: RunningServer, unverified: PoolForTest
) -> None:
    """ev:users-17.1."""
    for _ in range(5):
        ask(server, unverified)
    with refused("LimitExceededException", LIMIT):
        ask(server, unverified, "phone_number")
    code = code_of(server, unverified)
    for _ in range(15):
        with refused("CodeMismatchException", WRONG):
            verify(server, unverified, another(code))
    with refused("LimitExceededException", LIMIT):
        verify(server, unverified, code)


def test_old_value_stays_until_new_one_is_verified(
    server: RunningServer, waiting: PoolForTest
) -> None:
    """The API's model of AttributesRequireVerificationBeforeUpdate."""
    (message,) = messages_to(server, waiting)
    assert message.destination == NEW
    before = waiting.user()["attributes"]
    assert (before["email"], before["email_verified"]) == (OLD, "true")
    verify(server, waiting, message.code)
    after = waiting.user()["attributes"]
    assert (after["email"], after["email_verified"]) == (NEW, "true")


def test_first_email_waits_for_verification(server: RunningServer, new_pool: NewPool) -> None:
    """UNVERIFIED; the setting doesn't speak of it."""
    pool = with_alice(new_pool(**WAITING))
    assert update(server, pool, email=NEW, name="Alice") == [BY_EMAIL]
    assert pool.user()["attributes"].keys() == {"sub", "name"}
    verify(server, pool, code_of(server, pool))
    assert pool.user()["attributes"]["email"] == NEW


def test_wrong_code_leaves_value_pending(server: RunningServer, waiting: PoolForTest) -> None:
    code = code_of(server, waiting)
    with refused("CodeMismatchException", WRONG):
        verify(server, waiting, another(code))
    assert waiting.user()["attributes"]["email"] == OLD
    verify(server, waiting, code)


def test_requested_code_goes_to_pending_value(server: RunningServer, waiting: PoolForTest) -> None:
    """UNVERIFIED: nothing else could send it again."""
    assert ask(server, waiting) == BY_EMAIL
    again = messages_to(server, waiting)[-1]
    assert again.destination == NEW
    verify(server, waiting, again.code)
    assert waiting.user()["attributes"]["email"] == NEW


def test_last_change_replaces_pending_value(server: RunningServer, waiting: PoolForTest) -> None:
    first = code_of(server, waiting)
    update(server, waiting, email="eve@ship.example")
    if first != code_of(server, waiting):
        with refused("CodeMismatchException", WRONG):
            verify(server, waiting, first)
    verify(server, waiting, code_of(server, waiting))
    assert waiting.user()["attributes"]["email"] == "eve@ship.example"


def test_admin_change_is_pending_unless_marked_verified(
    server: RunningServer, waiting: PoolForTest
) -> None:
    """The API's model; what waited before is void then."""
    admin_update(waiting, email="eve@ship.example")
    assert waiting.user()["attributes"]["email"] == OLD
    code = code_of(server, waiting)
    admin_update(waiting, email="ann@hill.example", email_verified="true")
    attributes = waiting.user()["attributes"]
    assert (attributes["email"], attributes["email_verified"]) == ("ann@hill.example", "true")
    with refused("ExpiredCodeException", NONE):
        verify(server, waiting, code)


def test_code_does_not_restore_deleted_email(server: RunningServer, waiting: PoolForTest) -> None:
    update(server, waiting, email="")
    with refused("ExpiredCodeException", NONE):
        verify(server, waiting, code_of(server, waiting))


def test_verify_user_attribute_creates_and_moves_aliases(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:users-6.3."""
    pool = new_pool(AliasAttributes=["email"], **WAITING)
    with_alice(pool, email=OLD, email_verified="true")
    update(server, pool, email=NEW)
    assert pool.user(OLD)["Username"] == "alice"
    verify(server, pool, code_of(server, pool))
    assert pool.user(NEW)["Username"] == "alice"
    with refused("UserNotFoundException"):
        pool.user(OLD)


@pytest.mark.parametrize("settings", [WAITING, {"AutoVerifiedAttributes": ["email"]}])
def test_taken_alias_is_refused_and_code_stays_valid(
    server: RunningServer, new_pool: NewPool, settings: dict[str, Any]
) -> None:
    """ev:users-6.3: VerifyUserAttribute takes no alias away."""
    pool = new_pool(AliasAttributes=["email"], **settings)
    with_alice(pool, "bob", email=NEW, email_verified="true")
    with_alice(pool)
    update(server, pool, email=NEW)
    code = code_of(server, pool)
    for _ in range(2):
        with refused("AliasExistsException", HELD):
            verify(server, pool, code)
    assert pool.user(NEW)["Username"] == "bob"
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="bob")
    verify(server, pool, code)
    assert pool.user(NEW)["Username"] == "alice"


def test_taken_name_cannot_be_pending(server: RunningServer, new_pool: NewPool) -> None:
    """ev:users-6.1: in UsernameAttributes pools names are unique at every change."""
    pool = new_pool(UsernameAttributes=["email"], **WAITING)
    for email in (OLD, NEW):
        with_alice(pool, email)
    sub = pool.user(OLD)["Username"]
    with refused("AliasExistsException", "An account with the given email already exists."):
        update(server, pool, sub, email=NEW)
    assert messages_to(server, pool, sub) == []


def test_name_taken_while_pending_is_refused(server: RunningServer, new_pool: NewPool) -> None:
    pool = with_alice(new_pool(UsernameAttributes=["email"], **WAITING), OLD)
    sub = pool.user(OLD)["Username"]
    update(server, pool, sub, email=NEW)
    with_alice(pool, NEW)
    with refused("AliasExistsException", "An account with the given email already exists."):
        verify(server, pool, code_of(server, pool, sub), username=sub)
    assert pool.user(OLD)["Username"] == sub


def test_custom_message_function_writes_the_code_message(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-5, ev:triggers-6.6."""
    pool = with_alice(new_pool(LambdaConfig={"CustomMessage": arn("words")}), email=NEW)
    functions.answers["CustomMessage_VerifyUserAttribute"] = lambda event: {
        **event,
        "response": {"emailMessage": "Prove it: {####}"},
    }
    ask(server, pool, ClientMetadata={"from": "the web"})
    assert functions.events[-1]["request"]["clientMetadata"] == {"from": "the web"}
    (message,) = messages_to(server, pool)
    assert message.body == f"Prove it: {message.code}"
