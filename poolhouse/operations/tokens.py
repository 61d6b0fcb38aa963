"""Tokens after the sign-in, and tokens without one.

GetTokensFromRefreshToken, RevokeToken, GlobalSignOut, AdminUserGlobalSignOut; GetClientToken,
GetDerivedToken.
"""

from msgspec.structs import replace

from poolhouse.auth import client_credentials, refresh_with_rotation, token_exchange
from poolhouse.entities.sessions import TokenSession
from poolhouse.errors.auth import ClientUnauthorized
from poolhouse.errors.tokens import InvalidRefreshToken, NotARefreshToken, RevocationOff
from poolhouse.rules.tokens import access_tokens
from poolhouse.rules.tokens import client_credentials as machine_tokens
from poolhouse.rules.users.admin_users import require_user, sign_out
from poolhouse.services import custom_scopes
from poolhouse.services.context import AdminCall, ClientCall, UserCall
from poolhouse.services.refresh_tokens import open_refresh_token
from poolhouse.services.user_lookup import find_user
from poolhouse.store import sessions, users
from poolhouse.wire.structs import (
    AdminUserGlobalSignOutRequest,
    AdminUserGlobalSignOutResponse,
    GetClientTokenRequest,
    GetClientTokenResponse,
    GetDerivedTokenRequest,
    GetDerivedTokenResponse,
    GetTokensFromRefreshTokenRequest,
    GetTokensFromRefreshTokenResponse,
    GlobalSignOutRequest,
    GlobalSignOutResponse,
    RevokeTokenRequest,
    RevokeTokenResponse,
)


async def get_tokens_from_refresh_token(
    call: ClientCall, req: GetTokensFromRefreshTokenRequest
) -> GetTokensFromRefreshTokenResponse:
    """Return new tokens for a refresh token, without asking the user.

    UNVERIFIED: does it take ALLOW_REFRESH_TOKEN_AUTH where the client doesn't rotate? Not here.
    """
    return GetTokensFromRefreshTokenResponse(
        AuthenticationResult=await refresh_with_rotation.renew(
            call, req.RefreshToken, req.DeviceKey, req.ClientMetadata
        )
    )


async def revoke_token(call: ClientCall, req: RevokeTokenRequest) -> RevokeTokenResponse:
    """End a session: its refresh token, and every access token that came of it.

    It is done, too, if there is nothing to do: the token means nothing, or was revoked before
    (RFC 7009, section 2.2). RevokeAssociatedSessions finds no other session to end: only those of
    managed login have a parent.
    """
    if call.client.settings.EnableTokenRevocation is False:
        raise RevocationOff(client_id=call.client.id)
    session = await _to_revoke(call, req.Token)
    if session is not None and not session.revoked:
        await call.commit(sessions.save(replace(session, revoked=True)))
    return RevokeTokenResponse()


async def global_sign_out(call: UserCall, req: GlobalSignOutRequest) -> GlobalSignOutResponse:
    """Invalidate every token that the user has had so far, on every device and app client."""
    call.audit.target = call.user.username
    await call.commit(users.save(sign_out(call.user, call.now), call.user))
    return GlobalSignOutResponse()


async def admin_user_global_sign_out(
    call: AdminCall, req: AdminUserGlobalSignOutRequest
) -> AdminUserGlobalSignOutResponse:
    """End all sessions of a user."""
    user = require_user(await find_user(call, call.pool, req.Username))
    await call.commit(users.save(sign_out(user, call.now), user))
    return AdminUserGlobalSignOutResponse()


async def get_client_token(call: ClientCall, req: GetClientTokenRequest) -> GetClientTokenResponse:
    """Return a token for an app client itself, without any user."""
    machine_tokens.check_allowed(call.client)
    existing = await custom_scopes.of_client(call.store, call.client)
    scopes = machine_tokens.granted(call.client, req.Scopes, existing)
    return GetClientTokenResponse(
        ClientAuthenticationResult=await client_credentials.issue(call, scopes, req.ClientMetadata)
    )


async def get_derived_token(
    call: ClientCall, req: GetDerivedTokenRequest
) -> GetDerivedTokenResponse:
    """Exchange a token for one with fewer rights, for another service; see `flows/`."""
    return await token_exchange.derive(call, req)


async def _to_revoke(call: ClientCall, given: str) -> TokenSession | None:
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


def _is_of_another_kind(token: str) -> bool:
    """Return whether it has the form of an access or ID token."""
    try:
        access_tokens.parse(token)
    except access_tokens.MalformedToken:
        return False
    return True
