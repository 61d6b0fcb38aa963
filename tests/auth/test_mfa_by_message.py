"""SMS_MFA and EMAIL_OTP: signing in with a code that is sent as second factor.

Evidence: ev:auth-6, ev:auth-9.
"""

import concurrent.futures
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.functions_server import FunctionsServer, arn
from support.mfa_pools import PHONE, VERIFIED_EMAIL, VERIFIED_PHONE, changes, mfa_pool, prefers
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import AuthApi, result_of

BY_SMS = ("sms", "SMS_MFA", "SMS_MFA_CODE", "SMS", "+********4567")
BY_EMAIL = ("email", "EMAIL_OTP", "EMAIL_OTP_CODE", "EMAIL", "a***@h***")
FACTORS = pytest.mark.parametrize(
    ("factor", "name", "member", "medium", "shown"), [BY_SMS, BY_EMAIL], ids=["sms", "email"]
)


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    both = {**VERIFIED_EMAIL, **VERIFIED_PHONE}
    return mfa_pool(new_pool, "OPTIONAL", "sms", "email", attributes=both)


@FACTORS
@pytest.mark.parametrize("way", ["by_password", "by_srp"])
def test_sent_code_completes_sign_in(
    server: RunningServer,
    pool: PoolForTest,
    by_admin: bool,
    way: str,
    factor: str,
    name: str,
    member: str,
    medium: str,
    shown: str,
) -> None:
    prefers(pool, **{factor: "preferred"})
    api = AuthApi(pool, by_admin=by_admin)
    asked = getattr(api, way)()
    assert asked["ChallengeName"] == name
    parameters = asked["ChallengeParameters"]
    assert parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] == medium
    assert parameters["CODE_DELIVERY_DESTINATION"] == shown
    [message] = messages_to(server, pool)
    assert message.body == f"Your authentication code is {message.code}. "
    result_of(api.respond(name, asked["Session"], **{"USERNAME": "alice", member: message.code}))


@FACTORS
def test_wrong_code_keeps_session(
    server: RunningServer,
    pool: PoolForTest,
    factor: str,
    name: str,
    member: str,
    medium: str,
    shown: str,
) -> None:
    prefers(pool, **dict[str, Any]({factor: True}))
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password()
    code = code_of(server, pool)
    assert re.fullmatch("[0-9]{6}", code)
    sentence = "Invalid code or auth state for the user."  # amplify-js#3066
    with refused("CodeMismatchException", sentence):
        api.respond(name, asked["Session"], **{"USERNAME": "alice", member: another(code)})
    result_of(api.respond(name, asked["Session"], **{"USERNAME": "alice", member: code}))
    with refused("NotAuthorizedException"):
        api.respond(name, asked["Session"], **{"USERNAME": "alice", member: code})


def test_code_of_another_session_is_refused(server: RunningServer, pool: PoolForTest) -> None:
    prefers(pool, email=True)
    api = AuthApi(pool, by_admin=False)
    first = api.by_password()
    code = code_of(server, pool)
    second = api.by_password()
    if code_of(server, pool) != code:
        with refused("CodeMismatchException"):
            api.respond("EMAIL_OTP", second["Session"], USERNAME="alice", EMAIL_OTP_CODE=code)
    result_of(api.respond("EMAIL_OTP", first["Session"], USERNAME="alice", EMAIL_OTP_CODE=code))


def test_code_is_bound_to_its_address(server: RunningServer, pool: PoolForTest) -> None:
    prefers(pool, sms=True)
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password()
    code = code_of(server, pool)
    changes(pool, {"phone_number": "+491709999999"})
    with refused("CodeMismatchException"):
        api.respond("SMS_MFA", asked["Session"], USERNAME="alice", SMS_MFA_CODE=code)


