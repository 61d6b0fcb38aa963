"""AdminSetUserPassword, AdminResetUserPassword, and passwords that a pool remembers
(ev:users-9)."""

from typing import Any

import pytest
from support.functions_server import FunctionsServer, arn
from support.kept_passwords import expiry_of, is_password
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import code_of, messages_to
from support.served_pools import NewPool, PoolForTest

EMAIL = {"email": "zoe@barn.example"}
OLD, NEW = "Correct-Horse-9!", "Battery-Staple-7!"
USER_NOT_FOUND = "User does not exist."
NO_CONTACT = (
    "Cannot reset password for the user as there is no registered/verified email or phone_number"
)
CANNOT = "User password cannot be reset in the current state."
NONE = "Invalid code provided, please request a code again."
REMEMBERED = "Password has previously been used"


def set_password(
    pool: PoolForTest, password: str = NEW, username: str = "alice", **more: Any
) -> Any:
    answer = pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username=username, Password=password, **more
    )
    del answer["ResponseMetadata"]
    return answer


def reset(pool: PoolForTest, username: str = "alice", **more: Any) -> Any:
    answer = pool.cognito.admin_reset_user_password(UserPoolId=pool.id, Username=username, **more)
    del answer["ResponseMetadata"]
    return answer


def confirm(pool: PoolForTest, code: str, password: str = NEW) -> None:
    pool.cognito.confirm_forgot_password(
        ClientId=pool.client_id, Username="alice", ConfirmationCode=code, Password=password
    )


def verify_email(pool: PoolForTest) -> None:
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "email_verified", "Value": "true"}],
    )


@pytest.fixture
def confirmed(new_pool: NewPool) -> PoolForTest:
    """alice, confirmed, with a verified email."""
    pool = new_pool()
    pool.sign_up(attributes=EMAIL)
    pool.admin_confirm()
    verify_email(pool)
    return pool


def in_status(pool: PoolForTest, status: str) -> None:
    """Bring a new alice into a status."""
    if status == "FORCE_CHANGE_PASSWORD":
        pool.cognito.admin_create_user(UserPoolId=pool.id, Username="alice")
        return
    pool.sign_up(attributes=EMAIL)
    if status != "UNCONFIRMED":
        pool.admin_confirm()
    if status == "RESET_REQUIRED":
        verify_email(pool)
        reset(pool)


@pytest.mark.parametrize(
    "status", ["UNCONFIRMED", "CONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"]
)
@pytest.mark.parametrize(
    ("permanent", "afterwards"),
    [
        ({"Permanent": True}, "CONFIRMED"),
        ({"Permanent": False}, "FORCE_CHANGE_PASSWORD"),
        ({}, "FORCE_CHANGE_PASSWORD"),
    ],
)
def test_admin_set_user_password_works_in_any_status(
    server: RunningServer,
    pool: PoolForTest,
    status: str,
    permanent: dict[str, Any],
    afterwards: str,
) -> None:
    """aws-sdk-js#2976; temporary is the default."""
    in_status(pool, status)
    assert pool.user()["UserStatus"] == status
    assert set_password(pool, **permanent) == {}
    assert pool.user()["UserStatus"] == afterwards
    assert (is_password(server, pool, NEW), is_password(server, pool, OLD)) == (True, False)
    assert (expiry_of(server, pool) is None) == (afterwards == "CONFIRMED")


def test_admin_set_user_password_sends_and_invokes_nothing(
    server: RunningServer, functions: FunctionsServer, new_pool: NewPool
) -> None:
    """amazon-cognito-identity-js#656."""
    every = ("PreSignUp", "PostConfirmation", "CustomMessage")
    pool = new_pool(LambdaConfig={name: arn("any") for name in every})
    pool.sign_up(attributes=EMAIL)
    functions.events.clear()
    set_password(pool, Permanent=True)
    assert (functions.events, messages_to(server, pool)) == ([], [])


def test_admin_set_user_password_invalidates_codes(
    server: RunningServer, confirmed: PoolForTest
) -> None:
    reset(confirmed)
    set_password(confirmed, Permanent=True)
    with refused("ExpiredCodeException", NONE):
        confirm(confirmed, code_of(server, confirmed), "Other-Word-5!")


def test_admin_set_user_password_follows_the_policy(
    server: RunningServer, confirmed: PoolForTest
) -> None:
    """ev:amplify-ui."""
    sentence = "Password does not conform to policy: Password not long enough"
    for permanent in (True, False):
        with refused("InvalidPasswordException", sentence):
            set_password(confirmed, "short", Permanent=permanent)
    assert is_password(server, confirmed, OLD)


def test_unknown_user_is_reported_to_administrators(pool: PoolForTest) -> None:
    """aws-sdk-android#366."""
    with refused("UserNotFoundException", USER_NOT_FOUND):
        set_password(pool)
    with refused("UserNotFoundException", USER_NOT_FOUND):
        reset(pool)


