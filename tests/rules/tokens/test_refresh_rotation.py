"""Rotation of refresh tokens: whatever a client does, at most one chain of tokens is good."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.entities.clients import Client
from poolhouse.entities.sessions import TokenSession
from poolhouse.errors.tokens import RefreshTokenReused
from poolhouse.rules.tokens import refresh_rotation as rules
from poolhouse.wire.enums import FeatureType
from poolhouse.wire.structs import RefreshTokenRotationType, UserPoolClientType

NOW = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def client(grace: int | None) -> Client:
    rotation = RefreshTokenRotationType(Feature=FeatureType.ENABLED, RetryGracePeriodSeconds=grace)
    return Client(
        id="1example23456789",
        pool_id="us-east-1_Example01",
        settings=UserPoolClientType(RefreshTokenRotation=rotation),
        created_at=NOW,
        modified_at=NOW,
    )


def digest(number: int) -> bytes:
    """Of the chain's token of this number."""
    return hashlib.sha256(str(number).encode()).digest()


SESSION = TokenSession(
    id="event",
    sub="sub",
    pool_id="us-east-1_Example01",
    client_id="1example23456789",
    handle="tkn",
    origin_jti="origin",
    started_at=NOW,
    active_at=NOW,
    expires_at=NOW + timedelta(days=30),
    refresh=digest(0),
)


def test_refresh_rotation_previous_token_is_valid_until_grace_period_ends() -> None:
    session = rules.rotated(SESSION, digest(1), NOW)
    ten = client(10)
    assert rules.is_current(session, digest(1), ten, NOW)
    assert not rules.is_current(session, digest(0), ten, NOW + 10 * SECOND - SECOND / 1000)
    with pytest.raises(RefreshTokenReused):
        rules.is_current(session, digest(0), ten, NOW + 10 * SECOND)


@pytest.mark.parametrize("grace", [None, 0])
def test_refresh_rotation_without_grace_period_makes_the_previous_token_reuse(
    grace: int | None,
) -> None:
    session = rules.rotated(SESSION, digest(1), NOW)
    with pytest.raises(RefreshTokenReused):
        rules.is_current(session, digest(0), client(grace), NOW)


def test_refresh_rotation_foreign_token_of_an_unrotated_session_is_reuse() -> None:
    """An empty digest means "no token before", and no token has it."""
    for other in (digest(7), b""):
        with pytest.raises(RefreshTokenReused):
            rules.is_current(SESSION, other, client(60), NOW)


def test_rotation_does_not_move_the_sessions_end() -> None:
    assert rules.rotated(SESSION, digest(1), NOW + SECOND).expires_at == SESSION.expires_at


tries = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), max_size=30)


@given(grace=st.integers(0, 60), tries=tries)
def test_refresh_rotation_chain_never_forks(grace: int, tries: list[tuple[int, int]]) -> None:
    """Each try comes `wait` seconds after the one before, with a token `back` steps behind.

    The newest token makes one more; the one before serves for a retry within the grace period;
    any other is a reuse. So at every moment one token, and one only, can go on.
    """
    session, newest, now, rotated_at = SESSION, 0, NOW, None
    app = client(grace)
    for back, wait in tries:
        now += wait * SECOND
        used = newest - back
        in_grace = rotated_at is not None and now < rotated_at + grace * SECOND
        if back == 0:
            assert rules.is_current(session, digest(used), app, now)
            newest += 1
            session, rotated_at = rules.rotated(session, digest(newest), now), now
        elif back == 1 and in_grace:
            assert not rules.is_current(session, digest(used), app, now)
        else:
            with pytest.raises(RefreshTokenReused):
                rules.is_current(session, digest(used), app, now)