@pytest.mark.both_stores
def test_guesses_sent_at_once_do_not_slip_past_the_lock(
    server: RunningServer, pool: PoolForTest
) -> None:
    """Each is verified before any is counted; a right one counts only without a failure."""
    prefers(pool, email=True)
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password()
    code = code_of(server, pool)
    guesses = [f"{(int(code) + n) % 1_000_000:06}" for n in range(1, 31)]

    def outcome(guess: str) -> str:
        try:
            result_of(
                api.respond("EMAIL_OTP", asked["Session"], USERNAME="alice", EMAIL_OTP_CODE=guess)
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "signed in"

    with concurrent.futures.ThreadPoolExecutor(10) as threads:
        outcomes = set(threads.map(outcome, guesses))
    assert "NotAuthorizedException" in outcomes
    assert outcomes <= {
        *("CodeMismatchException", "NotAuthorizedException", "TooManyRequestsException")
    }


@FACTORS
def test_right_code_verifies_contact(
    server: RunningServer,
    new_pool: NewPool,
    factor: str,
    name: str,
    member: str,
    medium: str,
    shown: str,
) -> None:
    attributes = {"email": VERIFIED_EMAIL["email"], "phone_number": PHONE}
    pool = mfa_pool(new_pool, "OPTIONAL", "sms", "email", attributes=attributes)
    prefers(pool, **dict[str, Any]({factor: True}))
    flag = "phone_number_verified" if factor == "sms" else "email_verified"
    assert pool.user()["attributes"][flag] == "false"
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password()
    code = code_of(server, pool)
    result_of(api.respond(name, asked["Session"], **{"USERNAME": "alice", member: code}))
    assert pool.user()["attributes"][flag] == "true"


def test_contact_that_is_alias_of_another_user_signs_in(
    server: RunningServer, new_pool: NewPool
) -> None:
    """In pools with aliases a verified email is a name, which only one user can have."""
    pool = mfa_pool(
        new_pool,
        "OPTIONAL",
        "email",
        AliasAttributes=["email"],
        attributes={"email": VERIFIED_EMAIL["email"]},
    )
    pool.sign_up("bob")
    changes(pool, VERIFIED_EMAIL, "bob")
    prefers(pool, email=True)
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password()
    code = code_of(server, pool)
    result_of(api.respond("EMAIL_OTP", asked["Session"], USERNAME="alice", EMAIL_OTP_CODE=code))
    assert pool.user()["attributes"]["email_verified"] == "false"
    assert pool.user(VERIFIED_EMAIL["email"])["Username"] == "bob"


def test_email_and_sms_are_offered_without_preference(
    server: RunningServer, pool: PoolForTest
) -> None:
    """`EMAIL_MFA` is what the API's text says for EMAIL_OTP."""
    prefers(pool, sms=True, email=True)
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password()
    assert asked["ChallengeParameters"] == {
        "MFAS_CAN_CHOOSE": '["SMS_MFA","EMAIL_OTP"]',
        "CODE_DELIVERY_DESTINATION": "+********4567",
    }
    assert messages_to(server, pool) == []
    chosen = api.respond("SELECT_MFA_TYPE", asked["Session"], USERNAME="alice", ANSWER="EMAIL_MFA")
    assert chosen["ChallengeName"] == "EMAIL_OTP"
    code = code_of(server, pool)
    result_of(api.respond("EMAIL_OTP", chosen["Session"], USERNAME="alice", EMAIL_OTP_CODE=code))


def test_sign_in_code_message_has_the_pools_text(server: RunningServer, new_pool: NewPool) -> None:
    both = {**VERIFIED_EMAIL, **VERIFIED_PHONE}
    pool = mfa_pool(new_pool, "OPTIONAL", "sms", "email", attributes=both)
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id,
        MfaConfiguration="OPTIONAL",
        EmailMfaConfiguration={"Subject": "Home", "Message": "In you go: {####}"},
        SmsMfaConfiguration={"SmsAuthenticationMessage": "Home: {####}"},
    )
    api = AuthApi(pool, by_admin=False)
    prefers(pool, email="preferred", sms=True)
    api.by_password()
    prefers(pool, sms="preferred")
    api.by_password()
    mail, text = messages_to(server, pool)
    assert (mail.subject, mail.body) == ("Home", f"In you go: {mail.code}")
    assert text.body == f"Home: {text.code}"


def test_custom_message_function_writes_the_sign_in_code_message(
    server: RunningServer, new_pool: NewPool, functions: FunctionsServer
) -> None:
    """Source CustomMessage_Authentication."""
    pool = mfa_pool(
        new_pool,
        "OPTIONAL",
        "email",
        attributes=VERIFIED_EMAIL,
        LambdaConfig={"CustomMessage": arn("words")},
    )
    prefers(pool, email=True)
    source = "CustomMessage_Authentication"
    functions.answers[source] = lambda event: {
        **event,
        "response": {"emailMessage": "Mine: {####}"},
    }
    AuthApi(pool, by_admin=False).by_password()
    [mail] = messages_to(server, pool)
    assert mail.body == f"Mine: {mail.code}"


def test_temporary_password_is_replaced_before_second_factor(
    server: RunningServer, new_pool: NewPool
) -> None:
    """ev:auth-6: the user is CONFIRMED, then MFA or tokens."""
    pool = mfa_pool(
        new_pool,
        "ON",
        "email",
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]},
    )
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="bob",
        TemporaryPassword="Temporary-1!",
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": k, "Value": v} for k, v in VERIFIED_EMAIL.items()],
    )
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password("bob", "Temporary-1!")
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    asked = api.respond(
        "NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME="bob", NEW_PASSWORD="Another-1!"
    )
    assert asked["ChallengeName"] == "EMAIL_OTP"
    assert pool.user("bob")["UserStatus"] == "CONFIRMED"
    code = code_of(server, pool, "bob")
    result_of(api.respond("EMAIL_OTP", asked["Session"], USERNAME="bob", EMAIL_OTP_CODE=code))
