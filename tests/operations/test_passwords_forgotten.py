"""ForgotPassword and ConfirmForgotPassword over the wire (ev:users-9.3, ev:users-14)."""

from typing import Any

import pytest
from support.functions_server import FunctionError, FunctionsServer, arn
from support.kept_passwords import is_password
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.served_pools import NewPool, PoolForTest

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
CONTACTS = {"email": "zoe@barn.example", "phone_number": "+491701238920"}
VERIFIED = {**CONTACTS, "email_verified": "true", "phone_number_verified": "true"}
BY_EMAIL = {"Destination": "z***@b***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
BY_SMS = {
    "Destination": "+********8920",
    "DeliveryMedium": "SMS",
    "AttributeName": "phone_number",
}
HIDING = {"client": {"PreventUserExistenceErrors": "ENABLED"}}
OLD, NEW = "Correct-Horse-9!", "Battery-Staple-7!"
USER_NOT_FOUND = "Username/client id combination not found."
NO_CONTACT = (
    "Cannot reset password for the user as there is no registered/verified email or phone_number"
)
WRONG = "Invalid verification code provided, please try again."
NONE = "Invalid code provided, please request a code again."
LIMIT = "Attempt limit exceeded, please try after some time."
RESET = "PostConfirmation_ConfirmForgotPassword"


def recovery(*names: str) -> dict[str, Any]:
    mechanisms = [{"Name": name, "Priority": rank} for rank, name in enumerate(names, 1)]
    return {"AccountRecoverySetting": {"RecoveryMechanisms": mechanisms}}


def with_alice(
    pool: PoolForTest, attributes: dict[str, str] = VERIFIED, *, confirmed: bool = True
) -> Any:
    """alice has signed up, and an administrator has vouched for her contacts."""
    plain = {k: v for k, v in attributes.items() if not k.endswith("_verified")}
    pool.sign_up(attributes=plain)
    if confirmed:
        pool.admin_confirm()
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
    )
    return pool


def forgot(pool: PoolForTest, username: str = "alice", **more: Any) -> Any:
    answer = pool.cognito.forgot_password(ClientId=pool.client_id, Username=username, **more)
    return answer["CodeDeliveryDetails"]


def confirm(
    pool: PoolForTest, code: str, password: str = NEW, username: str = "alice", **more: Any
) -> dict[str, Any]:
    answer: dict[str, Any] = pool.cognito.confirm_forgot_password(
        ClientId=pool.client_id,
        Username=username,
        ConfirmationCode=code,
        Password=password,
        **more,
    )
    del answer["ResponseMetadata"]
    return answer


@pytest.mark.parametrize(
    ("settings", "details"), [(recovery("verified_email"), BY_EMAIL), ({}, BY_SMS)]
)
def test_forgot_password_by_email_or_sms_sets_password(
    server: RunningServer, new_pool: NewPool, settings: dict[str, Any], details: dict[str, str]
) -> None:
    """The old password stays good until then, and the status is what it was."""
    pool = with_alice(new_pool(**settings))
    assert forgot(pool) == details
    (message,) = messages_to(server, pool)
    assert message.trigger_source == "CustomMessage_ForgotPassword"
    assert message.destination == CONTACTS[details["AttributeName"]]
    assert message.body == f"Your verification code is {message.code}. "
    assert (pool.user()["UserStatus"], is_password(server, pool, OLD)) == ("CONFIRMED", True)
    assert confirm(pool, message.code) == {}
    assert (is_password(server, pool, OLD), is_password(server, pool, NEW)) == (False, True)
    assert pool.user()["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize(
    ("settings", "attributes", "details"),
    [
        (recovery("verified_phone_number", "verified_email"), VERIFIED, BY_SMS),
        (recovery("verified_email", "verified_phone_number"), VERIFIED, BY_EMAIL),
        (
            recovery("verified_phone_number", "verified_email"),
            {**VERIFIED, "phone_number_verified": "false"},
            BY_EMAIL,
        ),
        ({}, {**VERIFIED, "phone_number_verified": "false"}, BY_EMAIL),
        ({}, {"email": CONTACTS["email"], "email_verified": "True"}, BY_EMAIL),
    ],
)
def test_forgot_password_code_goes_to_first_verified_contact(
    new_pool: NewPool, settings: dict[str, Any], attributes: dict[str, str], details: dict[str, str]
) -> None:
    """The API's model; without a setting SMS comes first."""
    assert forgot(with_alice(new_pool(**settings), attributes)) == details


