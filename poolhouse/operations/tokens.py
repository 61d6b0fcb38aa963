"""Tokens after the sign-in, and tokens without one.

GetTokensFromRefreshToken, RevokeToken, GlobalSignOut, AdminUserGlobalSignOut; GetClientToken,
GetDerivedToken.
"""

from poolhouse.auth import client_credentials, refresh_with_rotation, revocation, token_exchange
from poolhouse.rules.tokens import client_credentials as machine_tokens
from poolhouse.rules.users.admin_users import require_user, sign_out
from poolhouse.services import custom_scopes
from poolhouse.services.context import AdminCall, ClientCall, SignedInCall
from poolhouse.services.user_lookup import find_user
from poolhouse.store import users
from poolhouse.wire.enums import RevokeAssociatedSessionsType
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
    (RFC 7009, section 2.2). With RevokeAssociatedSessions LINKED it ends the browser session too.
    """
    linked = req.RevokeAssociatedSessions is RevokeAssociatedSessionsType.LINKED
    await revocation.revoke(call, req.Token, linked=linked)
    return RevokeTokenResponse()


async def global_sign_out(call: SignedInCall, req: GlobalSignOutRequest) -> GlobalSignOutResponse:
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
