"""SignUp and its triggers: their events and responses (ev:triggers-6.1, ev:users-8.1)."""

from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool

SOURCE = "PreSignUp_SignUp"
CONFIRMED = "PostConfirmation_ConfirmSignUp"
TRIGGERS = {
    "LambdaConfig": {"PreSignUp": arn("pre-sign-up"), "PostConfirmation": arn("confirmed")},
    "AutoVerifiedAttributes": ["email", "phone_number"],
    "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
}
EMAIL = {"email": "alice@home.example"}


def answering(**flags: bool) -> Any:
    return lambda event: {**event, "response": {**event["response"], **flags}}


def test_sign_up_pre_sign_up_event_has_the_request(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """No sub and no status: there is no user yet. Every value is a string."""
    pool = new_pool(**TRIGGERS)
    pool.sign_up(
        attributes={**EMAIL, "name": "Alice"},
        ValidationData=[{"Name": "captcha", "Value": "7x"}, {"Name": "empty"}],
        ClientMetadata={"from": "the web"},
    )
    assert functions.of(SOURCE) == [
        {
            "version": "1",
            "triggerSource": SOURCE,
            "region": "eu-central-1",
            "userPoolId": pool.id,
            "userName": "alice",
            "callerContext": {
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": pool.client_id,
            },
            "request": {
                "userAttributes": {"email": "alice@home.example", "name": "Alice"},
                "validationData": {"captcha": "7x", "empty": ""},
                "clientMetadata": {"from": "the web"},
            },
            "response": {
                "autoConfirmUser": False,
                "autoVerifyEmail": False,
                "autoVerifyPhone": False,
            },
        }
    ]
    assert functions.of(CONFIRMED) == []


def test_sign_up_without_metadata_has_null_validation_data_and_no_client_metadata(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-3."""
    new_pool(**TRIGGERS).sign_up()
    request = functions.of(SOURCE)[0]["request"]
    assert request == {"userAttributes": {}, "validationData": None}


def test_event_in_email_pool_has_sub_as_user_name(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:users-6.1."""
    functions.answers[SOURCE] = answering(autoConfirmUser=True)
    pool = new_pool(UsernameAttributes=["email"], **TRIGGERS)
    sub = pool.sign_up("alice@home.example")["UserSub"]
    before, after = functions.of(SOURCE)[0], functions.of(CONFIRMED)[0]
    assert before["userName"] == after["userName"] == sub
    assert before["request"]["userAttributes"] == EMAIL
    assert after["request"]["userAttributes"] == {
        "sub": sub,
        "cognito:email_alias": "alice@home.example",
        "cognito:user_status": "CONFIRMED",
        "email": "alice@home.example",
        "email_verified": "false",
    }


def test_pre_sign_up_refusal_creates_nothing(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """amazon-cognito-passwordless-email-auth#17: the dot is Cognito's."""

    def refuse(_: Any) -> Any:
        raise FunctionError("not from there")

    functions.answers[SOURCE] = refuse
    pool = new_pool(**TRIGGERS)
    sentence = "PreSignUp failed with error not from there."
    with refused("UserLambdaValidationException", sentence):
        pool.sign_up(attributes=EMAIL)
    with refused("UserNotFoundException", "User does not exist."):
        pool.user()
    assert messages_to(server, pool) == []
    functions.answers.clear()
    pool.sign_up(attributes=EMAIL)


def test_pre_sign_up_is_asked_before_the_name_is_found_taken(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """aws-sdk-android#1730."""
    pool = new_pool(**TRIGGERS)
    pool.sign_up()
    with refused("UsernameExistsException", "User already exists"):
        pool.sign_up()
    assert len(functions.of(SOURCE)) == 2


@pytest.mark.parametrize(
    "request_",
    [{"password": "weak"}, {"attributes": {"nonsense": "x"}}, {"username": "with space"}],
)
def test_pre_sign_up_is_not_asked_about_a_bad_request(
    functions: FunctionsServer, new_pool: NewPool, request_: dict[str, Any]
) -> None:
    """ev:triggers-6.1."""
    with pytest.raises(Exception, match="InvalidP"):
        new_pool(**TRIGGERS).sign_up(**request_)
    assert functions.events == []


def test_auto_confirmation_confirms_and_sends_no_code(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    functions.answers[SOURCE] = answering(autoConfirmUser=True)
    pool = new_pool(**TRIGGERS)
    answer = pool.sign_up(attributes=EMAIL, ClientMetadata={"from": "the web"})
    assert answer["UserConfirmed"] is True
    assert "CodeDeliveryDetails" not in answer
    assert messages_to(server, pool) == []
    user = pool.user()
    assert user["UserStatus"] == "CONFIRMED"
    assert user["attributes"]["email_verified"] == "false"
    (event,) = functions.of(CONFIRMED)
    assert event["callerContext"]["clientId"] == pool.client_id
    assert event["request"] == {
        "userAttributes": {
            "sub": answer["UserSub"],
            "cognito:user_status": "CONFIRMED",
            "email": "alice@home.example",
            "email_verified": "false",
        },
        "clientMetadata": {"from": "the web"},
    }
    assert event["response"] == {}


def test_failing_post_confirmation_keeps_auto_confirmed_user(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    def fail(_: Any) -> Any:
        raise FunctionError("boom")

    functions.answers[SOURCE] = answering(autoConfirmUser=True)
    functions.answers[CONFIRMED] = fail
    pool = new_pool(**TRIGGERS)
    with refused("UserLambdaValidationException", "PostConfirmation failed with error boom."):
        pool.sign_up()
    assert pool.user()["UserStatus"] == "CONFIRMED"


def test_verification_without_confirmation_sends_the_code_elsewhere_or_nowhere(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    functions.answers[SOURCE] = answering(autoVerifyPhone=True)
    pool = new_pool(**TRIGGERS)
    answer = pool.sign_up(attributes={**EMAIL, "phone_number": "+491701234567"})
    assert answer["CodeDeliveryDetails"]["AttributeName"] == "email"
    attributes = pool.user()["attributes"]
    assert attributes["phone_number_verified"] == "true"
    assert attributes["email_verified"] == "false"
    answer = pool.sign_up("bob", attributes={"phone_number": "+491701234567"})
    assert "CodeDeliveryDetails" not in answer
    assert answer["UserConfirmed"] is False


def test_auto_verify_of_missing_contact_is_refused(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-6.1; UNVERIFIED: the sentence."""
    functions.answers[SOURCE] = answering(autoVerifyEmail=True)
    pool = new_pool(**TRIGGERS)
    with refused("InvalidLambdaResponseException"):
        pool.sign_up()
    with refused("UserNotFoundException"):
        pool.user()


def test_auto_verification_moves_the_alias(functions: FunctionsServer, new_pool: NewPool) -> None:
    """dg:user-pool-lambda-pre-sign-up; the earlier holder keeps the email, unverified."""
    functions.answers[SOURCE] = answering(autoConfirmUser=True, autoVerifyEmail=True)
    pool = new_pool(AliasAttributes=["email"], **TRIGGERS)
    pool.sign_up("alice", attributes=EMAIL)
    assert pool.user("alice@home.example")["Username"] == "alice"
    pool.sign_up("bob", attributes=EMAIL)
    assert pool.user("alice@home.example")["Username"] == "bob"
    loser = pool.user("alice")
    assert loser["attributes"]["email"] == "alice@home.example"
    assert loser["attributes"]["email_verified"] == "false"
    assert loser["UserStatus"] == "CONFIRMED"
    assert loser["UserLastModifiedDate"] > loser["UserCreateDate"]
    event = functions.of(CONFIRMED)[1]
    assert event["request"]["userAttributes"]["cognito:email_alias"] == "alice@home.example"


@pytest.mark.parametrize(
    "answer",
    [None, [], "text", {"response": None}, {}, {"response": {"autoConfirmUser": "true"}}],
)
def test_invalid_pre_sign_up_response_refuses_sign_up(
    functions: FunctionsServer, new_pool: NewPool, answer: Any
) -> None:
    """amazon-cognito-identity-js#633."""
    functions.answers[SOURCE] = lambda _: answer
    pool = new_pool(**TRIGGERS)
    with refused("InvalidLambdaResponseException", "Unrecognizable lambda output"):
        pool.sign_up()
    with refused("UserNotFoundException"):
        pool.user()