@pytest.mark.parametrize(
    ("settings", "attributes"),
    [
        ({}, {}),
        ({}, CONTACTS),
        (recovery("verified_email"), {**VERIFIED, "email_verified": "false"}),
    ],
)
def test_forgot_password_without_verified_contact_is_refused(
    server: RunningServer, new_pool: NewPool, settings: dict[str, Any], attributes: dict[str, str]
) -> None:
    """frsechet/cognito-user-pool#2."""
    pool = with_alice(new_pool(**settings), attributes)
    with refused("InvalidParameterException", NO_CONTACT):
        forgot(pool)
    assert messages_to(server, pool) == []


@pytest.mark.parametrize("hiding", [{}, HIDING])
def test_forgot_password_with_admin_only_recovery_is_refused(
    new_pool: NewPool, hiding: dict[str, Any]
) -> None:
    """ev:moto; alike for real and unknown users."""
    pool = with_alice(new_pool(**recovery("admin_only"), **hiding))
    for username in ("alice", "nobody"):
        with refused("NotAuthorizedException", "Contact administrator to reset password."):
            forgot(pool, username)


def test_forgot_password_with_temporary_password_is_refused(
    cognito: Any, new_pool: NewPool
) -> None:
    """amplify-flutter#3048."""
    pool = new_pool()
    cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": k, "Value": v} for k, v in VERIFIED.items()],
    )
    sentence = "User password cannot be reset in the current state."
    with refused("NotAuthorizedException", sentence):
        forgot(pool)


def test_unconfirmed_user_with_verified_contact_becomes_confirmed(
    server: RunningServer, new_pool: NewPool
) -> None:
    """UNVERIFIED: the status afterwards (ev:users-9.3)."""
    pool = with_alice(new_pool(), confirmed=False)
    forgot(pool)
    confirm(pool, code_of(server, pool))
    assert pool.user()["UserStatus"] == "CONFIRMED"


def test_disabled_user_is_reported(cognito: Any, server: RunningServer, new_pool: NewPool) -> None:
    """localstack#8454."""
    pool = with_alice(new_pool())
    forgot(pool)
    cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    with refused("NotAuthorizedException", "User is disabled."):
        forgot(pool)
    with refused("NotAuthorizedException", "User is disabled."):
        confirm(pool, code_of(server, pool))


def test_unknown_user_is_reported_without_prevent_user_existence_errors(pool: PoolForTest) -> None:
    """ev:floci-capture."""
    with refused("UserNotFoundException", USER_NOT_FOUND):
        forgot(pool, "nobody")
    with refused("UserNotFoundException", USER_NOT_FOUND):
        confirm(pool, "123456", username="nobody")


def test_wrong_code_changes_nothing_and_right_one_is_single_use(
    server: RunningServer, new_pool: NewPool
) -> None:
    """floci#2018, aws-sdk-ios-samples#144."""
    pool = with_alice(new_pool())
    with refused("ExpiredCodeException", NONE):
        confirm(pool, "123456")
    forgot(pool)
    code = code_of(server, pool)
    with refused("CodeMismatchException", WRONG):
        confirm(pool, another(code))
    assert is_password(server, pool, OLD)
    confirm(pool, code)
    with refused("ExpiredCodeException", NONE):
        confirm(pool, code)


def test_new_code_replaces_the_old_one(server: RunningServer, new_pool: NewPool) -> None:
    pool = with_alice(new_pool())
    forgot(pool)
    first = code_of(server, pool)
    forgot(pool)
    if first != code_of(server, pool):
        with refused("CodeMismatchException", WRONG):
            confirm(pool, first)
    confirm(pool, code_of(server, pool))


def test_code_is_bound_to_purpose_and_address(server: RunningServer, new_pool: NewPool) -> None:
    """ev:users-17.1: a sign-up code sets no password; nor does one that went to a former phone."""
    pool = new_pool(AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes={"email": CONTACTS["email"]})
    with refused("ExpiredCodeException", NONE):
        confirm(pool, code_of(server, pool))
    with_number = with_alice(new_pool())
    forgot(with_number)
    code = code_of(server, with_number)
    with_number.cognito.admin_update_user_attributes(
        UserPoolId=with_number.id,
        Username="alice",
        UserAttributes=[
            {"Name": "phone_number", "Value": "+491709999999"},
            {"Name": "phone_number_verified", "Value": "true"},
        ],
    )
    with refused("CodeMismatchException", WRONG):
        confirm(with_number, code)


