"""MFA settings of users and pools.

SetUserMFAPreference, AdminSetUserMFAPreference, SetUserSettings, AdminSetUserSettings,
GetUserAuthFactors, AdminGetUserAuthFactors, SetUserPoolMfaConfig, GetUserPoolMfaConfig.
"""

from typing import Any

from poolhouse.entities.users import User
from poolhouse.rules.auth import factor_changes, first_factors, mfa_preferences
from poolhouse.rules.pools import mfa_config
from poolhouse.rules.users.admin_users import require_user
from poolhouse.services.context import AdminCall, SignedInCall, UserCall
from poolhouse.services.registered_factors import has_software_token, usable_passkeys
from poolhouse.services.user_lookup import find_user
from poolhouse.store import pools, users
from poolhouse.wire.enums import AuthFactorType
from poolhouse.wire.structs import (
    AdminGetUserAuthFactorsRequest,
    AdminGetUserAuthFactorsResponse,
    AdminSetUserMFAPreferenceRequest,
    AdminSetUserMFAPreferenceResponse,
    AdminSetUserSettingsRequest,
    AdminSetUserSettingsResponse,
    GetUserAuthFactorsRequest,
    GetUserAuthFactorsResponse,
    GetUserPoolMfaConfigRequest,
    GetUserPoolMfaConfigResponse,
    SetUserMFAPreferenceRequest,
    SetUserMFAPreferenceResponse,
    SetUserPoolMfaConfigRequest,
    SetUserPoolMfaConfigResponse,
    SetUserSettingsRequest,
    SetUserSettingsResponse,
)


async def set_user_mfa_preference(
    call: SignedInCall, req: SetUserMFAPreferenceRequest
) -> SetUserMFAPreferenceResponse:
    """Set which second factors a signed-in user has enabled and prefers."""
    await _prefer(call, call.user, req)
    return SetUserMFAPreferenceResponse()


async def admin_set_user_mfa_preference(
    call: AdminCall, req: AdminSetUserMFAPreferenceRequest
) -> AdminSetUserMFAPreferenceResponse:
    """Set which second factors a user has enabled and prefers."""
    await _prefer(call, require_user(await find_user(call, call.pool, req.Username)), req)
    return AdminSetUserMFAPreferenceResponse()


async def set_user_settings(call: UserCall, req: SetUserSettingsRequest) -> SetUserSettingsResponse:
    """Turn SMS on or off for the signed-in user, in the deprecated way."""
    changed = mfa_preferences.by_options(call.pool, call.user, req.MFAOptions, call.now)
    changed = factor_changes.record_difference(call.user, changed, call.now)
    await call.commit(users.save(changed, call.user))
    return SetUserSettingsResponse()


async def admin_set_user_settings(
    call: AdminCall, req: AdminSetUserSettingsRequest
) -> AdminSetUserSettingsResponse:
    """Turn SMS on or off for a user, in the deprecated way."""
    user = require_user(await find_user(call, call.pool, req.Username))
    changed = mfa_preferences.by_options(call.pool, user, req.MFAOptions, call.now)
    await call.commit(users.save(changed, user))
    return AdminSetUserSettingsResponse()


async def get_user_auth_factors(
    call: SignedInCall, req: GetUserAuthFactorsRequest
) -> GetUserAuthFactorsResponse:
    """Return the factors with which the signed-in user can sign in."""
    return GetUserAuthFactorsResponse(**await _factors(call, call.user))


async def admin_get_user_auth_factors(
    call: AdminCall, req: AdminGetUserAuthFactorsRequest
) -> AdminGetUserAuthFactorsResponse:
    """Return the factors with which a user can sign in."""
    user = require_user(await find_user(call, call.pool, req.Username))
    return AdminGetUserAuthFactorsResponse(**await _factors(call, user))


async def set_user_pool_mfa_config(
    call: AdminCall, req: SetUserPoolMfaConfigRequest
) -> SetUserPoolMfaConfigResponse:
    """Set whether a pool's users need a second factor, and which there are."""
    changed = mfa_config.configured(call.pool, req, call.now)
    await call.commit(pools.save(changed))
    return SetUserPoolMfaConfigResponse(**mfa_config.shown(changed))


async def get_user_pool_mfa_config(
    call: AdminCall, req: GetUserPoolMfaConfigRequest
) -> GetUserPoolMfaConfigResponse:
    """Show what SetUserPoolMfaConfig, or the pool's own operations, have set."""
    return GetUserPoolMfaConfigResponse(**mfa_config.shown(call.pool))


async def _prefer(
    call: SignedInCall | AdminCall,
    user: User,
    req: SetUserMFAPreferenceRequest | AdminSetUserMFAPreferenceRequest,
) -> None:
    changed = mfa_preferences.preferring(
        call.pool, user, req, call.now, has_software_token=await has_software_token(call, user)
    )
    if isinstance(call, SignedInCall):
        changed = factor_changes.record_difference(user, changed, call.now)
    await call.commit(users.save(changed, user))


async def _factors(call: SignedInCall | AdminCall, user: User) -> dict[str, Any]:
    """Return the user's first factors, and the app, which is only a second factor."""
    has_app = await has_software_token(call, user)
    first = first_factors.of_user(
        call.pool,
        user,
        has_password=await call.store.users.password(user) is not None,
        has_passkey=bool(await usable_passkeys(call, call.pool, user)),
        has_software_token=has_app,
    )
    shown = mfa_preferences.shown(user)
    return {
        "Username": user.username,
        "PreferredMfaSetting": shown["PreferredMfaSetting"],
        "UserMFASettingList": shown["UserMFASettingList"],
        "ConfiguredUserAuthFactors": [*first, *([AuthFactorType.SOFTWARE_TOKEN] * has_app)],
    }
