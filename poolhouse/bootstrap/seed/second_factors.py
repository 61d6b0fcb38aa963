"""The second factors of a seed file's users."""

import hmac
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from poolhouse.bootstrap.seed.document import MfaSeed
from poolhouse.bootstrap.system_calls import SystemCalls
from poolhouse.entities.pools import Pool
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.entities.users import User
from poolhouse.operations import mfa as mfa_operations
from poolhouse.rules.auth import mfa, mfa_preferences
from poolhouse.store import users
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.structs import (
    AdminSetUserMFAPreferenceRequest,
    EmailMfaSettingsType,
    SMSMfaSettingsType,
    SoftwareTokenMfaSettingsType,
)

_BLOCKS: Final[dict[Challenge, tuple[str, type[msgspec.Struct]]]] = {
    mfa.SMS: ("SMSMfaSettings", SMSMfaSettingsType),
    mfa.EMAIL: ("EmailMfaSettings", EmailMfaSettingsType),
    mfa.SOFTWARE_TOKEN: ("SoftwareTokenMfaSettings", SoftwareTokenMfaSettingsType),
}


async def keep_app(calls: SystemCalls, pool: Pool, user: User, wanted: MfaSeed) -> None:
    """Register an authenticator app without a code of it, unless it is the user's already.

    No operation does that, so the audit record names none of the API's.
    """
    secret = wanted.secret
    if secret is None:
        return
    has = await calls.services.store.software_tokens.find(user)
    if has is not None and hmac.compare_digest(has.secret, secret):
        return
    token = replace(
        has or SoftwareToken(sub=user.sub, pool_id=user.pool_id),
        secret=secret,
        pending=b"",
        last_step=0,
        device_name=None,
    )
    call = calls.of_pool("SeedSoftwareToken", pool)
    await call.commit(calls.services.store.software_tokens.save(token), users.bump_version(user))


async def keep_preference(calls: SystemCalls, pool: Pool, user: User, wanted: MfaSeed) -> None:
    """Turn on and off what the file names, as AdminSetUserMFAPreference does."""
    req = _preference(pool, user, wanted)
    token = await calls.services.store.software_tokens.find(user)
    has_token = token is not None and token.is_registered
    after = mfa_preferences.preferring(pool, user, req, calls.now, has_software_token=has_token)
    if after.mfa != user.mfa:
        call = calls.of_pool("AdminSetUserMFAPreference", pool)
        await mfa_operations.admin_set_user_mfa_preference(call, req)


def _preference(pool: Pool, user: User, wanted: MfaSeed) -> AdminSetUserMFAPreferenceRequest:
    """Return a factor that is preferred, or an app that is given, is meant to be on."""
    named = {mfa.SMS: wanted.sms, mfa.EMAIL: wanted.email}
    if wanted.totp is not None:
        named[mfa.SOFTWARE_TOKEN] = True
    if wanted.preferred is not None and named.get(Challenge(wanted.preferred)) is None:
        named[Challenge(wanted.preferred)] = True
    blocks: dict[str, Any] = {}
    for factor, is_on in named.items():
        if is_on is not None:
            preferred = wanted.preferred or (user.mfa.preferred if is_on else None)
            member, block = _BLOCKS[factor]
            blocks[member] = block(Enabled=is_on, PreferredMfa=factor == preferred)
    return AdminSetUserMFAPreferenceRequest(UserPoolId=pool.id, Username=user.username, **blocks)
