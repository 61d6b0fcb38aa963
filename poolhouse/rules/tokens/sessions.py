"""Decide how long a session lives, and when its tokens become invalid (ev:auth-14)."""

from datetime import datetime, timedelta
from typing import Final

from poolhouse.entities.clients import Client
from poolhouse.entities.devices import Device
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User
from poolhouse.errors.tokens import InvalidRefreshToken, RefreshTokenExpired, RefreshTokenRevoked
from poolhouse.rules.auth.devices import is_tracking
from poolhouse.wire.enums import FeatureType

_MILLISECOND: Final = timedelta(milliseconds=1)
"""The store keeps the moment of a sign-out in whole ones."""


def is_over(session: TokenSession, user: User) -> bool:
    """Return whether the session was revoked, alone or with all sessions of the user."""
    signed_out = user.signed_out_at
    return session.revoked or (
        signed_out is not None and session.started_at < signed_out + _MILLISECOND
    )


def begins_at(user: User, now: datetime) -> datetime:
    """Return the start of a new session of this user: after the end of all ended ones.

    The clock of another machine, or a fixed clock, may show the same moment twice.
    """
    return now if user.signed_out_at is None else max(now, user.signed_out_at + _MILLISECOND)


def ended_at(user: User, now: datetime) -> datetime:
    """Return the end of all sessions of this user that began until now; it never moves back.

    `begins_at` may have moved a session's start beyond the time on this clock.
    """
    return begins_at(user, now)


def rotates(client: Client) -> bool:
    """Return whether every refresh returns a new refresh token, and ends the one before."""
    rotation = client.settings.RefreshTokenRotation
    return rotation is not None and rotation.Feature is FeatureType.ENABLED


def check_may_refresh(
    session: TokenSession,
    user: User,
    client: Client,
    pool: Pool,
    *,
    device: Device | None,
    now: datetime,
) -> None:
    """Refuse a refresh token of another client, or one whose session has ended.

    Where devices are tracked, the token works only together with the key of its own device, once
    that is confirmed and until it is forgotten (aws-sdk-java#2841); so it never does after an
    administrator's sign-in, which has no device. `device` is the confirmed one of that key.
    A sign-in at a pool's domain gave its client no key: its refresh tokens need none (ev:oauth-4).
    """
    if session.client_id != client.id:
        raise InvalidRefreshToken().because("it was issued to another app client")
    if is_over(session, user):
        raise RefreshTokenRevoked
    if now >= session.expires_at:
        raise RefreshTokenExpired
    if session.at_domain:
        return
    if is_tracking(pool) and (device is None or device.key != session.device_key):
        raise InvalidRefreshToken().because("it needs the DEVICE_KEY of its sign-in")
