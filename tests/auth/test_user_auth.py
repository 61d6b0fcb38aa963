"""Choice-based sign-in by both authentication APIs: passwords and the choice itself (ev:auth-7)."""

from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of, srp_client

WRONG = "Incorrect username or password."
BY_PASSWORD = ["PASSWORD", "PASSWORD_SRP"]
HIDING = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}


def first_factors(*names: str) -> dict[str, Any]:
    return {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", *names]}}}


def chosen(api: AuthApi, **given: str) -> Any:
    """What answers a start without a preference; the user chooses among what is offered."""
    asked = api.start("USER_AUTH", USERNAME="alice")
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    return api.respond("SELECT_CHALLENGE", asked["Session"], USERNAME="alice", **given)


def test_user_auth_without_preference_lists_factors(api: AuthApi) -> None:
    asked = api.start("USER_AUTH", USERNAME="alice")
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["ChallengeParameters"] == {}
    assert asked["AvailableChallenges"] == BY_PASSWORD


def test_preferred_password_returns_tokens_at_once(api: AuthApi, open_pool: PoolForTest) -> None:
    answer = api.start(
        "USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD
    )
    access = claims_of(result_of(answer)["AccessToken"])
    assert access["username"] == "alice"
    assert access["client_id"] == open_pool.client_id


def test_preferred_password_that_is_wrong_is_refused(api: AuthApi) -> None:
    with refused("NotAuthorizedException", WRONG):
        api.start(
            "USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="PASSWORD", PASSWORD="Wrong-9horse!"
        )


def test_preferred_password_that_is_missing_is_asked_for(api: AuthApi) -> None:
    asked = api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="PASSWORD")
    assert asked["ChallengeName"] == "PASSWORD"
    result_of(api.respond("PASSWORD", asked["Session"], USERNAME="alice", PASSWORD=PASSWORD))


def test_preferred_srp_goes_straight_to_its_verifier_with_a_session(
    api: AuthApi, open_pool: PoolForTest
) -> None:
    client = srp_client(open_pool)
    asked = api.start(
        "USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=client.srp_a
    )
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    assert asked["Session"]  # amplify-js sends it back
    responses = client.responses(asked["ChallengeParameters"])
    result_of(api.respond("PASSWORD_VERIFIER", asked["Session"], **responses))


def test_preferred_srp_without_srp_a_is_asked_for(api: AuthApi, open_pool: PoolForTest) -> None:
    asked = api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE="PASSWORD_SRP")
    assert asked["ChallengeName"] == "PASSWORD_SRP"
    client = srp_client(open_pool)
    verifier = api.respond("PASSWORD_SRP", asked["Session"], USERNAME="alice", SRP_A=client.srp_a)
    responses = client.responses(verifier["ChallengeParameters"])
    result_of(api.respond("PASSWORD_VERIFIER", verifier["Session"], **responses))


def test_chosen_factor_can_be_verified_in_same_response(
    api: AuthApi, open_pool: PoolForTest
) -> None:
    result_of(chosen(api, ANSWER="PASSWORD", PASSWORD=PASSWORD))
    client = srp_client(open_pool)
    verifier = chosen(api, ANSWER="PASSWORD_SRP", SRP_A=client.srp_a)
    assert verifier["ChallengeName"] == "PASSWORD_VERIFIER"
    responses = client.responses(verifier["ChallengeParameters"])
    result_of(api.respond("PASSWORD_VERIFIER", verifier["Session"], **responses))


def test_chosen_factor_is_asked_for(api: AuthApi) -> None:
    asked = chosen(api, ANSWER="PASSWORD")
    assert asked["ChallengeName"] == "PASSWORD"
    result_of(api.respond("PASSWORD", asked["Session"], USERNAME="alice", PASSWORD=PASSWORD))


@pytest.mark.parametrize("way", BY_PASSWORD)
def test_response_without_choice_is_accepted(
    api: AuthApi, open_pool: PoolForTest, way: str
) -> None:
    """The guide's authentication page: the challenge itself is answered on the same Session."""
    asked = api.start("USER_AUTH", USERNAME="alice")
    if way == "PASSWORD":
        result_of(api.respond(way, asked["Session"], USERNAME="alice", PASSWORD=PASSWORD))
        return
    client = srp_client(open_pool)
    verifier = api.respond(way, asked["Session"], USERNAME="alice", SRP_A=client.srp_a)
    responses = client.responses(verifier["ChallengeParameters"])
    result_of(api.respond("PASSWORD_VERIFIER", verifier["Session"], **responses))


def test_wrong_password_keeps_the_choice(api: AuthApi) -> None:
    asked = api.start("USER_AUTH", USERNAME="alice")
    given = {"USERNAME": "alice", "ANSWER": "PASSWORD"}
    with refused("NotAuthorizedException", WRONG):
        api.respond("SELECT_CHALLENGE", asked["Session"], **given, PASSWORD="Wrong-horse-9!")
    result_of(api.respond("SELECT_CHALLENGE", asked["Session"], **given, PASSWORD=PASSWORD))


