"""Stepping up from an access token: what its user has proved isn't asked for again, and no other
user gains anything by it (dg:amazon-cognito-user-pools-authentication-flow, Step-up authentication
with the USER_AUTH flow).
"""

from typing import Any

import pytest
from support.access_tokens import token_of
from support.audit_reading import Trail
from support.mfa_pools import FACTORS, PHONE, SNS, changes, mfa_pool, prefers, registers_app
from support.refusals import refused
from support.remembered_device import KeptDevice
from support.running_server import RunningServer
from support.sent_codes import code_of
from support.served_pools import NewPool, PoolForTest
from support.sign_in_player import Player
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of
from support.step_up import FOUR, ONE, THREE, TWO, acr_and_amr, ages, from_tokens, steps_up, toward

APP = "SOFTWARE_TOKEN_MFA"
ALREADY_MET = "The access token already satisfies the requested ACR values."
OUT_OF_REACH = "The user has no factors that satisfy the requested ACR values."
FOREIGN = "Access Token does not belong to the user."
ANOTHER = "Another-Horse-9!"


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    """Alice has an app that she needn't use."""
    return mfa_pool(new_pool, "OPTIONAL", "app", "sms", attributes={"phone_number": PHONE})


@pytest.fixture
def api(pool: PoolForTest, by_admin: bool) -> AuthApi:
    return AuthApi(pool, by_admin=by_admin)


@pytest.fixture
def player(server: RunningServer, pool: PoolForTest, api: AuthApi) -> Player:
    player = Player(server, api, pool, "alice")
    player.app = registers_app(pool, token_of(server, pool))
    return player


@pytest.fixture
def tokens(api: AuthApi) -> dict[str, Any]:
    """Of a sign-in by password."""
    return result_of(api.by_password())


def begins(api: AuthApi, tokens: dict[str, Any], *levels: str, **more: str) -> Any:
    given = {"USERNAME": "alice", **from_tokens(tokens, *levels, **more)}
    return api.start("USER_AUTH", **given)


def test_step_up_asks_only_for_missing_factors(player: Player, tokens: dict[str, Any]) -> None:
    asked = steps_up(player, **from_tokens(tokens, FOUR))
    assert asked == [APP]
    assert acr_and_amr(result_of(player.last)) == (FOUR, ["pwd", "otp", "mfa"])


def test_step_up_creates_new_session_and_old_tokens_stay_valid(
    pool: PoolForTest, player: Player, tokens: dict[str, Any]
) -> None:
    steps_up(player, **from_tokens(tokens, FOUR))
    result = result_of(player.last)
    assert result["RefreshToken"] != tokens["RefreshToken"]
    before, after = claims_of(tokens["AccessToken"]), claims_of(result["AccessToken"])
    assert before["sub"] == after["sub"]
    assert before["event_id"] != after["event_id"]
    assert before["auth_time"] <= after["auth_time"]
    for access in (tokens["AccessToken"], result["AccessToken"]):
        assert pool.cognito.get_user(AccessToken=access)["Username"] == "alice"


def test_audit_record_has_credited_proofs(
    server: RunningServer, player: Player, tokens: dict[str, Any]
) -> None:
    steps_up(player, **from_tokens(tokens, FOUR))
    assert Trail(server).of(player.last).proofs == ("pwd", "otp")


def test_step_up_from_second_factor_to_better_one(
    pool: PoolForTest, player: Player, api: AuthApi
) -> None:
    prefers(pool, sms="preferred", app=True)
    assert steps_up(player, **toward(THREE, PREFERRED_CHALLENGE="PASSWORD")) == [
        "PASSWORD",
        "SMS_MFA",
    ]
    assert steps_up(player, **from_tokens(result_of(player.last), FOUR)) == [APP]
    assert acr_and_amr(result_of(player.last)) == (FOUR, ["pwd", "sms", "otp", "mfa"])


def test_step_up_after_code_asks_for_password(
    server: RunningServer, new_pool: NewPool, by_admin: bool
) -> None:
    first = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SMS_OTP"]}}
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, Policies=first, SmsConfiguration=SNS)
    pool.sign_up(attributes={"phone_number": PHONE})
    pool.admin_confirm()
    player = Player(server, AuthApi(pool, by_admin=by_admin), pool, "alice")
    player.plays("USER_AUTH", PREFERRED_CHALLENGE="SMS_OTP")
    player.first = "PASSWORD"
    asked = steps_up(player, **from_tokens(result_of(player.last), THREE))
    assert asked == ["SELECT_CHALLENGE", "PASSWORD"]
    assert acr_and_amr(result_of(player.last)) == (THREE, ["sms", "pwd", "mfa"])


