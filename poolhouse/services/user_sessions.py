"""A user's sessions: of tokens, and of the browsers from which they came."""

from msgspec.structs import replace

from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.rules.tokens import linked_sessions, session_tracking
from poolhouse.rules.tokens.linked_sessions import UserSessions
from poolhouse.services import authorization_codes
from poolhouse.services import browser_sessions as services
from poolhouse.services.context import Call
from poolhouse.store import browser_sessions, sessions
from poolhouse.store.interface import Write


async def active(call: Call, user: User) -> UserSessions:
    """Return the sessions of a user that haven't ended."""
    of_tokens = await call.store.sessions.of_user(user, session_tracking.MOST_READ)
    return UserSessions(
        session_tracking.active(of_tokens, user, call.now), await services.of_user(call, user)
    )


async def evictions(call: Call, pool: Pool, user: User) -> list[Write]:
    """Return the writes that make room for a token session, if the pool has a maximum.

    They end the least recently used ones. If two sign-ins need the same room at the same time, one
    of them runs again.
    """
    if not session_tracking.is_on(pool):
        return []
    there = await call.store.sessions.of_user(user, session_tracking.MOST_READ)
    surplus = session_tracking.surplus(pool, session_tracking.active(there, user, call.now))
    return [sessions.drop_all(surplus)] if surplus else []


async def revoke(call: Call, user: User, session_id: str, *, linked: bool) -> None:
    """End the session of this SessionId, and with `linked` those that are linked to it.

    Raises SessionNotFound.
    """
    there = await active(call, user)
    await call.commit(
        *_revocation(call, linked_sessions.to_revoke(there, session_id, linked=linked))
    )


async def revoke_all(call: Call, user: User) -> None:
    """End every session of the user that can still be used."""
    await call.commit(*_revocation(call, await active(call, user)))


def _revocation(call: Call, ending: UserSessions) -> list[Write]:
    """Mark the sessions as revoked. Those of browsers stay as long as a code of theirs may come."""
    last = call.now + authorization_codes.LIFETIME
    return [
        *(sessions.save(replace(each, revoked=True)) for each in ending.of_tokens),
        *(
            browser_sessions.save(
                replace(each, revoked=True, expires_at=max(each.expires_at, last))
            )
            for each in ending.of_browsers
        ),
    ]
