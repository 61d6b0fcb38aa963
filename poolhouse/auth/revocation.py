"""End the session of a refresh token: RevokeToken, and `/oauth2/revoke`."""

from msgspec.structs import replace

from poolhouse.entities.sessions import TokenSession
from poolhouse.errors.auth import ClientUnauthorized
from poolhouse.errors.tokens import InvalidRefreshToken, NotARefreshToken, RevocationOff
from poolhouse.rules.tokens import access_tokens, session_tracking
from poolhouse.services.context import ClientCall
from poolhouse.services.refresh_tokens import open_refresh_token
from poolhouse.store import browser_sessions, sessions
from poolhouse.store.interface import Write


async def revoke(call: ClientCall, given: str, *, linked: bool = False) -> None:
    """Revoke the session of a refresh token. Tokens that mean nothing are left alone.

    `linked`: end its browser session too, in pools that track sessions. The other token sessions of
    that browser stay.
    """
    if call.client.settings.EnableTokenRevocation is False:
        raise RevocationOff(client_id=call.client.id)
    session = await _session_of(call, given)
    if session is None:
        return
    writes: list[Write] = []
    if not session.revoked:
        writes.append(sessions.save(replace(session, revoked=True)))
    if linked and session_tracking.is_on(call.pool):
        writes += await _parent_ended(call, session)
    if writes:
        await call.commit(*writes)


async def _session_of(call: ClientCall, given: str) -> TokenSession | None:
    """Return the session of a refresh token, if it is this client's."""
    try:
        token = open_refresh_token(call.services, given)
    except InvalidRefreshToken:
        if _is_of_another_kind(given):
            raise NotARefreshToken from None
        return None
    found = await call.store.sessions.with_user(token.pool_id, token.sub, token.session_id)
    user, session = found or (None, None)
    if user is None or session is None:
        return None
    if session.client_id != call.client.id:
        raise ClientUnauthorized
    call.audit.target = user.username
    call.proven = True
    return session


async def _parent_ended(call: ClientCall, session: TokenSession) -> list[Write]:
    """Return the write that revokes the browser session that a token session came through."""
    if session.parent is None:
        return []
    parent = await call.store.browser_sessions.find(session.pool_id, session.sub, session.parent)
    if parent is None or parent.revoked:
        return []
    return [browser_sessions.save(replace(parent, revoked=True))]


def _is_of_another_kind(token: str) -> bool:
    """Return whether it has the form of an access or ID token."""
    try:
        access_tokens.parse(token)
    except access_tokens.MalformedToken:
        return False
    return True
