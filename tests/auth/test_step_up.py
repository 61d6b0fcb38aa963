"""USER_AUTH toward a level, from scratch: TARGET_ACR_VALUES, and the claims `acr` and `amr`.

Evidence: dg:cognito-user-pools-step-up-authentication; ev:auth-17.
"""

import pytest
from botocore.exceptions import ClientError
from support.access_tokens import token_of
from support.audit_reading import Trail
from support.mfa_pools import (
    BY_EMAIL,
    EMAIL,
    FACTORS,
    PHONE,
    SNS,
    changes,
    forget_used_codes,
    mfa_pool,
    prefers,
    registers_app,
)
from support.passkey_device import PARTY
from support.passkey_pools import registered
from support.refusals import refused
from support.running_server import RunningServer
from support.served_pools import NewPool, PoolForTest
from support.sign_in_player import Player
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of
from support.step_up import FOUR, LEVELS, ONE, THREE, TWO, acr_and_amr, steps_up, toward

OUT_OF_REACH = "The user has no factors that satisfy the requested ACR values."
APP = "SOFTWARE_TOKEN_MFA"


@pytest.fixture
def pool(new_pool: NewPool) -> PoolForTest:
    """Alice may begin with a password, a code or a passkey, and has no second factor yet."""
    first = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]}
    return mfa_pool(
        new_pool,
        "OPTIONAL",
        "app",
        "email",
        "sms",
        Policies={"SignInPolicy": first},
        SmsConfiguration=SNS,
    )


@pytest.fixture
def player(server: RunningServer, pool: PoolForTest, by_admin: bool) -> Player:
    return Player(server, AuthApi(pool, by_admin=by_admin), pool, "alice")


def owns_app(server: RunningServer, pool: PoolForTest, player: Player) -> None:
    player.app = registers_app(pool, token_of(server, pool))


def test_tokens_of_other_flows_have_no_level(pool: PoolForTest, by_admin: bool) -> None:
    """The claims are what TARGET_ACR_VALUES asks for; how users signed in is told to all."""
    assert acr_and_amr(result_of(AuthApi(pool, by_admin=by_admin).by_password())) == (None, ["pwd"])


def test_password_reaches_level_1(player: Player) -> None:
    player.first = "PASSWORD"
    asked = steps_up(player, **toward(ONE))
    assert asked == ["SELECT_CHALLENGE", "PASSWORD"]
    assert acr_and_amr(result_of(player.last)) == (ONE, ["pwd"])


def test_preferred_password_reaches_level_1_at_once(player: Player) -> None:
    given = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    assert steps_up(player, **toward(ONE), **given) == []
    assert acr_and_amr(result_of(player.last)) == (ONE, ["pwd"])


@pytest.mark.parametrize(
    ("factor", "method", "attributes"),
    [("EMAIL_OTP", "email_otp", {"email": EMAIL}), ("SMS_OTP", "sms", {"phone_number": PHONE})],
)
def test_one_time_code_reaches_level_2(
    pool: PoolForTest, player: Player, factor: str, method: str, attributes: dict[str, str]
) -> None:
    changes(pool, attributes)
    player.first = factor
    assert steps_up(player, **toward(TWO)) == ["SELECT_CHALLENGE", factor]
    assert acr_and_amr(result_of(player.last)) == (TWO, [method])


def test_password_and_code_reach_level_3(pool: PoolForTest, player: Player) -> None:
    changes(pool, {"email": EMAIL})
    player.first = "EMAIL_OTP"
    asked = steps_up(player, **toward(THREE), PREFERRED_CHALLENGE="PASSWORD")
    assert asked == ["PASSWORD", "SELECT_CHALLENGE", "EMAIL_OTP"]
    assert acr_and_amr(result_of(player.last)) == (THREE, ["pwd", "email_otp", "mfa"])


def test_passkey_reaches_level_3(server: RunningServer, pool: PoolForTest, player: Player) -> None:
    mfa = {"MfaConfiguration": "OPTIONAL", **FACTORS["app"]}
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id, WebAuthnConfiguration={"RelyingPartyId": PARTY}, **mfa
    )
    player.passkey = registered(server, pool, attachment="cross-platform")
    player.first = "WEB_AUTHN"
    assert steps_up(player, **toward(TWO)) == ["SELECT_CHALLENGE", "WEB_AUTHN"]
    assert acr_and_amr(result_of(player.last)) == (THREE, ["hwk"])


@pytest.mark.parametrize("target", [ONE, TWO, THREE])
def test_active_second_factor_is_asked_for_at_every_level(
    pool: PoolForTest, player: Player, target: str
) -> None:
    """The guide: MFA is a floor."""
    changes(pool, {"phone_number": PHONE})
    prefers(pool, sms=True)
    player.first = "PASSWORD"
    assert steps_up(player, **toward(target)) == ["SELECT_CHALLENGE", "PASSWORD", "SMS_MFA"]
    assert acr_and_amr(result_of(player.last)) == (THREE, ["pwd", "sms", "mfa"])