def test_reset_user_sets_password_by_code(server: RunningServer, confirmed: PoolForTest) -> None:
    """ev:users-9.4."""
    assert reset(confirmed) == {}
    assert confirmed.user()["UserStatus"] == "RESET_REQUIRED"
    (message,) = messages_to(server, confirmed)
    assert message.trigger_source == "CustomMessage_ForgotPassword"
    assert message.destination == EMAIL["email"]
    confirm(confirmed, message.code)
    assert confirmed.user()["UserStatus"] == "CONFIRMED"
    assert is_password(server, confirmed, NEW)


def test_reset_user_can_request_another_code(server: RunningServer, confirmed: PoolForTest) -> None:
    """ev:users-7: ForgotPassword sends in RESET_REQUIRED."""
    reset(confirmed)
    confirmed.cognito.forgot_password(ClientId=confirmed.client_id, Username="alice")
    assert confirmed.user()["UserStatus"] == "RESET_REQUIRED"
    confirm(confirmed, code_of(server, confirmed))


def test_resetting_twice_sends_once(server: RunningServer, confirmed: PoolForTest) -> None:
    """ev:moto."""
    reset(confirmed)
    assert reset(confirmed) == {}
    assert len(messages_to(server, confirmed)) == 1


def test_user_without_verified_contact_is_not_reset(
    server: RunningServer, pool: PoolForTest
) -> None:
    """Otherwise only an administrator could let the user in again (ev:users-9.4)."""
    pool.sign_up(attributes=EMAIL)
    pool.admin_confirm()
    with refused("InvalidParameterException", NO_CONTACT):
        reset(pool)
    assert pool.user()["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize("status", ["UNCONFIRMED", "FORCE_CHANGE_PASSWORD"])
def test_admin_reset_user_password_in_another_status_is_refused(
    pool: PoolForTest, status: str
) -> None:
    """amplify-flutter#3048; UNVERIFIED of UNCONFIRMED."""
    in_status(pool, status)
    with refused("NotAuthorizedException", CANNOT):
        reset(pool)


def test_disabled_user_is_not_reset(cognito: Any, confirmed: PoolForTest) -> None:
    """amazon-cognito-identity-js#373."""
    cognito.admin_disable_user(UserPoolId=confirmed.id, Username="alice")
    with refused("NotAuthorizedException", "User is disabled."):
        reset(confirmed)


def test_reset_without_recovery_option_is_refused(server: RunningServer, new_pool: NewPool) -> None:
    """The API's model; UNVERIFIED: the sentence."""
    admin_only = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    pool = new_pool(AccountRecoverySetting=admin_only)
    pool.sign_up(attributes=EMAIL)
    pool.admin_confirm()
    verify_email(pool)
    with refused("NotAuthorizedException"):
        reset(pool)
    assert messages_to(server, pool) == []


def test_custom_message_function_writes_the_reset_message(
    functions: FunctionsServer, new_pool: NewPool
) -> None:
    """ev:triggers-5."""
    pool = new_pool(LambdaConfig={"CustomMessage": arn("words")})
    pool.sign_up(attributes=EMAIL)
    pool.admin_confirm()
    verify_email(pool)
    functions.events.clear()
    reset(pool, ClientMetadata={"why": "lost"})
    (event,) = functions.events
    assert event["triggerSource"] == "CustomMessage_ForgotPassword"
    assert event["request"]["clientMetadata"] == {"why": "lost"}
    assert event["request"]["userAttributes"]["cognito:user_status"] == "RESET_REQUIRED"


def remembering(new_pool: NewPool, many: int) -> Any:
    pool = new_pool(Policies={"PasswordPolicy": {"PasswordHistorySize": many}})
    pool.sign_up(password="word number 0", attributes=EMAIL)
    pool.admin_confirm()
    verify_email(pool)
    return pool


def test_password_in_history_is_refused(server: RunningServer, new_pool: NewPool) -> None:
    """ev:users-9.1: the current one counts among the n. UNVERIFIED: the sentence."""
    pool = remembering(new_pool, 3)
    for number in range(1, 4):
        set_password(pool, f"word number {number}", Permanent=True)
    for number in (1, 2, 3):
        for permanent in (True, False):
            with refused("PasswordHistoryPolicyViolationException", REMEMBERED):
                set_password(pool, f"word number {number}", Permanent=permanent)
    set_password(pool, "word number 0", Permanent=True)
    assert is_password(server, pool, "word number 0")


def test_password_in_history_does_not_use_the_code(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = remembering(new_pool, 2)
    reset(pool)
    with refused("PasswordHistoryPolicyViolationException", REMEMBERED):
        confirm(pool, code_of(server, pool), "word number 0")
    assert pool.user()["UserStatus"] == "RESET_REQUIRED"
    confirm(pool, code_of(server, pool), "word number 1")
    assert is_password(server, pool, "word number 1")


def test_pool_without_history_accepts_former_passwords(pool: PoolForTest) -> None:
    """ev:moto-aws: the temporary password may stay."""
    pool.sign_up()
    set_password(pool, NEW)
    set_password(pool, NEW, Permanent=True)