def test_password_against_the_policy_does_not_use_the_code(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:amplify-ui; nor does it count as an attempt."""
    pool = with_alice(new_pool())
    forgot(pool)
    sentence = "Password does not conform to policy: Password must have numeric characters"
    for _ in range(6):
        with refused("InvalidPasswordException", sentence):
            confirm(pool, code_of(server, pool), "Battery-Staple!")
    confirm(pool, code_of(server, pool))


def test_forgot_password_beyond_five_an_hour_is_refused(
    server: RunningServer, new_pool: NewPool
) -> None:
    """amazon-cognito-identity-js#548: about five requests."""
    pool = with_alice(new_pool())
    for _ in range(5):
        forgot(pool)
    with refused("LimitExceededException", LIMIT):
        forgot(pool)
    code = code_of(server, pool)
    for _ in range(5):
        with refused("CodeMismatchException", WRONG):
            confirm(pool, another(code))
    with refused("LimitExceededException", LIMIT):
        confirm(pool, code)


@pytest.mark.parametrize("case", ["unknown", "disabled", "without a contact"])
def test_unknown_user_gets_decoy_delivery_details(
    cognito: Any, server: RunningServer, new_pool: NewPool, case: str
) -> None:
    """ev:users-14: always the same answer, as many of them as for a real user, and no message."""
    pool = new_pool(**HIDING, **recovery("verified_email"))
    if case != "unknown":
        with_alice(pool, VERIFIED if case == "disabled" else {})
    if case == "disabled":
        cognito.admin_disable_user(UserPoolId=pool.id, Username="alice")
    first = forgot(pool)
    assert (first["DeliveryMedium"], first["AttributeName"]) == ("EMAIL", "email")
    for _ in range(4):
        assert forgot(pool) == first
    with refused("LimitExceededException", LIMIT):
        forgot(pool)
    if case == "without a contact":
        return
    for _ in range(5):
        with refused("CodeMismatchException", WRONG):
            confirm(pool, "123456")
    with refused("LimitExceededException", LIMIT):
        confirm(pool, "123456")
    assert case == "unknown" or messages_to(server, pool) == []


def test_username_that_looks_like_contact_is_masked_as_one(new_pool: NewPool) -> None:
    pool = new_pool(**HIDING)
    assert forgot(pool, CONTACTS["email"]) == BY_EMAIL
    only_sms = new_pool(**HIDING, **recovery("verified_phone_number"))
    assert forgot(only_sms, CONTACTS["phone_number"]) == BY_SMS
    assert forgot(only_sms, CONTACTS["email"])["DeliveryMedium"] == "SMS"


def test_real_user_recovers_with_prevent_user_existence_errors(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:users-14: without a code, ExpiredCodeException."""
    pool = with_alice(new_pool(**HIDING))
    with refused("ExpiredCodeException", NONE):
        confirm(pool, "123456")
    assert forgot(pool) == BY_SMS
    confirm(pool, code_of(server, pool))
    assert is_password(server, pool, NEW)


def test_functions_write_the_message_and_learn_of_the_new_password(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-5, ev:triggers-6.2: each with the ClientMetadata of its own call."""
    functions.answers["CustomMessage_ForgotPassword"] = lambda event: {
        **event,
        "response": {"smsMessage": "Reset: {####}"},
    }
    pool = with_alice(
        new_pool(LambdaConfig={"CustomMessage": arn("words"), "PostConfirmation": arn("confirmed")})
    )
    functions.events.clear()
    forgot(pool, ClientMetadata={"step": "1"})
    (message,) = messages_to(server, pool)
    assert message.body == f"Reset: {message.code}"
    confirm(pool, message.code, ClientMetadata={"step": "2"})
    asked, confirmation = functions.events
    assert asked["request"]["clientMetadata"] == {"step": "1"}
    assert asked["callerContext"]["clientId"] == pool.client_id
    assert confirmation["triggerSource"] == RESET
    assert confirmation["request"]["clientMetadata"] == {"step": "2"}
    assert confirmation["request"]["userAttributes"]["cognito:user_status"] == "CONFIRMED"


def test_failing_post_confirmation_keeps_the_password(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-6.2."""

    def fail(_: Any) -> Any:
        raise FunctionError("boom")

    functions.answers[RESET] = fail
    pool = with_alice(new_pool(LambdaConfig={"PostConfirmation": arn("confirmed")}))
    forgot(pool)
    with refused("UserLambdaValidationException", "PostConfirmation failed with error boom."):
        confirm(pool, code_of(server, pool))
    assert is_password(server, pool, NEW)


def test_client_with_secret_must_send_hash(new_pool: NewPool) -> None:
    """amplify-android#2504."""
    pool = new_pool(client={"GenerateSecret": True})
    sentence = f"Client {pool.client_id} is configured with secret but SECRET_HASH was not received"
    with refused("NotAuthorizedException", sentence):
        forgot(pool)
    with refused("NotAuthorizedException", sentence):
        confirm(pool, "123456")
