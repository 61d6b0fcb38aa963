"""Session tracking: configuring, listing, revoking, and how many there may be (ev:auth-15)."""

import re
from typing import Any

import pytest
from support.refusals import refused
from support.served_pools import NewPool, PoolForTest
from support.sign_ins import FLOWS, AuthApi, result_of

OFF = ("OperationNotEnabledException", "Session tracking is not enabled for the user pool.")
MISSING = ("ResourceNotFoundException", "Session does not exist.")
SESSION_ID = re.compile(r"tkn[a-z0-9]{25}")
NO_SESSION = "tkn" + "0" * 25


def tracks(pool: PoolForTest, *, is_on: bool = True, most: int = 20) -> Any:
    return pool.cognito.set_user_pool_session_configuration(
        UserPoolId=pool.id,
        UserSessionTracking="ENABLED" if is_on else "DISABLED",
        TokenSession={"MaxPerUser": most},
    )


@pytest.fixture
def untracked(new_pool: NewPool) -> PoolForTest:
    """A pool with alice, who may sign in."""
    made: PoolForTest = new_pool(client={"ExplicitAuthFlows": FLOWS})
    made.sign_up()
    made.admin_confirm()
    return made


@pytest.fixture
def alice(untracked: PoolForTest) -> PoolForTest:
    """The same in a pool that tracks sessions."""
    tracks(untracked)
    return untracked


def signs_in(pool: PoolForTest) -> dict[str, Any]:
    return result_of(AuthApi(pool, by_admin=False).by_password())


def refreshes(pool: PoolForTest, tokens: dict[str, Any]) -> dict[str, Any]:
    return result_of(
        AuthApi(pool, by_admin=False).start(
            "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"]
        )
    )


def sessions(pool: PoolForTest, tokens: dict[str, Any]) -> list[dict[str, Any]]:
    listed = pool.cognito.list_user_sessions(AccessToken=tokens["AccessToken"])["Sessions"]
    found: list[dict[str, Any]] = listed
    return found


def admin_sessions(pool: PoolForTest) -> list[dict[str, Any]]:
    answer = pool.cognito.admin_list_user_sessions(UserPoolId=pool.id, Username="alice")
    found: list[dict[str, Any]] = answer["Sessions"]
    return found


def own_session(pool: PoolForTest, tokens: dict[str, Any]) -> str:
    (session,) = (each for each in sessions(pool, tokens) if each["IsCurrentSession"])
    return str(session["SessionId"])


def is_over(pool: PoolForTest, tokens: dict[str, Any]) -> None:
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        pool.cognito.get_user(AccessToken=tokens["AccessToken"])
    with refused("NotAuthorizedException"):
        refreshes(pool, tokens)


# The configuration


def shown(pool: PoolForTest) -> dict[str, Any]:
    answer = pool.cognito.get_user_pool_session_configuration(UserPoolId=pool.id)
    del answer["ResponseMetadata"]
    kept: dict[str, Any] = answer
    return kept


def test_new_pool_tracks_no_sessions(pool: PoolForTest) -> None:
    """The model: DISABLED and 20 if it was never set."""
    assert shown(pool) == {
        "UserPoolId": pool.id,
        "UserSessionTracking": "DISABLED",
        "TokenSession": {"MaxPerUser": 20},
    }


def test_session_configuration_is_returned_and_shown(pool: PoolForTest) -> None:
    answer = tracks(pool, most=7)
    del answer["ResponseMetadata"]
    assert answer == shown(pool)
    assert answer["TokenSession"] == {"MaxPerUser": 7}
    pool.cognito.update_user_pool(UserPoolId=pool.id)
    assert shown(pool) == answer


def client_minutes(pool: PoolForTest) -> int:
    answer = pool.cognito.get_user_pool_client_session_configuration(
        UserPoolId=pool.id, ClientId=pool.client_id
    )
    assert (answer["UserPoolId"], answer["ClientId"]) == (pool.id, pool.client_id)
    return int(answer["SSOSession"]["MaxValidityMinutes"])


def configures_client(pool: PoolForTest, minutes: int) -> Any:
    return pool.cognito.set_user_pool_client_session_configuration(
        UserPoolId=pool.id, ClientId=pool.client_id, SSOSession={"MaxValidityMinutes": minutes}
    )


def test_client_configuration_has_no_effect_while_tracking_is_off(pool: PoolForTest) -> None:
    assert client_minutes(pool) == 60
    with refused(*OFF):
        configures_client(pool, 5)
    tracks(pool)
    assert configures_client(pool, 0)["SSOSession"] == {"MaxValidityMinutes": 0}
    pool.cognito.update_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    tracks(pool, is_on=False)
    assert client_minutes(pool) == 0


def test_plan_without_session_tracking_is_refused(new_pool: NewPool) -> None:
    lite = new_pool(UserPoolTier="LITE")
    with refused("FeatureUnavailableInTierException"):
        tracks(lite)
    with refused("FeatureUnavailableInTierException"):
        configures_client(lite, 5)
    assert shown(lite)["UserSessionTracking"] == "DISABLED"


