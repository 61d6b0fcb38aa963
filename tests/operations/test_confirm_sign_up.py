"""ConfirmSignUp over the wire: what a code proves, and what it doesn't (ev:users-8.2)."""

from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import another, code_of
from support.served_pools import NewPool, PoolForTest

CONFIRMED = "PostConfirmation_ConfirmSignUp"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
EMAIL = {"email": "alice@home.example"}
WRONG = "Invalid verification code provided, please try again."
NONE = "Invalid code provided, please request a code again."
USER_NOT_FOUND = "Username/client id combination not found."
VERIFYING = {"AutoVerifiedAttributes": ["email"]}
HIDING = {"client": {"PreventUserExistenceErrors": "ENABLED"}}


def confirm(pool: PoolForTest, code: str, username: str = "alice", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = pool.cognito.confirm_sign_up(
        ClientId=pool.client_id, Username=username, ConfirmationCode=code, **more
    )
    del answer["ResponseMetadata"]
    return answer


@pytest.fixture
def verifying(new_pool: NewPool) -> PoolForTest:
    """A pool that mails codes, and alice, who has one."""
    pool = new_pool(**VERIFYING)
    pool.sign_up(attributes=EMAIL)
    return pool


def test_code_confirms_user_and_verifies_email(
    server: RunningServer, verifying: PoolForTest
) -> None:
    """No tokens, and no Session without USER_AUTH."""
    assert confirm(verifying, code_of(server, verifying)) == {}
    user = verifying.user()
    assert user["UserStatus"] == "CONFIRMED"
    assert user["attributes"]["email_verified"] == "true"
    assert user["UserLastModifiedDate"] > user["UserCreateDate"]


def test_code_verifies_only_its_contact(server: RunningServer, new_pool: NewPool) -> None:
    """amplify-js#1959: with both, the code goes by SMS, and the email stays unverified."""
    pool = new_pool(AutoVerifiedAttributes=["email", "phone_number"], SmsConfiguration=SMS)
    pool.sign_up(attributes={**EMAIL, "phone_number": "+491701234567"})
    confirm(pool, code_of(server, pool))
    attributes = pool.user()["attributes"]
    assert attributes["phone_number_verified"] == "true"
    assert attributes["email_verified"] == "false"


@pytest.mark.parametrize("name", ["alice@home.example", "sub"])
def test_email_pool_accepts_email_and_sub(
    server: RunningServer, new_pool: NewPool, name: str
) -> None:
    pool = new_pool(UsernameAttributes=["email"], **VERIFYING)
    sub = pool.sign_up("alice@home.example")["UserSub"]
    confirm(pool, code_of(server, pool, sub), sub if name == "sub" else name)
    assert pool.user(sub)["UserStatus"] == "CONFIRMED"


def test_wrong_code_confirms_no_user(server: RunningServer, verifying: PoolForTest) -> None:
    """floci#2018; the right one is still good afterwards."""
    code = code_of(server, verifying)
    with refused("CodeMismatchException", WRONG):
        confirm(verifying, another(code))
    assert verifying.user()["UserStatus"] == "UNCONFIRMED"
    confirm(verifying, code)


def test_user_without_code_must_request_one(pool: PoolForTest) -> None:
    """aws-sdk-ios-samples#144."""
    pool.sign_up(attributes=EMAIL)
    with refused("ExpiredCodeException", NONE):
        confirm(pool, "123456")


def test_code_of_another_user_is_refused(server: RunningServer, new_pool: NewPool) -> None:
    pool = new_pool(**VERIFYING)
    pool.sign_up("alice", attributes=EMAIL)
    pool.sign_up("bob", attributes={"email": "bob@home.example"})
    code = code_of(server, pool, "alice")
    if code != code_of(server, pool, "bob"):
        with refused("CodeMismatchException", WRONG):
            confirm(pool, code, "bob")


def test_used_code_is_refused_by_status_first(
    server: RunningServer, verifying: PoolForTest
) -> None:
    """amazon-cognito-identity-dart-2#80."""
    code = code_of(server, verifying)
    confirm(verifying, code)
    sentence = "User cannot be confirmed. Current status is CONFIRMED"
    for again in (code, another(code)):
        with refused("NotAuthorizedException", sentence):
            confirm(verifying, again)


def test_user_created_by_admin_cannot_confirm_sign_up(cognito: Any, new_pool: NewPool) -> None:
    """amplify-js#6711."""
    pool = new_pool(**VERIFYING)
    cognito.admin_create_user(UserPoolId=pool.id, Username="alice", MessageAction="SUPPRESS")
    sentence = "User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD"
    with refused("NotAuthorizedException", sentence):
        confirm(pool, "123456")


def test_user_confirmed_by_admin_cannot_use_the_code(
    server: RunningServer, verifying: PoolForTest
) -> None:
    """ev:users-8.3: it doesn't verify the email either."""
    code = code_of(server, verifying)
    verifying.admin_confirm()
    with refused("NotAuthorizedException"):
        confirm(verifying, code)
    assert verifying.user()["attributes"]["email_verified"] == "false"


def test_disabled_user_is_reported(
    cognito: Any, server: RunningServer, verifying: PoolForTest
) -> None:
    """UNVERIFIED; by the order of ev:users-1.5."""
    cognito.admin_disable_user(UserPoolId=verifying.id, Username="alice")
    with refused("NotAuthorizedException", "User is disabled."):
        confirm(verifying, code_of(server, verifying))
    cognito.admin_enable_user(UserPoolId=verifying.id, Username="alice")
    confirm(verifying, code_of(server, verifying))


def test_confirm_sign_up_beyond_fifteen_attempts_an_hour_is_refused(
    server: RunningServer, verifying: PoolForTest
) -> None:
    """ev:users-17.1; then the right code is refused too."""
    code = code_of(server, verifying)
    for _ in range(15):
        with refused("CodeMismatchException", WRONG):
            confirm(verifying, another(code))
    for late in (another(code), code):
        with refused(
            "LimitExceededException", "Attempt limit exceeded, please try after some time."
        ):
            confirm(verifying, late)
    verifying.admin_confirm()


def test_unknown_user_is_reported_without_prevent_user_existence_errors(pool: PoolForTest) -> None:
    """ev:floci-capture; LEGACY is the API's default."""
    with refused("UserNotFoundException", USER_NOT_FOUND):
        confirm(pool, "123456")


@pytest.mark.parametrize("settings", [{}, {"UsernameConfiguration": {"CaseSensitive": False}}])
def test_unknown_user_gets_response_of_a_wrong_code(
    new_pool: NewPool, settings: dict[str, Any]
) -> None:
    """aws-blocks' fixture; the attempts run out alike, whatever the case of the name."""
    pool = new_pool(**HIDING, **VERIFYING, **settings)
    for _ in range(15):
        with refused("CodeMismatchException", WRONG):
            confirm(pool, "123456", "nobody")
    same = "NOBODY" if settings else "nobody"
    with refused("LimitExceededException"):
        confirm(pool, "123456", same)
    with refused("CodeMismatchException"):
        confirm(pool, "123456", "somebody")


def test_disabled_user_gets_response_of_an_unknown_one(
    cognito: Any, server: RunningServer, new_pool: NewPool
) -> None:
    """ev:users-14 says so of other codes."""
    pool = new_pool(**HIDING, **VERIFYING)
    pool.sign_up(attributes=EMAIL)
    cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    with refused("CodeMismatchException", WRONG):
        confirm(pool, code_of(server, pool))
    assert pool.user()["UserStatus"] == "UNCONFIRMED"


def test_real_user_confirms_with_prevent_user_existence_errors(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(**HIDING, **VERIFYING)
    pool.sign_up(attributes=EMAIL)
    confirm(pool, code_of(server, pool))


def test_confirm_sign_up_post_confirmation_event_has_user_and_metadata(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    pool = new_pool(LambdaConfig={"PostConfirmation": arn("confirmed")}, **VERIFYING)
    sub = pool.sign_up(attributes=EMAIL)["UserSub"]
    confirm(pool, code_of(server, pool), ClientMetadata={"from": "the web"})
    assert functions.events == [
        {
            "version": "1",
            "triggerSource": CONFIRMED,
            "region": "eu-central-1",
            "userPoolId": pool.id,
            "userName": "alice",
            "callerContext": {
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": pool.client_id,
            },
            "request": {
                "userAttributes": {
                    "sub": sub,
                    "cognito:user_status": "CONFIRMED",
                    "email": "alice@home.example",
                    "email_verified": "true",
                },
                "clientMetadata": {"from": "the web"},
            },
            "response": {},
        }
    ]


def test_failing_post_confirmation_keeps_user_confirmed(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """amplify-cli#2735, #7179: a retry then gets the status error."""

    def fail(_: Any) -> Any:
        raise FunctionError("boom")

    functions.answers[CONFIRMED] = fail
    pool = new_pool(LambdaConfig={"PostConfirmation": arn("confirmed")}, **VERIFYING)
    pool.sign_up(attributes=EMAIL)
    code = code_of(server, pool)
    with refused("UserLambdaValidationException", "PostConfirmation failed with error boom."):
        confirm(pool, code)
    user = pool.user()
    assert (user["UserStatus"], user["attributes"]["email_verified"]) == ("CONFIRMED", "true")
    with refused("NotAuthorizedException"):
        confirm(pool, code)
    assert len(functions.events) == 1


def test_code_against_the_model_is_quoted_in_the_error(pool: PoolForTest) -> None:
    """ConfirmationCode isn't sensitive (ev:users-1.4)."""
    sentence = (
        "1 validation error detected: Value '12 34' at 'confirmationCode' failed to satisfy"
        r" constraint: Member must satisfy regular expression pattern: [\S]+"
    )
    with refused("InvalidParameterException", sentence):
        confirm(pool, "12 34")
