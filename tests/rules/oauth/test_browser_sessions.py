"""How long a browser session serves an app client (ev:oauth-8, ev:domain-1.1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolhouse.entities.authorization import AuthorizationRequest, BrowserSession
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import PasswordCredential, User, UserStatus
from poolhouse.rules.oauth import browser_sessions as rules
from poolhouse.wire.enums import UserPoolTierType
from poolhouse.wire.structs import UserPoolClientType, UserPoolType

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def pool(*, tracks: bool = False, tier: UserPoolTierType = UserPoolTierType.ESSENTIALS) -> Pool:
    return Pool(
        id="eu-central-1_P",
        settings=UserPoolType(UserPoolTier=tier),
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
        tracks_sessions=tracks,
    )


def client(minutes: int = 60) -> Client:
    return Client(
        id="c1",
        pool_id="eu-central-1_P",
        settings=UserPoolClientType(),
        created_at=NOW,
        modified_at=NOW,
        sso_minutes=minutes,
    )


def session(*, started: timedelta = timedelta(0), **more: Any) -> BrowserSession:
    return BrowserSession(
        id="e",
        sub="s",
        pool_id="eu-central-1_P",
        handle="sso",
        digest=b"",
        domain="d",
        started_at=NOW - started,
        expires_at=NOW + HOUR,
        **more,
    )


def request(**more: Any) -> AuthorizationRequest:
    return AuthorizationRequest(
        client_id="c1", redirect_uri="u", response_type="code", scopes=(), **more
    )


@pytest.mark.parametrize(
    ("tracks", "minutes", "limit"),
    [(False, 5, 60), (True, 5, 5), (True, 0, 0), (True, 129_600, 129_600)],
)
def test_reuse_limit_is_the_clients_where_sessions_are_tracked(
    tracks: bool, minutes: int, limit: int
) -> None:
    assert rules.reuse_limit(pool(tracks=tracks), client(minutes)) == timedelta(minutes=limit)


def test_reuse_limit_rests_in_a_plan_without_tracking() -> None:
    """ev:domain-1.1: it needs Essentials or Plus."""
    lite = pool(tracks=True, tier=UserPoolTierType.LITE)
    assert rules.reuse_limit(lite, client(5)) == HOUR


@pytest.mark.parametrize(("minutes", "lives"), [(0, 60), (5, 60), (90, 90)])
def test_lifetime_is_an_hour_at_least(minutes: int, lives: int) -> None:
    """ev:domain-1.2: with zero minutes, other clients may reuse the session all the same."""
    assert rules.lifetime(pool(tracks=True), client(minutes)) == timedelta(minutes=lives)


def test_session_of_a_moment_ago_is_not_reused_with_zero_minutes() -> None:
    assert not rules.is_reusable(pool(tracks=True), client(0), session(), NOW)


def test_session_renewed_is_reused_for_another_hour() -> None:
    old = session(started=timedelta(minutes=90), renewed_at=NOW - timedelta(minutes=50))
    assert rules.is_reusable(pool(), client(), old, NOW)
    assert not rules.is_reusable(pool(), client(), old, NOW + timedelta(minutes=10))


def test_session_renewed_counts_from_the_sign_in_where_sessions_are_tracked() -> None:
    """ev:domain-1.1: "from the last fresh authentication"."""
    old = session(started=timedelta(minutes=90), renewed_at=NOW)
    assert not rules.is_reusable(pool(tracks=True), client(), old, NOW)


@pytest.mark.parametrize(
    ("max_age", "passes"), [(None, True), (0, False), (59, False), (60, True), (61, True)]
)
def test_max_age_counts_from_the_sign_in_and_not_from_its_renewal(
    max_age: int | None, passes: bool
) -> None:
    old = session(started=timedelta(seconds=60), renewed_at=NOW)
    assert rules.answers(pool(), old, request(max_age=max_age), NOW) is passes


@pytest.mark.parametrize("status", list(UserStatus))
def test_user_with_something_left_to_do_must_sign_in(status: UserStatus) -> None:
    unfinished = {
        UserStatus.UNCONFIRMED,
        UserStatus.RESET_REQUIRED,
        UserStatus.FORCE_CHANGE_PASSWORD,
    }
    assert rules.may_go_on(user(status=status)) is (status not in unfinished)


def test_user_disabled_must_sign_in() -> None:
    assert not rules.may_go_on(user(enabled=False))


def test_session_ends_with_the_password_that_it_began_with() -> None:
    """Also if the clock was set back before the password was changed."""
    by_password = session(proofs=("pwd",), password_version=2)
    assert rules.is_proved_still(by_password, password(version=2))
    assert not rules.is_proved_still(by_password, password(version=3))
    assert not rules.is_proved_still(by_password, None)
    assert rules.is_proved_still(session(proofs=("swk",)), None)


def user(**more: Any) -> User:
    return User(
        sub="s",
        pool_id="eu-central-1_P",
        username="alice",
        created_at=NOW,
        modified_at=NOW,
        **{"status": UserStatus.CONFIRMED, **more},
    )


def password(version: int) -> PasswordCredential:
    return PasswordCredential(
        sub="s",
        pool_id="eu-central-1_P",
        salt=b"",
        verifier=b"",
        set_at=NOW - HOUR,
        version=version,
    )
