"""Signing in by password and by SRP, through both authentication APIs (ev:auth-3.1, ev:auth-4)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.functions_server import FunctionError, FunctionsServer, arn
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of, srp_client

WRONG = "Incorrect username or password."
WAYS = pytest.mark.parametrize("way", ["by_password", "by_srp"])


@WAYS
def test_right_password_returns_tokens(api: AuthApi, open_pool: PoolForTest, way: str) -> None:
    result = result_of(getattr(api, way)())
    assert result["TokenType"] == "Bearer"
    assert result["ExpiresIn"] == 3600
    access, identity = claims_of(result["AccessToken"]), claims_of(result["IdToken"])
    assert access["token_use"] == "access"
    assert access["scope"] == "aws.cognito.signin.user.admin"
    assert access["client_id"] == identity["aud"] == open_pool.client_id
    assert access["username"] == identity["cognito:username"] == "alice"
    assert access["sub"] == identity["sub"] == open_pool.user()["attributes"]["sub"]
    user = open_pool.cognito.get_user(AccessToken=result["AccessToken"])
    assert user["Username"] == "alice"


@WAYS
def test_wrong_password_is_refused(api: AuthApi, way: str) -> None:
    with refused("NotAuthorizedException", WRONG):  # ev:field-test; amazon-cognito-identity-js#506
        getattr(api, way)(password="Wrong-horse-9!")


@WAYS
def test_unknown_user_is_reported_by_default(api: AuthApi, way: str) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        getattr(api, way)(username="nobody")


@WAYS
def test_unknown_user_gets_response_of_wrong_password(
    new_pool: NewPool, by_admin: bool, way: str
) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"})
    with refused("NotAuthorizedException", WRONG):  # ev:auth-2.3
        getattr(AuthApi(pool, by_admin=by_admin), way)(username="nobody")


def test_srp_challenge_of_unknown_user_is_stable(new_pool: NewPool) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"})
    api = AuthApi(pool, by_admin=False)
    first, second = (
        api.start("USER_SRP_AUTH", USERNAME="nobody", SRP_A=srp_client(pool).srp_a)
        for _ in range(2)
    )
    assert first["ChallengeParameters"]["SALT"] == second["ChallengeParameters"]["SALT"]
    assert first["ChallengeParameters"].keys() == {
        *("SALT", "SRP_B", "SECRET_BLOCK", "USERNAME", "USER_ID_FOR_SRP")
    }


@pytest.mark.parametrize("hours", [-23, -12, 0, 12, 23])
def test_srp_timestamp_slightly_off_signs_in(
    api: AuthApi, open_pool: PoolForTest, hours: int
) -> None:
    """amplify-js#2014, amazon-cognito-identity-js#495; alexrudd/cognito-srp is twelve hours off."""
    client, at = srp_client(open_pool), datetime.now(UTC) + timedelta(hours=hours)
    asked = api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=client.srp_a)
    claim = client.responses(asked["ChallengeParameters"], at=at)
    result_of(api.respond("PASSWORD_VERIFIER", **claim))


@pytest.mark.parametrize("hours", [-25, 25])
def test_srp_timestamp_days_off_is_refused(
    api: AuthApi, open_pool: PoolForTest, hours: int
) -> None:
    client, at = srp_client(open_pool), datetime.now(UTC) + timedelta(hours=hours)
    asked = api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=client.srp_a)
    with refused("NotAuthorizedException", WRONG):
        api.respond("PASSWORD_VERIFIER", **client.responses(asked["ChallengeParameters"], at=at))


@pytest.mark.parametrize(
    "form", ["{later:%a} {at:%b} {at.day} {at:%H:%M:%S}", "{at:%a %b} {at.day} {at:%H}:5:{at:%S}"]
)
def test_srp_timestamp_signed_as_sent_but_malformed_is_refused(
    api: AuthApi, open_pool: PoolForTest, form: str
) -> None:
    """Measured: ministack#1758. With another day's name; with a zero too few."""
    client, at = srp_client(open_pool), datetime.now(UTC).replace(minute=5)
    written = form.format(at=at, later=at + timedelta(days=1)) + f" UTC {at.year}"
    asked = api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=client.srp_a)
    claim = client.responses(asked["ChallengeParameters"], written=written)
    with refused("NotAuthorizedException", WRONG):
        api.respond("PASSWORD_VERIFIER", **claim)


