"""Authenticator apps: AssociateSoftwareToken, VerifySoftwareToken, AdminDeleteSoftwareToken.

With an access token an app is registered, and a preference turns it on. With the Session of
MFA_SETUP it is part of a sign-in (`auth/challenges/mfa_setup.py`).
"""

from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt
from poolhouse.auth.challenges import mfa_setup
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.errors.mfa import NoSoftwareToken, NoSoftwareTokensInPool, SoftwareTokenNotVerified
from poolhouse.rules.auth import challenges, factor_changes, mfa, mfa_preferences, totp
from poolhouse.rules.users.admin_users import require_user
from poolhouse.services import guesses, software_tokens
from poolhouse.services.context import AdminCall, UserOrSessionCall
from poolhouse.services.user_lookup import find_user
from poolhouse.store import users
from poolhouse.wire.enums import ChallengeNameType, VerifySoftwareTokenResponseType
from poolhouse.wire.structs import (
    AdminDeleteSoftwareTokenRequest,
    AdminDeleteSoftwareTokenResponse,
    AssociateSoftwareTokenRequest,
    AssociateSoftwareTokenResponse,
    VerifySoftwareTokenRequest,
    VerifySoftwareTokenResponse,
)


async def associate_software_token(
    call: UserOrSessionCall, req: AssociateSoftwareTokenRequest
) -> AssociateSoftwareTokenResponse:
    """Return a secret for an authenticator app.

    The user's present app stays valid until a code of the new one was verified.
    """
    if call.session is not None:
        secret, session = await mfa_setup.associate(_attempt(call), call.session)
        return AssociateSoftwareTokenResponse(
            SecretCode=totp.base32_secret(secret), Session=session
        )
    if mfa.SOFTWARE_TOKEN not in mfa.factors_of(call.pool):
        raise NoSoftwareTokensInPool
    token = await _token(call)
    secret = call.ids.random_bytes(totp.SECRET_BYTES)
    await call.commit(
        call.store.software_tokens.save(replace(token, pending=secret)),
        users.bump_version(call.user),
    )
    return AssociateSoftwareTokenResponse(SecretCode=totp.base32_secret(secret))


async def verify_software_token(
    call: UserOrSessionCall, req: VerifySoftwareTokenRequest
) -> VerifySoftwareTokenResponse:
    """Register an app by a code of it. The code is spent: it doesn't sign in, too."""
    success = VerifySoftwareTokenResponseType.SUCCESS
    if call.session is not None:
        session = await mfa_setup.verify(
            _attempt(call), call.session, req.UserCode, req.FriendlyDeviceName
        )
        return VerifySoftwareTokenResponse(Status=success, Session=session)
    token = await _token(call)
    if not token.pending:
        # UNVERIFIED: what is answered when nothing waits, and for a second time?
        raise NoSoftwareToken
    step = await guesses.verify_software_token(
        call, call.user, token.pending, req.UserCode, SoftwareTokenNotVerified(), clears=False
    )
    registered = replace(
        token,
        secret=token.pending,
        pending=b"",
        last_step=step,
        device_name=req.FriendlyDeviceName,
    )
    await call.commit(
        call.store.software_tokens.save(registered),
        users.save(factor_changes.record(call.user, call.now), call.user),
    )
    return VerifySoftwareTokenResponse(Status=success)


async def admin_delete_software_token(
    call: AdminCall, req: AdminDeleteSoftwareTokenRequest
) -> AdminDeleteSoftwareTokenResponse:
    """Remove a user's authenticator app, as when the phone is lost.

    If MFA is required, the next sign-in asks for another factor, or to set one up.
    """
    # UNVERIFIED: what is answered for a user without an app? Here there is nothing to take away.
    user = require_user(await find_user(call, call.pool, req.Username))
    changed = mfa_preferences.without_software_token(user, call.now)
    await software_tokens.remove(call, user, changed)
    return AdminDeleteSoftwareTokenResponse()


def _attempt(call: UserOrSessionCall) -> Attempt:
    """Return the sign-in under way, which must be at the setup of a second factor."""
    session = call.session
    assert session is not None
    challenges.check_answer(session, ChallengeNameType.MFA_SETUP, call.now)
    return Attempt(
        call=call,
        pool=call.pool,
        client=call.client,
        by_admin=False,
        given={},
        client_metadata=None,
        is_start=False,
        _user=call.user,
    )


async def _token(call: UserOrSessionCall) -> SoftwareToken:
    """Return the user's software token, or a new one that isn't stored yet."""
    found = await call.store.software_tokens.find(call.user)
    return found or SoftwareToken(sub=call.user.sub, pool_id=call.user.pool_id)
