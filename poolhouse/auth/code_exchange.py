"""Exchange an authorization code for tokens, once (RFC 6749 §4.1.3, ev:oauth-4)."""

from collections.abc import Callable

from msgspec.structs import replace

from poolhouse.entities.authorization import AuthorizationCode
from poolhouse.entities.clients import Client
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User
from poolhouse.errors.oauth import InvalidGrant, InvalidRedirect, InvalidRequest
from poolhouse.rules.oauth import pkce, user_claims
from poolhouse.rules.tokens import lifetimes, session_tracking, user_agents
from poolhouse.rules.tokens import sessions as rules
from poolhouse.services import authorization_codes, refresh_tokens, user_sessions
from poolhouse.services.context import Call, ClientCall
from poolhouse.services.token_issuance import TokenContext, issue_tokens
from poolhouse.store import sessions
from poolhouse.store.interface import Write
from poolhouse.triggers.pre_token_generation import PreTokenSource
from poolhouse.wire.errors import ServiceError
from poolhouse.wire.structs import AuthenticationResultType


async def exchange(
    call: ClientCall, code: str, redirect_uri: str, verifier: str | None
) -> AuthenticationResultType:
    """Return the tokens of a code. Raises an OAuthError.

    A second use revokes the session that the first one made: of two holders of a code one has
    stolen it (RFC 6749 §4.1.2).
    """
    granted = await authorization_codes.find_code(call, code)
    if granted is None or granted.pool_id != call.pool.id:
        raise InvalidGrant().because("no such code")
    if granted.request.client_id != call.client.id:
        raise InvalidGrant().because("the code was issued to another app client")
    if granted.session_id is not None:
        await revoke_first_use(call, granted)
        raise InvalidGrant().because("the code was used before, so its session was revoked")
    if call.now >= granted.expires_at:
        raise InvalidGrant().because("the code has expired")
    if granted.request.redirect_uri != redirect_uri:
        raise InvalidRedirect().because("another redirect_uri than in the authorization request")
    if granted.request.code_challenge is not None and verifier is None:
        raise InvalidRequest().because("no code_verifier")
    if not pkce.fits(verifier, granted.request.code_challenge):
        raise InvalidGrant().because("the code_verifier doesn't fit")
    return await issue_once(call, granted, call.store.authorization_codes.save)


async def issue_once(
    call: ClientCall, granted: AuthorizationCode, save: Callable[[AuthorizationCode], Write]
) -> AuthenticationResultType:
    """Return the tokens of a granted sign-in. `save` makes the write that uses it up.

    Raises InvalidGrant.
    """
    if not user_claims.are_readable(call.client, granted.request.scopes):
        raise InvalidGrant().because("the app client may not read all attributes of its scopes")
    user = await call.store.users.by_sub(call.pool.id, granted.sub)
    if user is None or not user.enabled:
        raise InvalidGrant().because("the user is gone or disabled")
    if user.signed_out_at != granted.signed_out_at:
        # A new session would begin after the sign-out, and so outlive it.
        raise InvalidGrant().because("the user has signed out everywhere since")
    if await _has_lost_its_browser(call, granted):
        raise InvalidGrant().because("the browser session of the code was revoked")
    call.audit.target = user.username
    session, refresh_token = _session(call, call.client, user, granted)
    used = save(replace(granted, session_id=session.id))
    await call.commit(
        used, sessions.add(session), *await user_sessions.evictions(call, call.pool, user)
    )
    try:
        result = await issue_tokens(call, _context(call.pool, call.client, user, session, granted))
    except ServiceError:
        await call.store.commit(sessions.drop((session.sub, session.pool_id, session.id)))
        raise
    call.proven = True
    return replace(result, RefreshToken=refresh_token)


async def issue_at_once(
    call: Call, pool: Pool, client: Client, user: User, granted: AuthorizationCode
) -> AuthenticationResultType:
    """Return tokens without a code and without a refresh token: the implicit grant."""
    session, _ = _session(call, client, user, granted)
    await call.commit(sessions.add(session), *await user_sessions.evictions(call, pool, user))
    try:
        return await issue_tokens(call, _context(pool, client, user, session, granted))
    except ServiceError:
        await call.store.commit(sessions.drop((session.sub, session.pool_id, session.id)))
        raise


async def _has_lost_its_browser(call: ClientCall, granted: AuthorizationCode) -> bool:
    """Return whether the code's browser session was revoked since, with all that came of it.

    A session that has ended by itself or by a sign-out leaves its codes as they are. Without
    session tracking none can be revoked, and none is read.
    """
    if granted.browser_session_id is None or not session_tracking.is_on(call.pool):
        return False
    found = await call.store.browser_sessions.find(
        granted.pool_id, granted.sub, granted.browser_session_id
    )
    return found is not None and found.revoked


def _session(
    call: Call, client: Client, user: User, granted: AuthorizationCode
) -> tuple[TokenSession, str]:
    """Return the session of the tokens, and its refresh token."""
    token, digest = refresh_tokens.new_refresh_token(
        call, granted.pool_id, granted.sub, granted.event_id
    )
    session = TokenSession(
        id=granted.event_id,
        sub=granted.sub,
        pool_id=granted.pool_id,
        client_id=client.id,
        handle=call.ids.auth_session_id("tkn"),
        origin_jti=call.ids.token_id(),
        started_at=rules.begins_at(user, granted.auth_time),
        active_at=call.now,
        expires_at=call.now + lifetimes.of_client(client.settings).refresh,
        refresh=digest,
        device_key=granted.device_key,
        proofs=granted.proofs,
        level=granted.level,
        scope=" ".join(granted.request.scopes),
        source_ip=call.caller.source_ip,
        user_agent=user_agents.stored(call.caller.user_agent),
        parent=granted.browser_session_id,
        at_domain=True,
        resource=granted.request.resource,
    )
    return session, token


def _context(
    pool: Pool, client: Client, user: User, session: TokenSession, granted: AuthorizationCode
) -> TokenContext:
    source = PreTokenSource.HOSTED_AUTH
    if granted.was_temporary:
        source = PreTokenSource.NEW_PASSWORD_CHALLENGE
    if granted.was_by_device:
        source = PreTokenSource.AUTHENTICATE_DEVICE
    return TokenContext(pool, client, user, session, source, None, granted.request.nonce)


async def revoke_first_use(call: ClientCall, granted: AuthorizationCode) -> None:
    """Revoke the session that the first use of a code has made."""
    assert granted.session_id is not None
    session = await call.store.sessions.find(granted.pool_id, granted.sub, granted.session_id)
    if session is not None and not session.revoked:
        await call.commit(sessions.save(replace(session, revoked=True)))