def test_choice_session_is_single_use(api: AuthApi) -> None:
    asked = api.start("USER_AUTH", USERNAME="alice")
    given = {"USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    result_of(api.respond("SELECT_CHALLENGE", asked["Session"], **given))
    with refused(
        "NotAuthorizedException",
        "Invalid session for the user, session can only be used once.",
    ):
        api.respond("SELECT_CHALLENGE", asked["Session"], **given)


@pytest.mark.parametrize("answer", ["EMAIL_OTP", "SMS_OTP", "WEB_AUTHN", "SMS_MFA", "x"])
def test_factor_that_was_not_offered_is_refused(api: AuthApi, answer: str) -> None:
    with refused("InvalidParameterException"):
        chosen(api, ANSWER=answer)


@pytest.mark.parametrize("preferred", ["EMAIL_OTP", "WEB_AUTHN", "SMS_MFA", "x"])
def test_unavailable_preference_lists_factors(api: AuthApi, preferred: str) -> None:
    asked = api.start("USER_AUTH", USERNAME="alice", PREFERRED_CHALLENGE=preferred)
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    assert asked["AvailableChallenges"] == BY_PASSWORD


def test_unknown_user_is_reported_by_default(api: AuthApi) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        api.start("USER_AUTH", USERNAME="nobody")


def test_unknown_user_is_offered_stable_decoy_factors(new_pool: NewPool, by_admin: bool) -> None:
    """Managing user existence errors: a challenge drawn from those that the pool allows."""
    pool = new_pool(client=HIDING, AutoVerifiedAttributes=["email"], **first_factors("EMAIL_OTP"))
    pool.sign_up(attributes={"email": "alice@example.com"})
    api = AuthApi(pool, by_admin=by_admin)
    known = api.start("USER_AUTH", USERNAME="alice")
    for _ in range(2):
        unknown = api.start("USER_AUTH", USERNAME="nobody")
        assert unknown["ChallengeName"] == "SELECT_CHALLENGE"
        assert unknown["AvailableChallenges"] == known["AvailableChallenges"]
        assert unknown.keys() == known.keys()


@pytest.mark.parametrize("way", BY_PASSWORD)
def test_unknown_users_fail_like_a_wrong_password(
    new_pool: NewPool, by_admin: bool, way: str
) -> None:
    pool = new_pool(client=HIDING)
    api = AuthApi(pool, by_admin=by_admin)
    asked = api.start("USER_AUTH", USERNAME="nobody")
    client = srp_client(pool)
    more = {"PASSWORD": PASSWORD} if way == "PASSWORD" else {"SRP_A": client.srp_a}

    def answer() -> Any:
        return api.respond(
            "SELECT_CHALLENGE", asked["Session"], USERNAME="nobody", ANSWER=way, **more
        )

    if way == "PASSWORD":
        with refused("NotAuthorizedException", WRONG):
            answer()
        return
    verifier = answer()
    with refused("NotAuthorizedException", WRONG):
        api.respond(
            "PASSWORD_VERIFIER",
            verifier["Session"],
            **client.responses(verifier["ChallengeParameters"]),
        )


def test_temporary_password_asks_for_new_one(api: AuthApi, open_pool: PoolForTest) -> None:
    open_pool.cognito.admin_create_user(
        UserPoolId=open_pool.id,
        Username="bob",
        TemporaryPassword="Temporary-9!",
        MessageAction="SUPPRESS",
    )
    asked = api.start(
        "USER_AUTH", USERNAME="bob", PREFERRED_CHALLENGE="PASSWORD", PASSWORD="Temporary-9!"
    )
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    result_of(
        api.respond(
            "NEW_PASSWORD_REQUIRED", asked["Session"], USERNAME="bob", NEW_PASSWORD=PASSWORD
        )
    )


def test_user_auth_with_other_client_is_refused(new_pool: NewPool, by_admin: bool) -> None:
    pool = new_pool()
    with refused("InvalidParameterException", "USER_AUTH flow not enabled for this client"):
        AuthApi(pool, by_admin=by_admin).start("USER_AUTH", USERNAME="alice")


def test_client_with_secret_sends_hash_at_each_step(new_pool: NewPool, by_admin: bool) -> None:
    pool = new_pool(client={"ExplicitAuthFlows": FLOWS, "GenerateSecret": True})
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username="alice", MessageAction="SUPPRESS")
    pool.cognito.admin_set_user_password(
        UserPoolId=pool.id, Username="alice", Password=PASSWORD, Permanent=True
    )
    result_of(chosen(AuthApi(pool, by_admin=by_admin), ANSWER="PASSWORD", PASSWORD=PASSWORD))