@pytest.mark.parametrize("levels", [(ONE,), (FOUR, ONE)])
def test_step_up_with_sufficient_tokens_is_refused(
    server: RunningServer, new_pool: NewPool, by_admin: bool, levels: tuple[str, ...]
) -> None:
    """The guide: stepping up is no mechanism to refresh tokens."""
    pool = mfa_pool(new_pool, "OPTIONAL", "app")
    api = AuthApi(pool, by_admin=by_admin)
    with refused("InvalidParameterException", ALREADY_MET):
        begins(api, result_of(api.by_password()), *levels)


def test_step_up_again_at_the_reached_level_is_refused(player: Player, api: AuthApi) -> None:
    steps_up(player, **toward(FOUR, PREFERRED_CHALLENGE="PASSWORD"))
    for level in (ONE, TWO, THREE, FOUR):
        with refused("InvalidParameterException", ALREADY_MET):
            begins(api, result_of(player.last), level)


def test_step_up_without_factors_is_refused(new_pool: NewPool, by_admin: bool) -> None:
    api = AuthApi(mfa_pool(new_pool, "OPTIONAL", "app"), by_admin=by_admin)
    with refused("InvalidParameterException", OUT_OF_REACH):
        begins(api, result_of(api.by_password()), FOUR)


# MAX_AGE


def test_old_sign_in_is_not_credited(
    server: RunningServer, pool: PoolForTest, player: Player, tokens: dict[str, Any]
) -> None:
    """The guide's table: with MAX_AGE not satisfied from scratch; the token remains valid."""
    ages(server, pool, tokens, minutes=10)
    asked = steps_up(
        player, **from_tokens(tokens, FOUR, MAX_AGE="599"), PREFERRED_CHALLENGE="PASSWORD"
    )
    assert asked == ["PASSWORD", APP]
    pool.cognito.get_user(AccessToken=tokens["AccessToken"])


def test_met_level_with_old_sign_in_asks_again(
    server: RunningServer, pool: PoolForTest, player: Player, tokens: dict[str, Any]
) -> None:
    ages(server, pool, tokens, minutes=10)
    given = {"PREFERRED_CHALLENGE": "PASSWORD"}
    assert steps_up(player, **from_tokens(tokens, ONE, MAX_AGE="60"), **given) == ["PASSWORD"]
    assert acr_and_amr(result_of(player.last)) == (ONE, ["pwd"])


def test_recent_sign_in_is_credited(player: Player, tokens: dict[str, Any]) -> None:
    assert steps_up(player, **from_tokens(tokens, FOUR, MAX_AGE="86400")) == [APP]


# What the pool demands is demanded


def test_met_level_still_asks_for_required_mfa(
    pool: PoolForTest, player: Player, tokens: dict[str, Any]
) -> None:
    """The guide: the required MFA is silently enforced, and there is no error."""
    prefers(pool, sms=True)
    assert steps_up(player, **from_tokens(tokens, ONE)) == ["SMS_MFA"]
    assert acr_and_amr(result_of(player.last)) == (THREE, ["pwd", "sms", "mfa"])


def test_credited_factor_that_is_off_is_no_second_factor(pool: PoolForTest, player: Player) -> None:
    prefers(pool, sms=True)
    steps_up(player, **toward(THREE, PREFERRED_CHALLENGE="PASSWORD"))
    prefers(pool, sms=False, app=True)
    assert steps_up(player, **from_tokens(result_of(player.last), ONE)) == [APP]


def test_step_up_by_token_sets_up_no_second_factor(new_pool: NewPool, by_admin: bool) -> None:
    """Who has stolen it would come to stay."""
    pool = mfa_pool(new_pool, "OPTIONAL", "app")
    api = AuthApi(pool, by_admin=by_admin)
    tokens = result_of(api.by_password())
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="ON", **FACTORS["app"]
    )
    with refused("InvalidParameterException", OUT_OF_REACH):
        begins(api, tokens, ONE)


def test_remembered_device_reaches_no_level(new_pool: NewPool, server: RunningServer) -> None:
    """It takes the place of a second factor that the pool demands, not of one that a level does."""
    tracking = {"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}}
    number = {"phone_number": PHONE}
    pool = mfa_pool(new_pool, "OPTIONAL", "sms", attributes=number, **tracking)
    prefers(pool, sms=True)
    player = Player(server, AuthApi(pool, by_admin=False), pool, "alice")
    device = KeptDevice(player.plays("USER_PASSWORD_AUTH", "PASSWORD"))
    device.confirm(pool.cognito)
    player.device = device
    by_device = ["DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"]
    given = {"PREFERRED_CHALLENGE": "PASSWORD"}
    assert steps_up(player, **toward(ONE), **given) == ["PASSWORD", *by_device]
    assert acr_and_amr(result_of(player.last)) == (ONE, ["pwd"])
    by_the_device = result_of(player.last)
    assert steps_up(player, **toward(THREE), **given) == ["PASSWORD", "SMS_MFA"]
    assert steps_up(player, **from_tokens(by_the_device, THREE)) == ["SMS_MFA"]
    assert acr_and_amr(result_of(player.last)) == (THREE, ["pwd", "sms", "mfa"])


# Tokens that earn no credit


@pytest.mark.parametrize("whose", ["alice", "nobody"])
def test_token_of_another_user_is_not_credited(
    new_pool: NewPool, by_admin: bool, whose: str
) -> None:
    """Not even to tell who exists."""
    hiding = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}
    pool = new_pool(client=hiding)
    for name in ("alice", "bob"):
        pool.sign_up(name)
        pool.admin_confirm(name)
    api = AuthApi(pool, by_admin=by_admin)
    of_bob = result_of(api.by_password("bob"))
    for more in ({}, {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}, {"MAX_AGE": "0"}):
        with refused("NotAuthorizedException", FOREIGN):
            begins(api, of_bob, ONE, USERNAME=whose, **more)


