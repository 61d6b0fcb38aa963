"""Refresh token rotation: every refresh returns a new refresh token (ev:auth-14).

The refresh tokens of a session form a chain, each derived from the one before by the server's key.
A client may send the same token twice within the grace period, because the first response got lost
or two requests crossed. It gets the same successor both times: two are never valid at once.
"""

import hmac
from datetime import datetime, timedelta

from msgspec.structs import replace

from poolhouse.entities.clients import Client
from poolhouse.entities.sessions import TokenSession
from poolhouse.errors.tokens import RefreshTokenReused


def grace(client: Client) -> timedelta:
    """Return how long a refresh token stays good after another has taken its place."""
    rotation = client.settings.RefreshTokenRotation
    return timedelta(seconds=(rotation and rotation.RetryGracePeriodSeconds) or 0)


def is_current(session: TokenSession, digest: bytes, client: Client, now: datetime) -> bool:
    """Return whether this is the session's refresh token; False: the one before, within its grace.

    Any other was the session's once, for the server has sealed it: RefreshTokenReused.
    """
    if hmac.compare_digest(digest, session.refresh):
        return True
    is_former = hmac.compare_digest(digest, session.former)
    # A clock that was set back doesn't make the grace period longer.
    if not is_former or session.rotated_at is None or now >= session.rotated_at + grace(client):
        raise RefreshTokenReused
    return False


def rotated(session: TokenSession, fresh: bytes, now: datetime) -> TokenSession:
    """Return the session with the digest of another refresh token; its end doesn't move."""
    return replace(session, refresh=fresh, former=session.refresh, rotated_at=now)