def test_inactive_app_is_asked_for_at_highest_level(
    server: RunningServer, pool: PoolForTest, player: Player
) -> None:
    owns_app(server, pool, player)
    player.first = "PASSWORD"
    assert steps_up(player, **toward(ONE)) == ["SELECT_CHALLENGE", "PASSWORD"]
    assert steps_up(player, **toward(FOUR)) == ["SELECT_CHALLENGE", "PASSWORD", APP]
    assert acr_and_amr(result_of(player.last)) == (FOUR, ["pwd", "otp", "mfa"])


def test_level_selects_the_second_factor(
    server: RunningServer, pool: PoolForTest, player: Player
) -> None:
    """The guide: the target can influence which of several enabled factors is prompted for."""
    changes(pool, {"phone_number": PHONE})
    owns_app(server, pool, player)
    prefers(pool, sms="preferred", app=True)
    given = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    assert steps_up(player, **toward(THREE), **given) == ["SMS_MFA"]
    assert steps_up(player, **toward(FOUR), **given) == [APP]
    assert acr_and_amr(result_of(player.last)) == (FOUR, ["pwd", "otp", "mfa"])


def test_choice_has_only_second_factors_leading_to_level(
    server: RunningServer, pool: PoolForTest, by_admin: bool
) -> None:
    changes(pool, {"phone_number": PHONE, "email": EMAIL})
    registers_app(pool, token_of(server, pool))
    prefers(pool, sms=True, email=True, app=True)
    api = AuthApi(pool, by_admin=by_admin)
    given = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD, "USERNAME": "alice"}
    assert api.start("USER_AUTH", **given, **toward(FOUR))["ChallengeName"] == APP
    asked = api.start("USER_AUTH", **given, **toward(THREE))
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    choice = asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"]
    assert choice == '["SMS_MFA","EMAIL_OTP","SOFTWARE_TOKEN_MFA"]'


def test_first_reachable_level_is_taken(pool: PoolForTest, player: Player) -> None:
    player.first = "PASSWORD"
    steps_up(player, **toward("urn:unknown", FOUR, THREE, TWO, ONE))
    assert acr_and_amr(result_of(player.last)) == (ONE, ["pwd"])


def test_step_up_factors_not_leading_to_the_level_are_refused(
    server: RunningServer, pool: PoolForTest, by_admin: bool
) -> None:
    changes(pool, {"email": EMAIL})
    registers_app(pool, token_of(server, pool))
    api = AuthApi(pool, by_admin=by_admin)
    every = api.start("USER_AUTH", USERNAME="alice", **toward(ONE))
    assert every["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"]
    asked = api.start("USER_AUTH", USERNAME="alice", **toward(FOUR))
    assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]
    with refused("InvalidParameterException"):
        api.respond("SELECT_CHALLENGE", asked["Session"], USERNAME="alice", ANSWER="EMAIL_OTP")
    preferred = toward(FOUR, PREFERRED_CHALLENGE="EMAIL_OTP")
    asked = api.start("USER_AUTH", USERNAME="alice", **preferred)
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"


def test_failed_step_up_returns_no_tokens(
    server: RunningServer, pool: PoolForTest, player: Player, by_admin: bool
) -> None:
    """The guide: all or nothing, and no intermediate tokens."""
    owns_app(server, pool, player)
    forget_used_codes(server, pool)
    assert player.app is not None
    api = AuthApi(pool, by_admin=by_admin)
    given = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    asked = api.start("USER_AUTH", USERNAME="alice", **toward(FOUR), **given)
    assert "AuthenticationResult" not in asked
    wrong = {"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": player.app.wrong_code()}
    with refused("CodeMismatchException"):
        api.respond(APP, asked["Session"], **wrong)


def test_factor_removed_during_step_up_ends_it(
    server: RunningServer, pool: PoolForTest, by_admin: bool
) -> None:
    """No user signs in below the level; missing factors can't be asked for."""
    changes(pool, {"phone_number": PHONE})
    prefers(pool, sms=True)
    api = AuthApi(pool, by_admin=by_admin)
    asked = api.start(
        "USER_AUTH", USERNAME="alice", **toward(THREE), PREFERRED_CHALLENGE="PASSWORD"
    )
    prefers(pool, sms=False)
    pool.cognito.admin_delete_user_attributes(
        UserPoolId=pool.id, Username="alice", UserAttributeNames=["phone_number"]
    )
    with refused("InvalidParameterException", OUT_OF_REACH):
        api.respond("PASSWORD", asked["Session"], USERNAME="alice", PASSWORD=PASSWORD)