def test_token_of_another_app_client_is_refused(
    pool: PoolForTest, by_admin: bool, player: Player
) -> None:
    made = pool.cognito.create_user_pool_client(
        UserPoolId=pool.id, ClientName="other", ExplicitAuthFlows=FLOWS
    )["UserPoolClient"]
    answer = pool.cognito.initiate_auth(
        ClientId=made["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
    )
    with refused("NotAuthorizedException", FOREIGN):
        begins(AuthApi(pool, by_admin=by_admin), result_of(answer), FOUR)


def test_token_of_another_pool_is_refused(new_pool: NewPool, api: AuthApi, player: Player) -> None:
    other = mfa_pool(new_pool, "OPTIONAL", "app")
    elsewhere = result_of(AuthApi(other, by_admin=False).by_password())
    with refused("NotAuthorizedException", FOREIGN):
        begins(api, elsewhere, FOUR)


@pytest.mark.parametrize("ended", ["signed out", "revoked"])
def test_session_ended_during_step_up_ends_it(
    server: RunningServer, pool: PoolForTest, api: AuthApi, player: Player, ended: str
) -> None:
    """A thief who began with a stolen token gets no further."""
    assert player.app is not None
    tokens = result_of(api.by_password())
    asked = begins(api, tokens, FOUR)
    if ended == "revoked":
        pool.cognito.revoke_token(ClientId=pool.client_id, Token=tokens["RefreshToken"])
    else:
        pool.cognito.admin_user_global_sign_out(UserPoolId=pool.id, Username="alice")
    given = {"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": player.app.code(1)}
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        api.respond(APP, asked["Session"], **given)
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        begins(api, tokens, FOUR)


def test_password_replaced_since_is_not_credited(
    pool: PoolForTest, player: Player, tokens: dict[str, Any]
) -> None:
    """Who changes it after a theft has shut out the thief, whatever tokens he still has."""
    pool.cognito.change_password(
        AccessToken=tokens["AccessToken"], PreviousPassword=PASSWORD, ProposedPassword=ANOTHER
    )
    player.password = ANOTHER
    asked = steps_up(player, **from_tokens(tokens, FOUR), PREFERRED_CHALLENGE="PASSWORD")
    assert asked == ["PASSWORD", APP]


def test_password_replaced_during_step_up_ends_it(
    pool: PoolForTest, api: AuthApi, player: Player, tokens: dict[str, Any]
) -> None:
    assert player.app is not None
    asked = begins(api, tokens, FOUR)
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username="alice", Password=ANOTHER, Permanent=True
    )
    given = {"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": player.app.code(1)}
    with refused("NotAuthorizedException", "Invalid session for the user."):
        api.respond(APP, asked["Session"], **given)


def test_token_does_not_replace_temporary_password(
    pool: PoolForTest, api: AuthApi, player: Player, tokens: dict[str, Any]
) -> None:
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username="alice", Password=ANOTHER, Permanent=False
    )
    asked = begins(api, tokens, FOUR)
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]
    asked = begins(api, tokens, ONE)
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"


def test_step_up_session_is_single_use(
    server: RunningServer, pool: PoolForTest, api: AuthApi, tokens: dict[str, Any]
) -> None:
    prefers(pool, sms=True)
    asked = begins(api, tokens, THREE)
    given = {"USERNAME": "alice", "SMS_MFA_CODE": code_of(server, pool)}
    result_of(api.respond("SMS_MFA", asked["Session"], **given))
    with refused(
        "NotAuthorizedException", "Invalid session for the user, session can only be used once."
    ):
        api.respond("SMS_MFA", asked["Session"], **given)


def test_step_up_accepts_alias_of_tokens_user(server: RunningServer, new_pool: NewPool) -> None:
    pool = mfa_pool(new_pool, "OPTIONAL", "app", AliasAttributes=["phone_number"])
    changes(pool, {"phone_number": PHONE, "phone_number_verified": "true"})
    player = Player(server, AuthApi(pool, by_admin=False), pool, "alice")
    player.app = registers_app(pool, token_of(server, pool))
    tokens = player.plays("USER_PASSWORD_AUTH", "PASSWORD")
    player.username = PHONE
    assert steps_up(player, **from_tokens(tokens, FOUR)) == [APP]
