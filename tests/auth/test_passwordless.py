"""Signing in by a code alone, and straight after the sign-up (ev:auth-7)."""

import re
from typing import Any

import pytest
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import another, code_of, messages_to
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of

EMAIL, PHONE = {"email": "alice@example.com"}, {"phone_number": "+491701234567"}
SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
CONTACTS = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
WRONG_CODE = "Invalid code or auth state for the user."
CODE_FACTORS = pytest.mark.parametrize("factor", CONTACTS)


@pytest.fixture
def otp_pool(new_pool: NewPool) -> PoolForTest:
    """A pool in which codes are first factors, and a client that allows everything."""
    return new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        AutoVerifiedAttributes=["email", "phone_number"],
        Policies={
            "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}
        },
        **SMS,
    )


@pytest.fixture
def otp_api(otp_pool: PoolForTest, by_admin: bool) -> AuthApi:
    return AuthApi(otp_pool, by_admin=by_admin)


def passwordless(pool: PoolForTest, attributes: dict[str, str], username: str = "alice") -> Any:
    return pool.cognito.sign_up(
        ClientId=pool.client_id,
        Username=username,
        UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
    )


def by_code(api: AuthApi, server: RunningServer, pool: PoolForTest, factor: str) -> Any:
    asked = api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE=factor)
    assert asked["ChallengeName"] == factor
    code = {f"{factor}_CODE": code_of(server, pool)}
    assert re.fullmatch("[0-9]{8}", code[f"{factor}_CODE"])  # amplify-js#14428
    return api.respond(factor, asked["Session"], USERNAME="alice", **code)


@CODE_FACTORS
def test_one_time_code_signs_in_confirms_and_verifies(
    otp_api: AuthApi, server: RunningServer, otp_pool: PoolForTest, factor: str
) -> None:
    """Authentication methods: a right code turns UNCONFIRMED into CONFIRMED."""
    passwordless(otp_pool, {**EMAIL, **PHONE})
    assert otp_pool.user()["UserStatus"] == "UNCONFIRMED"
    result = result_of(by_code(otp_api, server, otp_pool, factor))
    user = otp_pool.user()
    assert user["UserStatus"] == "CONFIRMED"
    assert user["attributes"][f"{CONTACTS[factor]}_verified"] == "true"
    assert claims_of(result["IdToken"])["cognito:username"] == "alice"


def test_passwordless_user_is_offered_available_factors(
    otp_api: AuthApi, otp_pool: PoolForTest
) -> None:
    passwordless(otp_pool, EMAIL)
    asked = otp_api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="PASSWORD")
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"] == ["EMAIL_OTP"]


def test_user_with_all_factors_is_offered_all(otp_api: AuthApi, otp_pool: PoolForTest) -> None:
    otp_pool.sign_up(attributes={**EMAIL, **PHONE})
    asked = otp_api.start("USER_AUTH", USERNAME="alice")
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"]


@CODE_FACTORS
def test_chosen_code_is_sent_with_delivery_details(
    otp_api: AuthApi, server: RunningServer, otp_pool: PoolForTest, factor: str
) -> None:
    otp_pool.sign_up(attributes={**EMAIL, **PHONE})
    asked = otp_api.start("USER_AUTH", USERNAME="alice")
    sent_before = len(messages_to(server, otp_pool))
    sent = otp_api.respond("SELECT_CHALLENGE", asked["Session"], USERNAME="alice", ANSWER=factor)
    assert sent["ChallengeName"] == factor
    assert (
        sent["ChallengeParameters"]
        == {
            "EMAIL_OTP": {
                "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL",
                "CODE_DELIVERY_DESTINATION": "a***@e***",
            },
            "SMS_OTP": {
                "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
                "CODE_DELIVERY_DESTINATION": "+********4567",
            },
        }[factor]
    )
    assert len(messages_to(server, otp_pool)) == sent_before + 1