@WAYS
def test_unconfirmed_user_is_reported_before_password(
    new_pool: NewPool, by_admin: bool, way: str
) -> None:
    """amazon-cognito-identity-js#288, aws-sdk-js#4608; before SRP's challenge (amplify-swift#3053;
    measured: ministack#1758). Nothing is counted that could lock the user out later.
    """
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS})
    pool.sign_up()
    api = AuthApi(pool, by_admin=by_admin)
    for password in (*["Wrong-horse-9!"] * 6, PASSWORD):
        with refused("UserNotConfirmedException", "User is not confirmed."):
            getattr(api, way)(password=password)
    with refused("UserNotConfirmedException", "User is not confirmed."):
        api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=srp_client(pool).srp_a)
    pool.admin_confirm()
    result_of(getattr(api, way)())


@WAYS
def test_unconfirmed_user_is_reported_after_password_with_prevent_user_existence_errors(
    new_pool: NewPool, by_admin: bool, way: str
) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"})
    pool.sign_up()
    api = AuthApi(pool, by_admin=by_admin)
    with refused("NotAuthorizedException", WRONG):
        getattr(api, way)(password="Wrong-horse-9!")
    with refused("UserNotConfirmedException", "User is not confirmed."):
        getattr(api, way)()


@WAYS
def test_disabled_user_is_reported(api: AuthApi, open_pool: PoolForTest, way: str) -> None:
    open_pool.cognito.admin_disable_user(UserPoolId=open_pool.id, Username="alice")
    with refused("NotAuthorizedException", "User is disabled."):
        getattr(api, way)()


@WAYS
def test_right_password_is_refused_after_five_failures(api: AuthApi, way: str) -> None:
    for _ in range(5):
        with refused("NotAuthorizedException", WRONG):
            getattr(api, way)(password="Wrong-horse-9!")
    # The first lock lasts a second: failures follow until one falls into it.
    for _ in range(10):
        with pytest.raises(ClientError) as caught:
            getattr(api, way)(password="Wrong-horse-9!")
        if caught.value.response["Error"]["Message"] == "Password attempts exceeded":
            break
    else:
        pytest.fail("no lock")
    # amazon-cognito-identity-js#506
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        getattr(api, way)()


def test_secret_block_is_single_use(api: AuthApi, open_pool: PoolForTest) -> None:
    client = srp_client(open_pool)
    asked = api.start("USER_SRP_AUTH", USERNAME="alice", SRP_A=client.srp_a)
    responses = client.responses(asked["ChallengeParameters"])
    result_of(api.respond("PASSWORD_VERIFIER", **responses))
    with refused(
        "NotAuthorizedException",
        "Invalid session for the user, session can only be used once.",  # amplify-js#13123
    ):
        api.respond("PASSWORD_VERIFIER", **responses)


@pytest.mark.parametrize("name", ["USERNAME", "PASSWORD"])
def test_parameters_that_are_missing_are_named(api: AuthApi, name: str) -> None:
    given = {"USERNAME": "alice", "PASSWORD": PASSWORD}
    with refused("InvalidParameterException", f"Missing required parameter {name}"):
        api.start("USER_PASSWORD_AUTH", **{**given, name: ""})  # ev:field-test C04, C05


def test_pre_authentication_runs_before_the_password_is_looked_at(
    new_pool: NewPool, functions: FunctionsServer, by_admin: bool
) -> None:
    pool = new_pool(
        client={"ExplicitAuthFlows": FLOWS},
        LambdaConfig={"PreAuthentication": arn("before")},
    )
    pool.sign_up()
    api = AuthApi(pool, by_admin=by_admin)

    def refuse(_: dict[str, Any]) -> None:
        raise FunctionError("closed on Sundays")

    functions.answers["PreAuthentication_Authentication"] = refuse
    with refused(
        "UserLambdaValidationException",
        "PreAuthentication failed with error closed on Sundays.",  # ev:field-test C10
    ):
        api.by_password(password="Wrong-horse-9!")