def test_refresh_keeps_the_level(server: RunningServer, new_pool: NewPool, by_admin: bool) -> None:
    """The guide: the values carry over without modification; auth_time isn't reset."""
    pool = mfa_pool(new_pool, "OPTIONAL", "app")
    player = Player(server, AuthApi(pool, by_admin=by_admin), pool, "alice")
    owns_app(server, pool, player)
    steps_up(player, **toward(FOUR, PREFERRED_CHALLENGE="PASSWORD"))
    before = result_of(player.last)
    renamed = {"Level4": {"AcrValue": "urn:mine:4"}}
    pool.cognito.update_user_pool(UserPoolId=pool.id, AcrConfiguration=renamed)
    api = AuthApi(pool, by_admin=False)
    after = result_of(api.start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=before["RefreshToken"]))
    assert acr_and_amr(after) == acr_and_amr(before) == (FOUR, ["pwd", "otp", "mfa"])
    times = [claims_of(tokens["AccessToken"])["auth_time"] for tokens in (before, after)]
    assert times[0] == times[1]


def test_pool_can_name_levels(new_pool: NewPool, by_admin: bool) -> None:
    names = {"Level1": {"AcrValue": "urn:mine:1"}}
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS}, AcrConfiguration=names)
    pool.sign_up()
    pool.admin_confirm()
    api = AuthApi(pool, by_admin=by_admin)
    given = {"USERNAME": "alice", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD}
    result = result_of(api.start("USER_AUTH", **given, **toward("urn:mine:1")))
    assert acr_and_amr(result) == ("urn:mine:1", ["pwd"])
    with refused("InvalidParameterException", "None of the requested ACR values are valid."):
        api.start("USER_AUTH", **given, **toward(ONE))


def test_lite_plan_has_no_levels(open_pool: PoolForTest, api: AuthApi) -> None:
    """InitiateAuth: FeatureUnavailableInTierException on a lower plan."""
    open_pool.cognito.update_user_pool(UserPoolId=open_pool.id, UserPoolTier="LITE")
    with refused("FeatureUnavailableInTierException"):
        api.start("USER_AUTH", USERNAME="alice", **toward(ONE))


def test_max_age_without_level_changes_nothing(player: Player) -> None:
    """The guide's table: neither TARGET_ACR_VALUES nor ACCESS_TOKEN."""
    given = {"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD, "MAX_AGE": "0"}
    steps_up(player, **given)
    assert acr_and_amr(result_of(player.last)) == (None, ["pwd"])


@pytest.mark.parametrize("level", LEVELS)
def test_unknown_users_are_asked_or_refused_as_known_ones_are(
    new_pool: NewPool, by_admin: bool, level: str
) -> None:
    """Managing user existence errors. Of many made-up users some have what a level needs."""
    hiding = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}
    first = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = new_pool(client=hiding, Policies=first, **BY_EMAIL)
    pool.cognito.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **FACTORS["app"]
    )
    api = AuthApi(pool, by_admin=by_admin)
    answers = [_begins(api, f"nobody-{number}", level) for number in range(40)]
    assert answers == [_begins(api, f"nobody-{number}", level) for number in range(40)]
    by_password = ("PASSWORD", "PASSWORD_SRP")
    expected = {
        ONE: {by_password, (*by_password, "EMAIL_OTP")},
        TWO: {OUT_OF_REACH, by_password, (*by_password, "EMAIL_OTP")},
        THREE: {OUT_OF_REACH, by_password},
        FOUR: {OUT_OF_REACH, by_password},
    }
    assert {*answers} == expected[level]


def _begins(api: AuthApi, name: str, level: str) -> object:
    """What is offered, or the sentence of the refusal."""
    try:
        asked = api.start("USER_AUTH", USERNAME=name, **toward(level))
    except ClientError as error:
        return error.response["Error"]["Message"]
    return tuple(asked["AvailableChallenges"])


def test_unknown_users_fail_like_a_wrong_password(new_pool: NewPool, by_admin: bool) -> None:
    hiding = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}
    api = AuthApi(new_pool(client=hiding), by_admin=by_admin)
    asked = api.start("USER_AUTH", USERNAME="nobody", **toward(ONE), PREFERRED_CHALLENGE="PASSWORD")
    with refused("NotAuthorizedException", "Incorrect username or password."):
        api.respond("PASSWORD", asked["Session"], USERNAME="nobody", PASSWORD=PASSWORD)


def test_audit_record_has_amr_and_acr(
    server: RunningServer, pool: PoolForTest, player: Player
) -> None:
    owns_app(server, pool, player)
    steps_up(player, **toward(FOUR, PREFERRED_CHALLENGE="PASSWORD"))
    record = Trail(server).of(player.last)
    assert (record.step, record.target) == (APP, "alice")
    assert record.proofs == ("pwd", "otp")
