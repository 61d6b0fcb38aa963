"""Messages with codes are limited for every caller (ev:auth-9; ev:users-17.1)."""

from typing import Any

from support.mfa_pools import VERIFIED_EMAIL, mfa_pool, prefers, registers_app
from support.refusals import refused
from support.running_server import RunningServer
from support.sent_codes import messages_to
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of

from poolhouse.entities.codes import Action
from poolhouse.rules.auth.attempt_limits import LIMITS

MFA_MESSAGES = LIMITS[Action.SECOND_FACTOR_MESSAGE]
FIRST_FACTORS = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
RATE = "Rate exceeded"  # amplify-js#3554; the model lists no LimitExceededException


def updates(pool: PoolForTest, token: str, **attributes: str) -> Any:
    given = [{"Name": name, "Value": value} for name, value in attributes.items()]
    return pool.cognito.update_user_attributes(AccessToken=token, UserAttributes=given)


def test_initiate_auth_past_twenty_second_factor_emails_an_hour_is_refused(
    server: RunningServer, new_pool: NewPool
) -> None:
    """The guide: 5 to 20 messages an hour. The mildest, or users couldn't sign in."""
    pool = mfa_pool(new_pool, "OPTIONAL", "email", attributes=VERIFIED_EMAIL)
    prefers(pool, email=True)
    apis = [AuthApi(pool, by_admin=False), AuthApi(pool, by_admin=True)]
    for number in range(MFA_MESSAGES):
        assert apis[number % 2].by_password()["ChallengeName"] == "EMAIL_OTP"
    sent = len(messages_to(server, pool))
    for api in apis:
        with refused("TooManyRequestsException", RATE):
            api.by_password()
        with refused("NotAuthorizedException", "Incorrect username or password."):
            api.by_password(password="Wrong-horse-1!")
    assert len(messages_to(server, pool)) == sent


def test_mfa_setup_to_one_address_after_the_other_is_limited_alike(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = mfa_pool(
        new_pool,
        *("ON", "app", "email"),
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]},
    )
    api = AuthApi(pool, by_admin=False)
    for number in range(MFA_MESSAGES):
        session = api.by_password()["Session"]
        address = f"other-{number}@home.example"
        api.respond("MFA_SETUP", session, USERNAME="alice", EMAIL=address)
    session = api.by_password()["Session"]
    with refused("TooManyRequestsException", RATE):
        api.respond("MFA_SETUP", session, USERNAME="alice", EMAIL="one-more@home.example")
    assert len(messages_to(server, pool)) == MFA_MESSAGES


def test_unauthenticated_requests_for_codes_use_up_no_second_factor(new_pool: NewPool) -> None:
    """Otherwise a caller without the password could keep its owner out."""
    pool = mfa_pool(
        new_pool, "OPTIONAL", "email", attributes=VERIFIED_EMAIL, Policies=FIRST_FACTORS
    )
    api = AuthApi(pool, by_admin=False)
    asked = {"USERNAME": "alice", "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    for _ in range(LIMITS[Action.SIGN_IN_CODE]):
        assert api.start("USER_AUTH", **asked)["ChallengeName"] == "EMAIL_OTP"
    with refused("TooManyRequestsException", RATE):
        api.start("USER_AUTH", **asked)
    prefers(pool, email=True)
    assert api.by_password()["ChallengeName"] == "EMAIL_OTP"


def test_update_user_attributes_past_five_messages_an_hour_is_refused(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes={"email": "alice@home.example"})
    pool.admin_confirm()
    token = result_of(AuthApi(pool, by_admin=False).by_password())["AccessToken"]
    before = len(messages_to(server, pool))
    for number in range(5):
        updates(pool, token, email=f"other-{number}@home.example")
    with refused("TooManyRequestsException", RATE):
        updates(pool, token, email="one-more@home.example", name="Alice")
    assert len(messages_to(server, pool)) == before + 5
    assert pool.user()["attributes"]["email"] == "other-4@home.example"
    updates(pool, token, name="Alice")
    pool.cognito.admin_update_user_attributes(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "email", "Value": "by-an-administrator@home.example"}],
    )


def test_update_user_attributes_counts_each_message(
    server: RunningServer, new_pool: NewPool
) -> None:
    sms = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        AutoVerifiedAttributes=["email", "phone_number"],
        SmsConfiguration=sms,
    )
    pool.sign_up(attributes={"email": "alice@home.example"})
    pool.admin_confirm()
    token = result_of(AuthApi(pool, by_admin=False).by_password())["AccessToken"]
    for number in range(2):
        updates(pool, token, email=f"a{number}@home.example", phone_number=f"+4917012345{number}0")
    with refused("TooManyRequestsException", RATE):
        updates(pool, token, email="b@home.example", phone_number="+491701234599")
    updates(pool, token, email="b@home.example")


def test_registering_an_app_clears_no_failures_at_other_factors(new_pool: NewPool) -> None:
    """The client knows the secret of an app that it registers: with a stolen access token it would
    get fresh guesses at the owner's second factor.
    """
    pool = mfa_pool(new_pool, "OPTIONAL", "app", "email", attributes=VERIFIED_EMAIL)
    api = AuthApi(pool, by_admin=False)
    token = result_of(api.by_password())["AccessToken"]
    prefers(pool, email=True)
    session = api.by_password()["Session"]
    for _ in range(4):
        with refused("CodeMismatchException"):
            api.respond("EMAIL_OTP", session, USERNAME="alice", EMAIL_OTP_CODE="000000")
    registers_app(pool, token)
    with refused("CodeMismatchException"):
        api.respond("EMAIL_OTP", session, USERNAME="alice", EMAIL_OTP_CODE="000001")
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        api.respond("EMAIL_OTP", session, USERNAME="alice", EMAIL_OTP_CODE="000002")


def test_confirm_sign_up_with_a_wrong_session_does_not_compare_the_code(
    server: RunningServer, new_pool: NewPool
) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes={"email": "alice@home.example"})
    right = messages_to(server, pool)[-1].code
    for code in ("000000", right):
        with refused("NotAuthorizedException", "Invalid session for the user."):
            pool.cognito.confirm_sign_up(
                ClientId=pool.client_id,
                Username="alice",
                ConfirmationCode=code,
                Session="x" * 40,
            )
    assert pool.user()["UserStatus"] == "UNCONFIRMED"
