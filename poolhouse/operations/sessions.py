"""Sessions that a pool tracks.

The operations configure tracking for pool and app client, and list and revoke sessions for users
and administrators.
"""

from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User
from poolhouse.errors.pools import PageTokenInvalid
from poolhouse.operations.clients import named_client
from poolhouse.rules.tokens import linked_sessions
from poolhouse.rules.tokens import session_tracking as rules
from poolhouse.rules.users.admin_users import require_user
from poolhouse.services import user_sessions
from poolhouse.services.context import AdminCall, Call, UserCall
from poolhouse.services.user_lookup import find_user
from poolhouse.store import pools
from poolhouse.wire.enums import RevokeAssociatedSessionsType, UserSessionTrackingType
from poolhouse.wire.structs import (
    AdminListUserSessionsRequest,
    AdminListUserSessionsResponse,
    AdminRevokeUserSessionRequest,
    AdminRevokeUserSessionResponse,
    ClientSSOSessionConfigType,
    GetUserPoolClientSessionConfigurationRequest,
    GetUserPoolClientSessionConfigurationResponse,
    GetUserPoolSessionConfigurationRequest,
    GetUserPoolSessionConfigurationResponse,
    ListUserSessionsRequest,
    ListUserSessionsResponse,
    RevokeUserSessionRequest,
    RevokeUserSessionResponse,
    SessionDescriptionType,
    SetUserPoolClientSessionConfigurationRequest,
    SetUserPoolClientSessionConfigurationResponse,
    SetUserPoolSessionConfigurationRequest,
    SetUserPoolSessionConfigurationResponse,
    UserPoolTokenSessionConfigType,
)


async def set_user_pool_session_configuration(
    call: AdminCall, req: SetUserPoolSessionConfigurationRequest
) -> SetUserPoolSessionConfigurationResponse:
    """Turn session tracking on or off, and say how many sessions a user may have.

    A lower number than before ends no session until its user signs in again.
    """
    rules.check_tier(call.pool)
    await call.commit(pools.save(rules.configured(call.pool, req, call.now)))
    return SetUserPoolSessionConfigurationResponse(
        UserPoolId=call.pool.id,
        UserSessionTracking=req.UserSessionTracking,
        TokenSession=req.TokenSession,
    )


async def get_user_pool_session_configuration(
    call: AdminCall, req: GetUserPoolSessionConfigurationRequest
) -> GetUserPoolSessionConfigurationResponse:
    """Show it as it was set; in a pool where it never was, the defaults."""
    tracking = UserSessionTrackingType
    return GetUserPoolSessionConfigurationResponse(
        UserPoolId=call.pool.id,
        UserSessionTracking=tracking.ENABLED if call.pool.tracks_sessions else tracking.DISABLED,
        TokenSession=UserPoolTokenSessionConfigType(MaxPerUser=call.pool.most_sessions),
    )


async def set_user_pool_client_session_configuration(
    call: AdminCall, req: SetUserPoolClientSessionConfigurationRequest
) -> SetUserPoolClientSessionConfigurationResponse:
    """Set how long the app client reuses a sign-in at another one without asking the user."""
    rules.check_tier(call.pool)
    rules.check_on(call.pool)
    client = await named_client(call, req.ClientId)
    changed = rules.configured_client(client, req.SSOSession.MaxValidityMinutes, call.now)
    await call.commit(call.store.clients.save(changed))
    return SetUserPoolClientSessionConfigurationResponse(
        UserPoolId=call.pool.id, ClientId=client.id, SSOSession=req.SSOSession
    )


async def get_user_pool_client_session_configuration(
    call: AdminCall, req: GetUserPoolClientSessionConfigurationRequest
) -> GetUserPoolClientSessionConfigurationResponse:
    """Show it, also while the pool doesn't track sessions: it rests then."""
    client = await named_client(call, req.ClientId)
    return GetUserPoolClientSessionConfigurationResponse(
        UserPoolId=call.pool.id,
        ClientId=client.id,
        SSOSession=ClientSSOSessionConfigType(MaxValidityMinutes=client.sso_minutes),
    )


async def list_user_sessions(
    call: UserCall, req: ListUserSessionsRequest
) -> ListUserSessionsResponse:
    """Show users where they are signed in, in every app of the pool."""
    rules.check_on(call.pool)
    return ListUserSessionsResponse(
        Sessions=await _listed(call, call.user, call.session, req.NextToken)
    )


async def admin_list_user_sessions(
    call: AdminCall, req: AdminListUserSessionsRequest
) -> AdminListUserSessionsResponse:
    """List a user's sessions; none of them is the administrator's current one."""
    rules.check_on(call.pool)
    user = require_user(await find_user(call, call.pool, req.Username))
    return AdminListUserSessionsResponse(Sessions=await _listed(call, user, None, req.NextToken))


async def revoke_user_session(
    call: UserCall, req: RevokeUserSessionRequest
) -> RevokeUserSessionResponse:
    """End another session of the user's, with all of its tokens, and sessions that are linked."""
    rules.check_on(call.pool)
    rules.check_other(req.SessionId, call.session)
    await _revoke(call, call.user, req)
    return RevokeUserSessionResponse()


async def admin_revoke_user_session(
    call: AdminCall, req: AdminRevokeUserSessionRequest
) -> AdminRevokeUserSessionResponse:
    """Revoke any session of a user."""
    rules.check_on(call.pool)
    user = require_user(await find_user(call, call.pool, req.Username))
    await _revoke(call, user, req)
    return AdminRevokeUserSessionResponse()


async def _listed(
    call: Call, user: User, current: TokenSession | None, page_token: str | None
) -> list[SessionDescriptionType]:
    """Return all sessions, on the first page, so no valid token for another page exists."""
    if page_token is not None:
        raise PageTokenInvalid
    return linked_sessions.listed(await user_sessions.active(call, user), current)


async def _revoke(
    call: Call, user: User, req: RevokeUserSessionRequest | AdminRevokeUserSessionRequest
) -> None:
    linked = req.RevokeAssociatedSessions is RevokeAssociatedSessionsType.LINKED
    await user_sessions.revoke(call, user, req.SessionId, linked=linked)
