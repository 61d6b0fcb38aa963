"""Session tracking: tracked sessions, evictions, and device types."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User, UserStatus
from poolhouse.rules.tokens import session_tracking as rules
from poolhouse.rules.tokens import sessions
from poolhouse.rules.tokens.user_agents import device_type
from poolhouse.wire.enums import UserPoolTierType
from poolhouse.wire.structs import UserPoolType

NOW = datetime(2026, 3, 3, 4, 5, 6, 789_000, tzinfo=UTC)
MINUTE, MILLISECOND = timedelta(minutes=1), timedelta(milliseconds=1)
POOL = Pool(
    id="us-east-1_Example01",
    settings=UserPoolType(),
    attributes=(),
    created_at=NOW,
    modified_at=NOW,
    tracks_sessions=True,
)
ZOE = User(
    sub="f4688488-5081-7055-0123-456789abcdef",
    pool_id=POOL.id,
    username="zoe",
    status=UserStatus.CONFIRMED,
    created_at=NOW,
    modified_at=NOW,
)


def session(number: int, *, minutes_ago: int = 0) -> TokenSession:
    return TokenSession(
        id=str(number),
        sub=ZOE.sub,
        pool_id=POOL.id,
        client_id="1example23456789",
        handle=f"tkn{number:025}",
        origin_jti="origin",
        started_at=NOW - 100 * MINUTE,
        active_at=NOW - minutes_ago * MINUTE,
        expires_at=NOW + MINUTE,
        refresh=b"",
    )


@pytest.mark.parametrize(
    ("tier", "is_on"),
    [
        (UserPoolTierType.LITE, False),
        (UserPoolTierType.ESSENTIALS, True),
        (UserPoolTierType.PLUS, True),
        (None, True),
    ],
)
def test_session_tracking_is_off_in_tiers_without_it(
    tier: UserPoolTierType | None, is_on: bool
) -> None:
    assert rules.is_on(replace(POOL, settings=UserPoolType(UserPoolTier=tier))) is is_on


def test_active_sessions_come_the_most_recently_used_first() -> None:
    there = [session(1, minutes_ago=5), session(2, minutes_ago=1), session(3, minutes_ago=9)]
    over = [
        replace(session(4), revoked=True),
        replace(session(5), expires_at=NOW),
    ]
    assert [each.id for each in rules.active([*there, *over], ZOE, NOW)] == ["2", "1", "3"]
    signed_out = replace(ZOE, signed_out_at=NOW)
    assert rules.active(there, signed_out, NOW) == []


@given(most=st.integers(1, 100), there=st.integers(0, 130))
def test_session_tracking_keeps_as_many_sessions_as_allowed(most: int, there: int) -> None:
    active = rules.active((session(n, minutes_ago=n) for n in range(there)), ZOE, NOW)
    surplus = rules.surplus(replace(POOL, most_sessions=most), active)
    assert there - len(surplus) + 1 == min(there + 1, most)
    assert surplus == active[there - len(surplus) :]


@pytest.mark.parametrize(
    ("started", "signed_out", "is_over"),
    [
        (NOW, NOW, True),
        (NOW - MINUTE, NOW, True),
        (NOW + MILLISECOND, NOW, False),
        # The store keeps a sign-out in whole milliseconds.
        (NOW + MILLISECOND / 2, NOW, True),
    ],
)
def test_sign_out_ends_sessions_that_began_before(
    started: datetime, signed_out: datetime, is_over: bool
) -> None:
    user = replace(ZOE, signed_out_at=signed_out)
    assert sessions.is_over(replace(session(1), started_at=started), user) is is_over


@given(milliseconds=st.integers(-100_000, 100_000))
def test_session_that_begins_after_sign_out_is_not_over(milliseconds: int) -> None:
    """Even if the clock of the machine that signed the user out was ahead."""
    user = replace(ZOE, signed_out_at=NOW + milliseconds * MILLISECOND)
    begins_at = sessions.begins_at(user, NOW)
    assert begins_at >= NOW
    assert not sessions.is_over(replace(session(1), started_at=begins_at), user)


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (None, "unknown"),
        ("", "unknown"),
        ("???", "unknown"),
        ("Mozilla/5.0", "unknown"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/126.0.0.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari on iOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Safari/537.3",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Firefox on Linux",
        ),
        ("Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 lang/python#3.11", "Boto3 on Linux"),
        ("aws-cli/2.17 md/awscrt#0.20 os/macos#23.5", "aws-cli on macOS"),
        ("okhttp/4.12.0", "okhttp"),
    ],
)
def test_device_type_is_read_from_the_user_agent(user_agent: str | None, device: str) -> None:
    assert device_type(user_agent) == device


@given(st.text())
def test_device_type_of_any_user_agent_is_bounded(user_agent: str) -> None:
    assert 0 < len(device_type(user_agent)) <= 1024