def test_wrong_code_is_refused_and_keeps_session(
    otp_api: AuthApi, server: RunningServer, otp_pool: PoolForTest
) -> None:
    passwordless(otp_pool, EMAIL)
    asked = otp_api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = code_of(server, otp_pool)
    given = {"session": asked["Session"], "USERNAME": "alice"}
    with refused("CodeMismatchException", WRONG_CODE):
        otp_api.respond("EMAIL_OTP", **given, EMAIL_OTP_CODE=another(code))
    assert otp_pool.user()["UserStatus"] == "UNCONFIRMED"
    result_of(otp_api.respond("EMAIL_OTP", **given, EMAIL_OTP_CODE=code))


def test_code_of_another_challenge_is_refused(
    otp_api: AuthApi, server: RunningServer, otp_pool: PoolForTest
) -> None:
    passwordless(otp_pool, {**EMAIL, **PHONE})
    asked = otp_api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = code_of(server, otp_pool)
    with refused("NotAuthorizedException", "Invalid session for the user."):
        otp_api.respond("SMS_OTP", asked["Session"], USERNAME="alice", SMS_OTP_CODE=code)


def test_passwordless_unknown_user_is_sent_no_code_but_a_decoy_response(
    new_pool: NewPool, by_admin: bool
) -> None:
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
        AutoVerifiedAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )
    api = AuthApi(pool, by_admin=by_admin)
    asked = api.start("USER_AUTH", USERNAME="nobody", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["ChallengeName"] == "EMAIL_OTP"
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == "EMAIL"
    with refused("CodeMismatchException", WRONG_CODE):
        api.respond("EMAIL_OTP", asked["Session"], USERNAME="nobody", EMAIL_OTP_CODE="123456")


def test_user_without_factor_gets_decoy_delivery_details(
    new_pool: NewPool, server: RunningServer, by_admin: bool
) -> None:
    """Their password was never set, and their email was taken from them: like an unknown user."""
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
        AutoVerifiedAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )
    passwordless(pool, EMAIL)
    pool.cognito.admin_delete_user_attributes(
        UserPoolId=pool.id, Username="alice", UserAttributeNames=["email"]
    )
    sent_before = len(messages_to(server, pool))
    api = AuthApi(pool, by_admin=by_admin)
    asked = api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["ChallengeName"] == "EMAIL_OTP"
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == "EMAIL"
    with refused("CodeMismatchException", WRONG_CODE):
        api.respond("EMAIL_OTP", asked["Session"], USERNAME="alice", EMAIL_OTP_CODE="123456")
    assert len(messages_to(server, pool)) == sent_before


@pytest.mark.parametrize("username", ["alice", "nobody"])
def test_codes_for_one_user_are_limited(
    new_pool: NewPool, server: RunningServer, by_admin: bool, username: str
) -> None:
    """Twenty an hour, and as many as if for users who don't exist."""
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"},
        AutoVerifiedAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )
    pool.sign_up(attributes=EMAIL)
    sent_before = len(messages_to(server, pool))
    api = AuthApi(pool, by_admin=by_admin)
    for _ in range(20):
        api.start("USER_AUTH", USERNAME=username, PREFERRED_CHALLENGE="EMAIL_OTP")
    with refused("TooManyRequestsException"):
        api.start("USER_AUTH", USERNAME=username, PREFERRED_CHALLENGE="EMAIL_OTP")
    sent = len(messages_to(server, pool)) - sent_before
    assert sent == (20 if username == "alice" else 0)


def test_user_with_second_factor_starts_with_password(
    otp_api: AuthApi, otp_pool: PoolForTest
) -> None:
    """Authentication methods: no code as a first factor for users with an active MFA factor."""
    otp_pool.sign_up(attributes={**EMAIL, **PHONE})
    otp_pool.admin_confirm()
    otp_pool.cognito.set_user_pool_mfa_config(
        UserPoolId=otp_pool.id,
        MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={"SmsConfiguration": SMS["SmsConfiguration"]},
    )
    otp_pool.cognito.admin_set_user_mfa_preference(
        UserPoolId=otp_pool.id, Username="alice", SMSMfaSettings={"Enabled": True}
    )
    asked = otp_api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]
    second = otp_api.respond(
        "SELECT_CHALLENGE",
        asked["Session"],
        USERNAME="alice",
        ANSWER="PASSWORD",
        PASSWORD=PASSWORD,
    )
    assert second["ChallengeName"] == "SMS_MFA"


