"""Codes and attempts as time passes, on a server whose clock can be set (ev:users-17.1)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.refusals import refused
from support.running_server import RunningServer, running
from support.sent_codes import another
from support.served_pools import PoolForTest
from support.store_contents import eventually

from poolhouse.app import App
from poolhouse.entities.messages import Message

EMAIL = {"email": "alice@home.example"}
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NO_CODE = "Invalid code provided, please request a code again."


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("dev"), dev=True) as server:
        yield server


@pytest.fixture
def pool(dev: RunningServer) -> PoolForTest:
    """A pool that mails codes, and alice, who has one."""
    made = PoolForTest(dev.client(), AutoVerifiedAttributes=["email"])
    made.sign_up(attributes=EMAIL)
    return made


def received(dev: RunningServer, pool: PoolForTest, many: int) -> list[Message]:
    """What alice got, newest first, once it is so many messages."""

    async def read(app: App) -> list[Message]:
        return await app.services.store.messages.received(pool.id, "alice", 100)

    def look() -> list[Message] | None:
        found: list[Message] = dev.run(read)
        return found if len(found) == many else None

    return eventually(look, seconds=5.0)


def let_pass(dev: RunningServer, time: timedelta) -> None:
    advance = {"advance_seconds": time.total_seconds()}
    httpx.post(f"{dev.url}/dev/clock", json=advance).raise_for_status()


def confirm(pool: PoolForTest, code: str) -> Any:
    return pool.cognito.confirm_sign_up(
        ClientId=pool.client_id, Username="alice", ConfirmationCode=code
    )


def resend(pool: PoolForTest) -> Any:
    return pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username="alice")


def test_sign_up_code_is_valid_for_a_day(dev: RunningServer, pool: PoolForTest) -> None:
    (message,) = received(dev, pool, 1)
    let_pass(dev, 24 * HOUR - timedelta(minutes=1))
    with refused("CodeMismatchException"):
        confirm(pool, another(message.code))
    confirm(pool, message.code)


def test_expired_code_is_refused_and_another_is_sent(dev: RunningServer, pool: PoolForTest) -> None:
    """aws-sdk-ios-samples#144."""
    (message,) = received(dev, pool, 1)
    let_pass(dev, 24 * HOUR + SECOND)
    with refused("ExpiredCodeException", NO_CODE):
        confirm(pool, message.code)
    resend(pool)
    confirm(pool, received(dev, pool, 2)[0].code)


def test_attempt_limit_ends_after_an_hour(dev: RunningServer, pool: PoolForTest) -> None:
    (message,) = received(dev, pool, 1)
    for _ in range(15):
        with refused("CodeMismatchException"):
            confirm(pool, another(message.code))
    let_pass(dev, HOUR - timedelta(minutes=1))
    with refused("LimitExceededException"):
        confirm(pool, message.code)
    let_pass(dev, timedelta(minutes=1))
    confirm(pool, message.code)


def test_codes_may_be_resent_again_after_an_hour(dev: RunningServer, pool: PoolForTest) -> None:
    for _ in range(5):
        resend(pool)
    with refused("LimitExceededException"):
        resend(pool)
    let_pass(dev, HOUR)
    resend(pool)
    assert received(dev, pool, 7)


def test_invitation_is_sent_at_once(dev: RunningServer, pool: PoolForTest) -> None:
    pool.cognito.admin_delete_user(UserPoolId=pool.id, Username="alice")
    pool.cognito.admin_create_user(
        UserPoolId=pool.id,
        Username="alice",
        UserAttributes=[{"Name": "phone_number", "Value": "+491701234567"}],
    )
    newest = received(dev, pool, 2)[0]
    assert newest.trigger_source == "CustomMessage_AdminCreateUser"
