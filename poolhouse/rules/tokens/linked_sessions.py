"""A user's sessions of both kinds: of tokens, and of the browsers from which they came.

Evidence: ev:domain-1.2, ev:oauth-16, and the API model's documentation of the operations.
"""

from datetime import datetime
from typing import NamedTuple

from poolhouse.entities.authorization import BrowserSession
from poolhouse.entities.sessions import TokenSession
from poolhouse.errors.tokens import SessionNotFound
from poolhouse.rules.tokens import session_tracking, user_agents
from poolhouse.wire.enums import SessionTypeType
from poolhouse.wire.structs import SessionDescriptionType


class UserSessions(NamedTuple):
    """The active sessions of a user."""

    of_tokens: list[TokenSession]
    of_browsers: list[BrowserSession]


def listed(there: UserSessions, current: TokenSession | None) -> list[SessionDescriptionType]:
    """Return all sessions as their user sees them, the most recently used first."""
    parents = {each.id: each for each in there.of_browsers}
    described = [
        session_tracking.described(each, current, parents.get(each.parent or ""))
        for each in there.of_tokens
    ]
    described += [_described(each, there.of_tokens) for each in there.of_browsers]
    described.sort(key=lambda each: each.LastActiveDate or 0, reverse=True)
    return described[: session_tracking.MOST_LISTED]


def to_revoke(there: UserSessions, session_id: str, *, linked: bool) -> UserSessions:
    """Return the sessions that end with the one of this SessionId, which is among them.

    Linked are a browser session and the token sessions that came through it. Those of one browser
    aren't linked to each other. Raises SessionNotFound.
    """
    for session in there.of_tokens:
        if session.handle == session_id:
            parents = [each for each in there.of_browsers if linked and each.id == session.parent]
            return UserSessions([session], parents)
    for browser in there.of_browsers:
        if browser.handle == session_id:
            children = [each for each in there.of_tokens if linked and each.parent == browser.id]
            return UserSessions(children, [browser])
    raise SessionNotFound


def _described(session: BrowserSession, tokens: list[TokenSession]) -> SessionDescriptionType:
    return SessionDescriptionType(
        SessionId=session.handle,
        SessionType=SessionTypeType.SSO,
        ClientId=session.client_id,
        CreateDate=session.started_at.timestamp(),
        LastActiveDate=_active_at(session, tokens).timestamp(),
        DeviceType=user_agents.device_type(session.user_agent),
        LastIPAddress=session.source_ip and session.source_ip[: session_tracking.LONGEST_ADDRESS],
        IsCurrentSession=False,
    )


def _active_at(session: BrowserSession, tokens: list[TokenSession]) -> datetime:
    """Return the last authentication, or the last grant or rotation of tokens that came of it."""
    moments = [each.active_at for each in tokens if each.parent == session.id]
    return max(session.renewed_at or session.started_at, *moments, session.started_at)