# Straight after the sign-up


def confirm(server: RunningServer, pool: PoolForTest, session: str | None, **more: Any) -> Any:
    given = {"Session": session} if session is not None else {}
    return pool.cognito.confirm_sign_up(
        ClientId=pool.client_id,
        Username="alice",
        ConfirmationCode=code_of(server, pool),
        **{**given, **more},
    )


def start_with(api: AuthApi, pool: PoolForTest, session: str) -> Any:
    request = {
        "ClientId": pool.client_id,
        "AuthFlow": "USER_AUTH",
        "AuthParameters": {"USERNAME": "alice"},
        "Session": session,
    }
    if api.by_admin:
        return pool.cognito.admin_initiate_auth(UserPoolId=pool.id, **request)
    return pool.cognito.initiate_auth(**request)


@pytest.mark.parametrize("attributes", [EMAIL, PHONE], ids=["email", "phone"])
def test_confirmation_code_signs_in_with_session(
    otp_api: AuthApi, server: RunningServer, otp_pool: PoolForTest, attributes: dict[str, str]
) -> None:
    signed_up = passwordless(otp_pool, attributes)
    confirmed = confirm(server, otp_pool, signed_up["Session"])
    result = result_of(start_with(otp_api, otp_pool, confirmed["Session"]))
    assert claims_of(result["AccessToken"])["username"] == "alice"
    with refused("NotAuthorizedException"):
        start_with(otp_api, otp_pool, confirmed["Session"])


def test_sign_up_session_without_code_does_not_sign_in(
    otp_api: AuthApi, server: RunningServer, otp_pool: PoolForTest
) -> None:
    signed_up = passwordless(otp_pool, EMAIL)
    asked = start_with(otp_api, otp_pool, signed_up["Session"])
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    with refused("NotAuthorizedException", "Invalid session for the user."):
        otp_api.respond(
            "EMAIL_OTP", signed_up["Session"], USERNAME="alice", EMAIL_OTP_CODE="123456"
        )


def test_session_of_another_user_is_refused(
    otp_api: AuthApi, server: RunningServer, otp_pool: PoolForTest
) -> None:
    confirmed = confirm(server, otp_pool, passwordless(otp_pool, EMAIL)["Session"])
    bob = passwordless(otp_pool, {"email": "bob@example.com"}, "bob")
    otp_pool.admin_confirm("bob")
    for session in (bob["Session"], "A" * 40):
        with refused("NotAuthorizedException", "Invalid session for the user."):
            start_with(otp_api, otp_pool, session)
    result_of(start_with(otp_api, otp_pool, confirmed["Session"]))


def test_confirmation_without_session_returns_one_to_sign_in(
    otp_api: AuthApi, server: RunningServer, otp_pool: PoolForTest
) -> None:
    """Amplify confirms without SignUp's Session, and goes on with that of the answer
    (amplify-js, confirmSignUp.ts).
    """
    passwordless(otp_pool, EMAIL)
    confirmed = confirm(server, otp_pool, None)
    result_of(start_with(otp_api, otp_pool, confirmed["Session"]))


def test_confirmation_with_session_of_another_user_is_refused(
    server: RunningServer, otp_pool: PoolForTest
) -> None:
    passwordless(otp_pool, EMAIL)
    bob = passwordless(otp_pool, {"email": "bob@example.com"}, "bob")
    with refused("NotAuthorizedException", "Invalid session for the user."):
        confirm(server, otp_pool, bob["Session"])
    assert otp_pool.user()["UserStatus"] == "UNCONFIRMED"


def test_user_who_cannot_start_with_code_chooses_after_sign_up(
    new_pool: NewPool, server: RunningServer, by_admin: bool
) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, AutoVerifiedAttributes=["email"])
    confirmed = confirm(server, pool, pool.sign_up(attributes=EMAIL)["Session"])
    asked = start_with(AuthApi(pool, by_admin=by_admin), pool, confirmed["Session"])
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]


def test_clients_without_choice_based_sign_in_get_no_session(pool: PoolForTest) -> None:
    assert "Session" not in pool.sign_up()
