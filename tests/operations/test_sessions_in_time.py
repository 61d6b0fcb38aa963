"""Sessions, refresh tokens and locks as time passes, on a server whose clock can be set."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.refusals import refused
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS, PASSWORD, AuthApi, claims_of, result_of

from poolhouse.app import App

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
REVOKED = ("NotAuthorizedException", "Access Token has been revoked")
WRONG = "Wrong-Horse-9!"
VALIDITY = {
    "RefreshTokenValidity": 2,
    "AccessTokenValidity": 1,
    "IdTokenValidity": 1,
    "TokenValidityUnits": {"RefreshToken": "hours", "AccessToken": "hours", "IdToken": "hours"},
}
ROTATING = {
    **VALIDITY,
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
}


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Its clock stands still, so that only the tests let time pass."""
    with running(tmp_path_factory.mktemp("dev"), dev=True) as server:
        httpx.post(f"{server.url}/dev/clock", json={"frozen": True}).raise_for_status()
        yield server


def with_alice(dev: RunningServer, client: dict[str, Any]) -> PoolForTest:
    made = PoolForTest(dev.client(), client=client)
    made.sign_up()
    made.admin_confirm()
    return made


@pytest.fixture
def alice(dev: RunningServer) -> PoolForTest:
    return with_alice(dev, {**VALIDITY, "ExplicitAuthFlows": FLOWS})


@pytest.fixture
def rotating(dev: RunningServer) -> PoolForTest:
    """An app client that rotates refresh tokens, with ten seconds of grace."""
    return with_alice(dev, ROTATING)


def let_pass(dev: RunningServer, time: timedelta) -> None:
    advance = {"advance_seconds": time.total_seconds()}
    httpx.post(f"{dev.url}/dev/clock", json=advance).raise_for_status()


def signs_in(pool: PoolForTest, password: str = PASSWORD) -> dict[str, Any]:
    return result_of(AuthApi(pool, by_admin=False).by_password(password=password))


def refreshed(pool: PoolForTest, tokens: dict[str, Any]) -> dict[str, Any]:
    answer = pool.cognito.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=tokens["RefreshToken"]
    )
    result: dict[str, Any] = answer["AuthenticationResult"]
    return result


def gets_user(pool: PoolForTest, tokens: dict[str, Any]) -> Any:
    return pool.cognito.get_user(AccessToken=tokens["AccessToken"])["Username"]


def tracks(pool: PoolForTest, most: int = 20) -> None:
    pool.cognito.set_user_pool_session_configuration(
        UserPoolId=pool.id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": most}
    )


def sessions(pool: PoolForTest) -> list[dict[str, Any]]:
    answer = pool.cognito.admin_list_user_sessions(UserPoolId=pool.id, Username="alice")
    found: list[dict[str, Any]] = answer["Sessions"]
    return found


# Lifetimes


def test_token_lifetimes_are_those_of_the_client(dev: RunningServer, alice: PoolForTest) -> None:
    tokens = signs_in(alice)
    let_pass(dev, HOUR - SECOND)
    gets_user(alice, tokens)
    let_pass(dev, SECOND)
    with refused("NotAuthorizedException", "Access Token has expired"):
        gets_user(alice, tokens)
    second = refreshed(alice, tokens)
    assert claims_of(second["AccessToken"])["auth_time"] == claims_of(tokens["IdToken"])["iat"]
    let_pass(dev, HOUR)
    with refused("NotAuthorizedException", "Refresh Token has expired"):
        refreshed(alice, tokens)


def test_rotated_refresh_token_has_the_remaining_lifetime(
    dev: RunningServer, rotating: PoolForTest
) -> None:
    """dg:amazon-cognito-user-pools-using-the-refresh-token."""
    tokens = signs_in(rotating)
    let_pass(dev, HOUR + 59 * MINUTE)
    second = refreshed(rotating, tokens)
    let_pass(dev, MINUTE - SECOND)
    third = refreshed(rotating, second)
    let_pass(dev, SECOND)
    with refused("NotAuthorizedException", "Refresh Token has expired"):
        refreshed(rotating, third)


def test_previous_refresh_token_is_valid_in_grace_period(
    dev: RunningServer, rotating: PoolForTest
) -> None:
    tokens = signs_in(rotating)
    second = refreshed(rotating, tokens)
    let_pass(dev, 9 * SECOND)
    assert gets_user(rotating, refreshed(rotating, tokens)) == "alice"
    let_pass(dev, SECOND)
    with refused("RefreshTokenReuseException"):
        refreshed(rotating, tokens)
    with refused(*REVOKED):
        gets_user(rotating, second)


def test_access_token_outlives_its_refresh_token(dev: RunningServer, alice: PoolForTest) -> None:
    """The session can't be refreshed any more, but it isn't revoked."""
    tokens = signs_in(alice)
    let_pass(dev, 2 * HOUR - SECOND)
    last = refreshed(alice, tokens)
    let_pass(dev, HOUR - SECOND)

    async def sweep(app: App) -> None:
        await app._collector.collect()

    dev.run(sweep)
    assert gets_user(alice, last) == "alice"