# Listing


def test_users_see_where_they_are_signed_in(alice: PoolForTest) -> None:
    first, second = signs_in(alice), signs_in(alice)
    listed = sessions(alice, second)
    assert len({each["SessionId"] for each in listed}) == 2
    for each in listed:
        assert SESSION_ID.fullmatch(each["SessionId"])
        assert (each["SessionType"], each["ClientId"]) == ("TOKEN", alice.client_id)
        assert each["CreateDate"] <= each["LastActiveDate"]
        assert each["LastIPAddress"] == "127.0.0.1"
        assert each["DeviceType"].startswith("Boto3")
    assert own_session(alice, first) != own_session(alice, second)


def test_admin_list_user_sessions_marks_none_current(alice: PoolForTest) -> None:
    tokens = signs_in(alice)
    (session,) = admin_sessions(alice)
    assert session["IsCurrentSession"] is False
    assert session["SessionId"] == own_session(alice, tokens)


def test_sessions_that_are_over_are_not_listed(alice: PoolForTest) -> None:
    revoked, signed_out = signs_in(alice), signs_in(alice)
    alice.cognito.revoke_token(Token=revoked["RefreshToken"], ClientId=alice.client_id)
    assert len(admin_sessions(alice)) == 1
    alice.cognito.global_sign_out(AccessToken=signed_out["AccessToken"])
    assert admin_sessions(alice) == []


def test_list_sessions_returns_one_page(alice: PoolForTest) -> None:
    with refused("InvalidParameterException"):
        alice.cognito.admin_list_user_sessions(
            UserPoolId=alice.id, Username="alice", NextToken="more"
        )


def test_pool_without_tracking_refuses_listing_and_revoking(untracked: PoolForTest) -> None:
    token = signs_in(untracked)["AccessToken"]
    by_admin = {"UserPoolId": untracked.id, "Username": "alice"}
    cognito = untracked.cognito
    with refused(*OFF):
        cognito.list_user_sessions(AccessToken=token)
    with refused(*OFF):
        cognito.revoke_user_session(AccessToken=token, SessionId=NO_SESSION)
    with refused(*OFF):
        cognito.admin_list_user_sessions(**by_admin)
    with refused(*OFF):
        cognito.admin_revoke_user_session(**by_admin, SessionId=NO_SESSION)


# Revoking


def test_user_revokes_another_session(alice: PoolForTest) -> None:
    here, there = signs_in(alice), signs_in(alice)
    alice.cognito.revoke_user_session(
        AccessToken=here["AccessToken"], SessionId=own_session(alice, there)
    )
    is_over(alice, there)
    assert len(sessions(alice, here)) == 1


def test_user_cannot_revoke_current_session(alice: PoolForTest) -> None:
    """The model: "This value can't identify the caller's own current session"."""
    tokens = signs_in(alice)
    own = own_session(alice, tokens)
    with refused("NotAuthorizedException"):
        alice.cognito.revoke_user_session(AccessToken=tokens["AccessToken"], SessionId=own)
    assert len(sessions(alice, tokens)) == 1


def test_administrator_revokes_any_session(alice: PoolForTest) -> None:
    tokens = signs_in(alice)
    request = {"UserPoolId": alice.id, "Username": "alice", "SessionId": own_session(alice, tokens)}
    alice.cognito.admin_revoke_user_session(**request, RevokeAssociatedSessions="LINKED")
    is_over(alice, tokens)
    with refused(*MISSING):
        alice.cognito.admin_revoke_user_session(**request)


def test_session_of_another_user_is_not_found(alice: PoolForTest) -> None:
    """The model: the username must match the user associated with the SessionId."""
    alice.sign_up("bob")
    tokens = signs_in(alice)
    session_id = own_session(alice, tokens)
    with refused(*MISSING):
        alice.cognito.admin_revoke_user_session(
            UserPoolId=alice.id, Username="bob", SessionId=session_id
        )
    with refused("UserNotFoundException"):
        alice.cognito.admin_revoke_user_session(
            UserPoolId=alice.id, Username="nobody", SessionId=session_id
        )
    assert len(sessions(alice, tokens)) == 1


# How many there may be


def test_lower_limit_applies_from_next_sign_in(alice: PoolForTest) -> None:
    former = [signs_in(alice) for _ in range(4)]
    tracks(alice, most=1)
    assert len(sessions(alice, former[0])) == 4
    last = signs_in(alice)
    assert len(sessions(alice, last)) == 1
    for tokens in former:
        is_over(alice, tokens)


def test_pool_without_tracking_ends_no_session(untracked: PoolForTest) -> None:
    tracks(untracked, is_on=False, most=1)
    first = signs_in(untracked)
    signs_in(untracked)
    assert untracked.cognito.get_user(AccessToken=first["AccessToken"])["Username"] == "alice"
