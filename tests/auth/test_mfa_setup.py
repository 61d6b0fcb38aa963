"""MFA_SETUP: a pool demands a second factor, and the user has none yet (ev:auth-6, ev:auth-9)."""

from typing import Any

import pytest
from support.mfa_pools import (
    EMAIL,
    VERIFIED_EMAIL,
    AuthenticatorApp,
    changes,
    forget_used_codes,
    mfa_pool,
)
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import AuthApi, result_of

INVALID = "Invalid session for the user."
ADMIN_ONLY = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
BY_EMAIL = {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    return mfa_pool(new_pool, "ON", "app", "email", AccountRecoverySetting=ADMIN_ONLY)


def set_up(api: AuthApi, session: str) -> Any:
    return api.respond("MFA_SETUP", session, USERNAME="alice")


@pytest.mark.parametrize("way", ["by_password", "by_srp"])
def test_mfa_setup_registers_app_during_sign_in(
    server: RunningServer, pool: PoolForTest, by_admin: bool, way: str
) -> None:
    """Each step's Session leads to the next (cognito-identity-js, amplify-js)."""
    api = AuthApi(pool, by_admin=by_admin)
    asked = getattr(api, way)()
    assert asked["ChallengeName"] == "MFA_SETUP"
    assert asked["ChallengeParameters"] == {"MFAS_CAN_SETUP": '["EMAIL_OTP","SOFTWARE_TOKEN_MFA"]'}
    associated = pool.cognito.associate_software_token(Session=asked["Session"])
    app = AuthenticatorApp(associated["SecretCode"])
    code = app.code()
    verified = pool.cognito.verify_software_token(
        Session=associated["Session"], UserCode=code, FriendlyDeviceName="phone"
    )
    assert verified["Status"] == "SUCCESS"
    result = result_of(set_up(api, verified["Session"]))
    user = pool.cognito.get_user(AccessToken=result["AccessToken"])
    assert user["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert user["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    again = api.by_password()
    assert again["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    given = {"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": code}
    with refused("ExpiredCodeException", "Your software token has already been used once."):
        api.respond("SOFTWARE_TOKEN_MFA", again["Session"], **given)
    forget_used_codes(server, pool)
    given["SOFTWARE_TOKEN_MFA_CODE"] = app.code()
    result_of(api.respond("SOFTWARE_TOKEN_MFA", again["Session"], **given))


def test_mfa_setup_wrong_code_can_be_retried(pool: PoolForTest) -> None:
    api = AuthApi(pool, by_admin=False)
    associated = pool.cognito.associate_software_token(Session=api.by_password()["Session"])
    app, session = AuthenticatorApp(associated["SecretCode"]), associated["Session"]
    sentence = "Code mismatch and fail enable Software Token MFA"  # aws-amplify-auth-starters#15
    with refused("EnableSoftwareTokenMFAException", sentence):
        pool.cognito.verify_software_token(Session=session, UserCode=app.wrong_code())
    assert "UserMFASettingList" not in pool.user()
    verified = pool.cognito.verify_software_token(Session=session, UserCode=app.code())
    result_of(set_up(api, verified["Session"]))


def test_mfa_setup_needs_the_last_session(pool: PoolForTest) -> None:
    """amplify-js#6461; and none leads anywhere twice."""
    api, cognito = AuthApi(pool, by_admin=False), pool.cognito
    first = api.by_password()["Session"]
    with refused("NotAuthorizedException", INVALID):  # nothing was handed out with it
        cognito.verify_software_token(Session=first, UserCode="000000")
    with refused("SoftwareTokenMFANotFoundException"):  # nothing was set up
        set_up(api, first)
    associated = cognito.associate_software_token(Session=first)
    with refused("NotAuthorizedException"):
        cognito.associate_software_token(Session=first)
    with refused("SoftwareTokenMFANotFoundException"):
        set_up(api, associated["Session"])
    app = AuthenticatorApp(associated["SecretCode"])
    verified = cognito.verify_software_token(Session=associated["Session"], UserCode=app.code())
    with refused("NotAuthorizedException", INVALID):
        cognito.verify_software_token(Session=associated["Session"], UserCode=app.code(later=1))
    result_of(set_up(api, verified["Session"]))
    with refused("NotAuthorizedException"):
        set_up(api, verified["Session"])


def test_mfa_setup_does_not_replace_app_set_up_meanwhile(pool: PoolForTest) -> None:
    api, cognito = AuthApi(pool, by_admin=False), pool.cognito
    ours, theirs = api.by_password(), api.by_password()
    with_secret = cognito.associate_software_token(Session=theirs["Session"])
    third = api.by_password()
    associated = cognito.associate_software_token(Session=ours["Session"])
    app = AuthenticatorApp(associated["SecretCode"])
    cognito.verify_software_token(Session=associated["Session"], UserCode=app.code())
    other = AuthenticatorApp(with_secret["SecretCode"])
    with refused("NotAuthorizedException", INVALID):
        cognito.verify_software_token(Session=with_secret["Session"], UserCode=other.code())
    with refused("NotAuthorizedException", INVALID):
        cognito.associate_software_token(Session=third["Session"])
    with refused("NotAuthorizedException", INVALID):
        api.respond("MFA_SETUP", third["Session"], USERNAME="alice", EMAIL="eve@evil.example")


@pytest.mark.parametrize("member", ["EMAIL", "email"])
def test_email_is_set_up_by_a_code(
    server: RunningServer, pool: PoolForTest, by_admin: bool, member: str
) -> None:
    api = AuthApi(pool, by_admin=by_admin)
    asked = api.by_password()
    sent = api.respond("MFA_SETUP", asked["Session"], **{"USERNAME": "alice", member: EMAIL})
    assert sent["ChallengeName"] == "EMAIL_OTP"
    assert sent["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "a***@h***"
    [message] = messages_to(server, pool)
    assert message.destination == EMAIL
    assert "email" not in pool.user()["attributes"]
    wrong = {"USERNAME": "alice", "EMAIL_OTP_CODE": another(message.code)}
    with refused("CodeMismatchException"):
        api.respond("EMAIL_OTP", sent["Session"], **wrong)
    right = {"USERNAME": "alice", "EMAIL_OTP_CODE": message.code}
    result_of(api.respond("EMAIL_OTP", sent["Session"], **right))
    user = pool.user()
    assert user["attributes"]["email"] == EMAIL
    assert user["attributes"]["email_verified"] == "true"
    assert user["UserMFASettingList"] == ["EMAIL_OTP"]


@pytest.mark.parametrize("address", ["no address", '"alice"@example.com', "a(b)@example.com"])
def test_mfa_setup_invalid_email_is_refused(pool: PoolForTest, address: str) -> None:
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password()
    with refused("InvalidParameterException", "Invalid email address format."):
        api.respond("MFA_SETUP", asked["Session"], USERNAME="alice", EMAIL=address)


def test_mfa_setup_taken_alias_is_refused_when_verified(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = mfa_pool(
        new_pool, "ON", "email", AccountRecoverySetting=ADMIN_ONLY, AliasAttributes=["email"]
    )
    pool.sign_up("bob")
    changes(pool, VERIFIED_EMAIL, "bob")
    api = AuthApi(pool, by_admin=False)
    sent = api.respond("MFA_SETUP", api.by_password()["Session"], USERNAME="alice", EMAIL=EMAIL)
    code = code_of(server, pool)
    with refused("AliasExistsException", "An account with the email already exists."):
        api.respond("EMAIL_OTP", sent["Session"], USERNAME="alice", EMAIL_OTP_CODE=code)


def test_mfa_setup_refuses_recovery_contact_as_factor(new_pool: NewPool) -> None:
    pool = mfa_pool(
        new_pool, "ON", "app", "email", attributes=VERIFIED_EMAIL, AccountRecoverySetting=BY_EMAIL
    )
    api = AuthApi(pool, by_admin=False)
    asked = api.by_password()
    assert asked["ChallengeParameters"] == {"MFAS_CAN_SETUP": '["SOFTWARE_TOKEN_MFA"]'}
    with refused("NotAuthorizedException", INVALID):
        api.respond("MFA_SETUP", asked["Session"], USERNAME="alice", EMAIL="other@home.example")


def test_user_without_possible_second_factor_cannot_sign_in(new_pool: NewPool) -> None:
    """ev:auth-9, step 5; UNVERIFIED: the sentence."""
    pool = mfa_pool(
        new_pool, "ON", "email", attributes=VERIFIED_EMAIL, AccountRecoverySetting=BY_EMAIL
    )
    with refused("InvalidParameterException"):
        AuthApi(pool, by_admin=False).by_password()


def test_mfa_setup_registers_app_after_deletion(pool: PoolForTest) -> None:
    api, cognito = AuthApi(pool, by_admin=False), pool.cognito
    associated = cognito.associate_software_token(Session=api.by_password()["Session"])
    app = AuthenticatorApp(associated["SecretCode"])
    cognito.verify_software_token(Session=associated["Session"], UserCode=app.code())
    assert api.by_password()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    cognito.admin_delete_software_token(UserPoolId=pool.id, Username="alice")
    assert "UserMFASettingList" not in pool.user()
    assert api.by_password()["ChallengeName"] == "MFA_SETUP"


@pytest.mark.parametrize("operation", ["associate_software_token", "verify_software_token"])
def test_mfa_setup_with_session_of_other_challenge_is_refused(
    new_pool: NewPool, operation: str
) -> None:
    pool = mfa_pool(new_pool, "ON", "app", "email", attributes=VERIFIED_EMAIL)
    asked = AuthApi(pool, by_admin=False).by_password()
    assert asked["ChallengeName"] == "EMAIL_OTP"
    more = {"UserCode": "123456"} if operation == "verify_software_token" else {}
    for session in (asked["Session"], "x" * 40, asked["Session"][:-8] + "AAAAAAAA"):
        with refused("NotAuthorizedException", INVALID):
            getattr(pool.cognito, operation)(Session=session, **more)
