"""`/dev/clock`: the pool's time, moved for tests of what expires."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.running_server import ROOT_KEY, RunningServer
from support.served_pools import PoolForTest
from support.wire_client import Answer, Wire, request, signed_headers

JSON = {"Content-Type": "application/json"}
DAY = 86_400


@pytest.fixture(autouse=True)
def real_time(dev: RunningServer) -> Iterator[None]:
    yield
    assert post(dev, {"now": None}).status == 200


def post(server: RunningServer, body: Any, headers: dict[str, str] | None = None) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Wire(server.port) as wire:
        line = "POST /dev/clock HTTP/1.1"
        return wire.ask(request(data, JSON | (headers or {}), line))


def get(server: RunningServer, **headers: str) -> Answer:
    with Wire(server.port) as wire:
        return wire.ask(request(b"", headers, "GET /dev/clock HTTP/1.1"), "GET")


def now(server: RunningServer) -> datetime:
    return datetime.fromisoformat(get(server).json["now"])


def difference(server: RunningServer) -> timedelta:
    return now(server) - datetime.now(UTC)


def near(found: timedelta, expected: timedelta) -> bool:
    return abs(found - expected) < timedelta(minutes=1)


# --- Setting --------------------------------------------------------------------------------


def test_dev_clock_initially_returns_the_real_time(dev: RunningServer) -> None:
    assert near(difference(dev), timedelta(0))


def test_dev_clock_frozen_does_not_advance(dev: RunningServer) -> None:
    answer = post(dev, {"now": "2030-01-02T03:04:05+02:00", "frozen": True})
    assert datetime.fromisoformat(answer.json["now"]) == datetime(2030, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert now(dev) == now(dev) == datetime(2030, 1, 2, 1, 4, 5, tzinfo=UTC)


def test_dev_clock_set_advances_from_there(dev: RunningServer) -> None:
    ahead = timedelta(days=900)
    post(dev, {"now": (datetime.now(UTC) + ahead).isoformat()})
    assert near(difference(dev), ahead)
    first = now(dev)  # to the millisecond: the next answer may come within the same one
    assert any(now(dev) > first for _ in range(10_000))


def test_dev_clock_can_be_advanced(dev: RunningServer) -> None:
    post(dev, {"advance_seconds": DAY})
    post(dev, {"advance_seconds": DAY})
    assert near(difference(dev), timedelta(days=2))


def test_dev_clock_frozen_can_be_advanced(dev: RunningServer) -> None:
    post(dev, {"now": "2030-01-01T00:00:00Z", "frozen": True})
    post(dev, {"advance_seconds": 1.5})
    assert now(dev) == datetime(2030, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)


def test_dev_clock_can_be_frozen_at_its_current_time(dev: RunningServer) -> None:
    post(dev, {"frozen": True})
    assert now(dev) == now(dev)


def test_dev_clock_is_set_and_advanced_in_one_request(dev: RunningServer) -> None:
    post(dev, {"now": "2030-01-01T00:00:00Z", "frozen": True, "advance_seconds": DAY})
    assert now(dev) == datetime(2030, 1, 2, tzinfo=UTC)


def test_dev_clock_null_restores_the_real_time(dev: RunningServer) -> None:
    post(dev, {"now": "2030-01-01T00:00:00Z", "frozen": True})
    post(dev, {"now": None})
    assert near(difference(dev), timedelta(0))


def test_users_are_made_at_the_clocks_time_and_signatures_judged_at_the_real_one(
    dev: RunningServer,
) -> None:
    post(dev, {"now": "2031-05-06T07:08:09.123Z", "frozen": True})
    pool = PoolForTest(dev.client())
    pool.sign_up()
    created = pool.user()["UserCreateDate"]
    assert created.astimezone(UTC) == datetime(2031, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC)


def test_dev_clock_other_method_names_those_it_takes(dev: RunningServer) -> None:
    with Wire(dev.port) as wire:
        answer = wire.ask(request(b"", {}, "PUT /dev/clock HTTP/1.1"))
    assert answer.status == 405
    assert set((answer.header("allow") or "").split(", ")) == {"GET", "HEAD", "POST"}


# --- Bad input ------------------------------------------------------------------------------

BAD = [
    b"",
    b"{",
    b"[]",
    b"\xff",
    b'{"now": 12}',
    b'{"now": "tomorrow"}',
    b'{"now": "2030-01-01"}',
    b'{"now": "2030-01-01T00:00:00"}',
    b'{"now": "2030-02-30T00:00:00Z"}',
    b'{"now": "9999-12-31T23:59:59Z"}',
    b'{"now": "0001-01-01T00:00:00+14:00"}',
    b'{"now": "1969-07-20T20:17:40Z"}',
    b'{"frozen": "yes"}',
    b'{"advance_seconds": "1"}',
    b'{"advance_seconds": 1e12}',
    b'{"advance_seconds": -1e12}',
    b'{"advance_seconds": 1e300}',
    b'{"advance_seconds": 1e999}',
    b'{"advance_seconds": NaN}',
    b'{"now": "2030-01-01T00:00:00Z", "advance_seconds": 1e300}',
    b'{"unknown": 1}',
]


@pytest.mark.parametrize("body", BAD, ids=repr)
def test_dev_clock_invalid_input_is_refused(dev: RunningServer, body: bytes) -> None:
    answer = post(dev, body)
    assert answer.status == 400
    assert answer.json["error"]
    assert near(difference(dev), timedelta(0))


def test_dev_clock_cannot_leave_the_calendar_by_steps(dev: RunningServer) -> None:
    """Every call asks the clock, so that it would never answer again."""
    steps = [post(dev, {"advance_seconds": 5e10}).status for _ in range(6)]
    assert steps[-1] == 400
    assert get(dev).status == 200


@pytest.mark.parametrize("edge", ["1971-01-01T00:00:00Z", "9000-01-01T00:00:00Z"])
def test_dev_clock_at_the_edges_of_the_calendar_works(dev: RunningServer, edge: str) -> None:
    assert post(dev, {"now": edge, "frozen": True}).status == 200
    pool = PoolForTest(dev.client(), AutoVerifiedAttributes=["email"])
    pool.sign_up(attributes={"email": "alice@example.com"})
    pool.cognito.admin_create_user(UserPoolId=pool.id, Username="bob")
    pool.cognito.resend_confirmation_code(ClientId=pool.client_id, Username="alice")
    pool.admin_confirm()
    assert len(pool.cognito.list_users(UserPoolId=pool.id)["Users"]) == 2


# --- Who may --------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_dev_clock_other_content_types_are_refused(dev: RunningServer, content_type: str) -> None:
    """A form of a page elsewhere can send these types without asking, but not JSON."""
    answer = post(dev, {"advance_seconds": DAY}, {"Content-Type": content_type})
    assert answer.status == 415
    assert near(difference(dev), timedelta(0))


@pytest.mark.parametrize("path", ["/dev/clock", "/inbox", "/inbox/messages.json"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:9229", "localhost.evil.example", "", "[::2]", "127.0.0.2"],
)
def test_dev_routes_with_a_foreign_host_are_refused(
    dev: RunningServer, path: str, host: str
) -> None:
    """A page elsewhere can point its own name at this machine, but that name gives it away."""
    with Wire(dev.port) as wire:
        answer = wire.ask(request(b"", {"Host": host}, f"GET {path} HTTP/1.1"), "GET")
    assert answer.status == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:9229", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:9229"]
)
def test_dev_routes_with_a_loopback_host_are_answered(dev: RunningServer, host: str) -> None:
    assert get(dev, Host=host).status == 200


def test_dev_clock_set_accepts_signatures_of_the_real_time(dev: RunningServer) -> None:
    post(dev, {"now": "2031-05-06T07:08:09Z"})
    body = b'{"MaxResults": 1}'
    with Wire(dev.port) as wire:
        headers = signed_headers(dev.url, "ListUserPools", body, ROOT_KEY)
        assert wire.ask(request(body, headers)).status == 200
