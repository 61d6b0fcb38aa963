"""Session tracking: which sessions a user sees, and how many there may be (ev:auth-15)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.authorization import BrowserSession
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User
from poolhouse.errors.pools import NotInTier
from poolhouse.errors.tokens import CannotRevokeCurrentSession, SessionTrackingOff
from poolhouse.rules.pools import feature_plans
from poolhouse.rules.tokens import user_agents
from poolhouse.rules.tokens.sessions import is_over
from poolhouse.wire.enums import SessionTypeType, UserSessionTrackingType
from poolhouse.wire.structs import (
    SessionDescriptionType,
    SetUserPoolSessionConfigurationRequest,
)

MOST_LISTED: Final = 125
MOST_READ: Final = 500
"""Sessions of a user that are read: those that are over stay in the store until they expire.
If a user has more, from before the pool tracked sessions, each sign-in ends this many."""
LONGEST_ADDRESS: Final = 128


def is_on(pool: Pool) -> bool:
    """Return whether the pool tracks sessions. In a plan without the feature the setting rests."""
    return pool.tracks_sessions and feature_plans.has_session_tracking(pool.settings)


def check_on(pool: Pool) -> None:
    if not is_on(pool):
        raise SessionTrackingOff


def check_tier(pool: Pool) -> None:
    """Refuse to configure what the pool's plan doesn't have."""
    if not feature_plans.has_session_tracking(pool.settings):
        tier = feature_plans.tier_of(pool.settings).value
        raise NotInTier(tier=tier, features="Session Tracking")  # UNVERIFIED: the name


def configured(pool: Pool, req: SetUserPoolSessionConfigurationRequest, now: datetime) -> Pool:
    """Return the pool with another configuration, which replaces the old one as a whole."""
    return replace(
        pool,
        tracks_sessions=req.UserSessionTracking is UserSessionTrackingType.ENABLED,
        most_sessions=req.TokenSession.MaxPerUser,
        modified_at=now,
    )


def configured_client(client: Client, sso_minutes: int, now: datetime) -> Client:
    return replace(client, sso_minutes=sso_minutes, modified_at=now)


# The sessions of a user


def active(sessions: Iterable[TokenSession], user: User, now: datetime) -> list[TokenSession]:
    """Return those whose tokens still count, the most recently used first."""
    there = [each for each in sessions if not is_over(each, user) and now < each.expires_at]
    return sorted(there, key=lambda each: each.active_at, reverse=True)


def surplus(pool: Pool, sessions: list[TokenSession]) -> list[TokenSession]:
    """Return which of a user's active sessions have to go before another one begins."""
    return sessions[max(pool.most_sessions - 1, 0) :]


def used(
    session: TokenSession, source_ip: str | None, user_agent: str | None, now: datetime
) -> TokenSession:
    """Return the session after a refresh, from where it came."""
    return replace(
        session,
        active_at=now,
        source_ip=source_ip,
        user_agent=user_agents.stored(user_agent),
    )


def check_other(session_id: str, current: TokenSession) -> None:
    """Check that a user revokes another session; the current one ends by signing out."""
    if session_id == current.handle:
        raise CannotRevokeCurrentSession


def described(
    session: TokenSession, current: TokenSession | None, parent: BrowserSession | None
) -> SessionDescriptionType:
    """Return a session as its user sees it; `parent` is its browser session, while that lasts.

    LastLocation is absent: no address is looked up anywhere.
    """
    return SessionDescriptionType(
        SessionId=session.handle,
        SessionType=SessionTypeType.TOKEN,
        ClientId=session.client_id,
        CreateDate=session.started_at.timestamp(),
        LastActiveDate=session.active_at.timestamp(),
        DeviceType=user_agents.device_type(session.user_agent),
        LastIPAddress=session.source_ip and session.source_ip[:LONGEST_ADDRESS],
        OriginSessionId=None if parent is None else parent.handle,
        IsCurrentSession=current is not None and session.id == current.id,
    )