# Signing out


@pytest.mark.parametrize("by_admin", [False, True])
def test_session_can_begin_when_all_others_ended(alice: PoolForTest, by_admin: bool) -> None:
    before = signs_in(alice)
    if by_admin:
        alice.cognito.admin_user_global_sign_out(UserPoolId=alice.id, Username="alice")
    else:
        alice.cognito.global_sign_out(AccessToken=before["AccessToken"])
    after = signs_in(alice)
    with refused(*REVOKED):
        gets_user(alice, before)
    assert gets_user(alice, after) == "alice"


# Tracked sessions


def test_refresh_updates_listed_session(dev: RunningServer, alice: PoolForTest) -> None:
    tracks(alice)
    tokens = signs_in(alice)
    (first,) = sessions(alice)
    assert first["LastActiveDate"] == first["CreateDate"]
    let_pass(dev, MINUTE)
    refreshed(alice, tokens)
    (second,) = sessions(alice)
    assert second["CreateDate"] == first["CreateDate"]
    assert second["LastActiveDate"] - first["LastActiveDate"] == MINUTE
    let_pass(dev, MINUTE)
    AuthApi(alice, by_admin=False).start("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
    (third,) = sessions(alice)
    assert third["LastActiveDate"] - second["LastActiveDate"] == MINUTE


def test_expired_sessions_are_not_listed(dev: RunningServer, alice: PoolForTest) -> None:
    tracks(alice)
    signs_in(alice)
    let_pass(dev, 2 * HOUR)
    assert sessions(alice) == []


def test_least_recently_used_session_is_evicted(dev: RunningServer, alice: PoolForTest) -> None:
    """The model: the next successful authentication evicts it."""
    tracks(alice, most=2)
    first = signs_in(alice)
    let_pass(dev, SECOND)
    second = signs_in(alice)
    let_pass(dev, SECOND)
    refreshed(alice, first)
    let_pass(dev, SECOND)
    third = signs_in(alice)
    with refused(*REVOKED):
        gets_user(alice, second)
    for tokens in (first, third):
        assert gets_user(alice, tokens) == "alice"
    assert len(sessions(alice)) == 2


# Changing a password


def changes(pool: PoolForTest, tokens: dict[str, Any], old: str = PASSWORD) -> None:
    pool.cognito.change_password(
        AccessToken=tokens["AccessToken"], PreviousPassword=old, ProposedPassword="Other-Horse-7!"
    )


def test_wrong_passwords_count_towards_the_lock_in_any_operation(
    dev: RunningServer, alice: PoolForTest
) -> None:
    """One second after the fifth (dg:authentication)."""
    tokens = signs_in(alice)
    for _ in range(3):
        with refused("NotAuthorizedException", "Incorrect username or password."):
            changes(alice, tokens, old=WRONG)
    for _ in range(2):
        with refused("NotAuthorizedException", "Incorrect username or password."):
            signs_in(alice, WRONG)
    for tries in (lambda: changes(alice, tokens), lambda: signs_in(alice)):
        with refused("NotAuthorizedException", "Password attempts exceeded"):
            tries()
    let_pass(dev, SECOND)
    changes(alice, tokens)


def test_password_attempts_are_allowed_again_after_an_hour(
    dev: RunningServer, alice: PoolForTest
) -> None:
    tokens = signs_in(alice)
    for _ in range(5):
        with refused("NotAuthorizedException"):
            changes(alice, tokens, old=WRONG)
        let_pass(dev, MINUTE)
    with refused("LimitExceededException"):
        changes(alice, tokens)
    let_pass(dev, HOUR)
    changes(alice, signs_in(alice))


def test_sign_out_ends_session_begun_at_previous_sign_out(
    alice: PoolForTest,
) -> None:
    """The clock stands still, as another machine's may seem to."""
    ends: list[Callable[[], object]] = [
        lambda: alice.cognito.admin_user_global_sign_out(UserPoolId=alice.id, Username="alice"),
        lambda: alice.cognito.admin_disable_user(UserPoolId=alice.id, Username="alice"),
    ]
    for end in ends:
        for _ in range(2):
            tokens = signs_in(alice)
            gets_user(alice, tokens)
            end()
            alice.cognito.admin_enable_user(UserPoolId=alice.id, Username="alice")
            with refused(*REVOKED):
                gets_user(alice, tokens)


def test_expired_session_reveals_no_user(dev: RunningServer) -> None:
    """Ask with it for an app's secret; any caller could get the Session."""
    hiding = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}
    pool = with_alice(dev, hiding)
    api = AuthApi(pool, by_admin=False)
    given = [api.start("USER_AUTH", USERNAME=n)["Session"] for n in ("alice", "nobody")]
    for sentence, later in (("", SECOND), (", session is expired.", HOUR)):
        let_pass(dev, later)
        for session in given:
            with refused(
                "NotAuthorizedException", f"Invalid session for the user{sentence or '.'}"
            ):
                pool.cognito.associate_software_token(Session=session)
