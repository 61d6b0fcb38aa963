"""ResendConfirmationCode over the wire (ev:users-8.4)."""

from typing import Any

import pytest
from support.functions_server import FunctionsServer, arn
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import code_of, messages_to
from support.served_pools import NewPool, PoolForTest

EMAIL = {"email": "zoe@barn.example"}
TO_ZOE = {"Destination": "z***@b***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
VERIFYING = {"AutoVerifiedAttributes": ["email"]}
HIDING = {"client": {"PreventUserExistenceErrors": "ENABLED"}}
NOT_ON = "Cannot resend codes. Auto verification not turned on."
USER_NOT_FOUND = "Username/client id combination not found."


def resend(pool: PoolForTest, username: str = "alice") -> Any:
    answer = pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username=username)
    return answer.get("CodeDeliveryDetails")


def confirm(pool: PoolForTest, code: str) -> None:
    pool.cognito.confirm_sign_up(ClientId=pool.client_id, Username="alice", ConfirmationCode=code)


@pytest.fixture
def verifying(new_pool: NewPool) -> PoolForTest:
    pool = new_pool(**VERIFYING)
    pool.sign_up(attributes=EMAIL)
    return pool


def test_new_code_replaces_the_old_one(server: RunningServer, verifying: PoolForTest) -> None:
    """ev:users-8.2."""
    first = code_of(server, verifying)
    assert resend(verifying) == TO_ZOE
    messages = messages_to(server, verifying)
    assert [m.trigger_source for m in messages] == [
        "CustomMessage_SignUp",
        "CustomMessage_ResendCode",
    ]
    second = messages[-1].code
    if first != second:
        with refused("CodeMismatchException"):
            confirm(verifying, first)
    confirm(verifying, second)


def test_resend_confirmation_code_beyond_five_an_hour_is_refused(
    server: RunningServer, verifying: PoolForTest
) -> None:
    """ev:users-17.1; a ev:floci-capture shows no cooldown. Attempts to confirm count apart."""
    for _ in range(5):
        assert resend(verifying) == TO_ZOE
    with refused("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        resend(verifying)
    confirm(verifying, code_of(server, verifying))


def test_confirmed_user_is_refused(verifying: PoolForTest) -> None:
    """amplify-js#1614."""
    verifying.admin_confirm()
    with refused("InvalidParameterException", "User is already confirmed."):
        resend(verifying)


def test_user_created_by_admin_is_refused(cognito: Any, new_pool: NewPool) -> None:
    """UNVERIFIED: the sentence."""
    pool = new_pool(**VERIFYING)
    cognito.admin_create_user(UserPoolId=pool.id, Username="alice", MessageAction="SUPPRESS")
    with refused("InvalidParameterException"):
        resend(pool)


@pytest.mark.parametrize("hiding", [{}, HIDING])
def test_pool_without_auto_verification_is_refused(
    new_pool: NewPool, hiding: dict[str, Any]
) -> None:
    """amplify-cli#3646; alike for real and unknown users."""
    pool = new_pool(**hiding)
    pool.sign_up(attributes=EMAIL)
    for username in ("alice", "nobody"):
        with refused("NotAuthorizedException", NOT_ON):
            resend(pool, username)


def test_user_without_contact_is_refused(server: RunningServer, new_pool: NewPool) -> None:
    """UNVERIFIED: the sentence."""
    pool = new_pool(**VERIFYING)
    pool.sign_up()
    with refused("NotAuthorizedException", NOT_ON):
        resend(pool)
    assert messages_to(server, pool) == []


def test_contact_verified_by_function_can_get_code(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """Otherwise only an administrator could confirm the user (ev:users-8.4: contact present)."""
    functions.answers["PreSignUp_SignUp"] = lambda event: {
        **event,
        "response": {"autoVerifyEmail": True},
    }
    pool = new_pool(LambdaConfig={"PreSignUp": arn("verify")}, **VERIFYING)
    assert "CodeDeliveryDetails" not in pool.sign_up(attributes=EMAIL)
    assert resend(pool) == TO_ZOE
    confirm(pool, code_of(server, pool))
    assert pool.user()["UserStatus"] == "CONFIRMED"


def test_disabled_user_is_reported(cognito: Any, verifying: PoolForTest) -> None:
    cognito.admin_disable_user(UserPoolId=verifying.id, Username="alice")
    with refused("NotAuthorizedException", "User is disabled."):
        resend(verifying)


def test_unknown_user_is_reported_without_prevent_user_existence_errors(new_pool: NewPool) -> None:
    with refused("UserNotFoundException", USER_NOT_FOUND):
        resend(new_pool(**VERIFYING), "nobody")


@pytest.mark.parametrize(
    ("username", "details"),
    [
        ("zoe@barn.example", TO_ZOE),
        ("nobody", None),
        ("+491701238920", None),
    ],
)
def test_unknown_user_gets_decoy_delivery_details(
    new_pool: NewPool, username: str, details: dict[str, str] | None
) -> None:
    """ev:users-14: always the same answer, and as many of them as for a real user."""
    pool = new_pool(**HIDING, **VERIFYING)
    first = resend(pool, username)
    assert first == (details or first)
    assert (first["DeliveryMedium"], first["AttributeName"]) == ("EMAIL", "email")
    assert first["Destination"].count("***") == 2
    for _ in range(4):
        assert resend(pool, username) == first
    with refused("LimitExceededException"):
        resend(pool, username)


def test_disabled_user_gets_decoy_response_and_no_message(
    cognito: Any, server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(**HIDING, **VERIFYING)
    pool.sign_up(attributes=EMAIL)
    cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    assert resend(pool)["AttributeName"] == "email"
    assert len(messages_to(server, pool)) == 1


def test_client_with_secret_must_send_hash(new_pool: NewPool) -> None:
    pool = new_pool(client={"GenerateSecret": True}, **VERIFYING)
    sentence = f"Client {pool.client_id} is configured with secret but SECRET_HASH was not received"
    with refused("NotAuthorizedException", sentence):
        resend(pool)
    with refused("NotAuthorizedException", sentence):
        confirm(pool, "123456")
