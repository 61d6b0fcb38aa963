"""The lifetime of a sign-up's Session for the first sign-in, with a settable clock."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.refusals import refused
from support.running_server import RunningServer, running
from support.served_pools import PoolForTest
from support.sign_ins import FLOWS

CODE = "123456"
SESSION = timedelta(minutes=3)
"""A Session's life, where the app client doesn't say otherwise (ev:auth-5)."""


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("dev"), dev=True, code=CODE) as server:
        yield server


@pytest.fixture
def mailing(dev: RunningServer) -> PoolForTest:
    """A pool whose users may sign in by a code alone."""
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    client = {"ExplicitAuthFlows": FLOWS}
    return PoolForTest(dev.client(), client, AutoVerifiedAttributes=["email"], Policies=factors)


def let_pass(dev: RunningServer, time: timedelta) -> None:
    advance = {"advance_seconds": time.total_seconds()}
    httpx.post(f"{dev.url}/dev/clock", json=advance).raise_for_status()


def sign_up(pool: PoolForTest) -> str:
    session: str = pool.sign_up(attributes={"email": "alice@example.com"})["Session"]
    return session


def confirm(pool: PoolForTest, session: str) -> Any:
    return pool.cognito.confirm_sign_up(
        ClientId=pool.client_id, Username="alice", ConfirmationCode=CODE, Session=session
    )


def sign_in(pool: PoolForTest, session: str) -> Any:
    return pool.cognito.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": "alice"},
        Session=session,
    )


def test_confirmation_with_expired_session_works_like_one_without(
    dev: RunningServer, mailing: PoolForTest
) -> None:
    """The code verifies the user, so a request without a Session gets one, too."""
    session = sign_up(mailing)
    let_pass(dev, SESSION)
    session = confirm(mailing, session)["Session"]
    assert mailing.user()["UserStatus"] == "CONFIRMED"
    assert sign_in(mailing, session)["AuthenticationResult"]["AccessToken"]


def test_late_first_sign_in_gets_session_expired(dev: RunningServer, mailing: PoolForTest) -> None:
    session = sign_up(mailing)
    session = confirm(mailing, session)["Session"]
    let_pass(dev, SESSION)
    with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
        sign_in(mailing, session)


def test_confirmation_and_first_sign_in_share_the_session(
    dev: RunningServer, mailing: PoolForTest
) -> None:
    session = sign_up(mailing)
    let_pass(dev, SESSION - timedelta(minutes=1))
    session = confirm(mailing, session)["Session"]
    let_pass(dev, SESSION - timedelta(minutes=1))
    assert sign_in(mailing, session)["AuthenticationResult"]["AccessToken"]
