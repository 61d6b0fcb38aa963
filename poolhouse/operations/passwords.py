"""Passwords.

ForgotPassword, ConfirmForgotPassword, ChangePassword, AdminSetUserPassword, AdminResetUserPassword.
"""

from poolhouse.entities.codes import Action, Purpose
from poolhouse.entities.messages import Occasion
from poolhouse.entities.users import User
from poolhouse.errors.triggers import MigrationFailed, TriggerRefused
from poolhouse.rules.auth import challenges, factor_changes, password_history
from poolhouse.rules.users import password_changes
from poolhouse.rules.users import password_recovery as rules
from poolhouse.rules.users.admin_users import require_user, temporary_until
from poolhouse.services import guesses, notifications, triggers, user_migration, verification_codes
from poolhouse.services.context import AdminCall, ClientCall, SignedInCall
from poolhouse.services.decoy_users import decoy_with_contact, is_decoy, user_or_decoy
from poolhouse.services.passwords import change_password as replace_password
from poolhouse.services.passwords import replace_password as successor
from poolhouse.services.user_lookup import find_user
from poolhouse.services.verification_codes import CodeRequest
from poolhouse.store import codes, users
from poolhouse.triggers.post_confirmation import PostConfirmationSource
from poolhouse.wire.structs import (
    AdminResetUserPasswordRequest,
    AdminResetUserPasswordResponse,
    AdminSetUserPasswordRequest,
    AdminSetUserPasswordResponse,
    ChangePasswordRequest,
    ChangePasswordResponse,
    ConfirmForgotPasswordRequest,
    ConfirmForgotPasswordResponse,
    ForgotPasswordRequest,
    ForgotPasswordResponse,
)


async def forgot_password(call: ClientCall, req: ForgotPasswordRequest) -> ForgotPasswordResponse:
    """Send a code by which users who forgot their password set another.

    The old password stays good until then: anybody can ask for a code. Where the client hides who
    exists, those who don't, or who have no contact, are answered as if a code had been sent.
    """
    contacts = rules.contacts(call.pool)
    user = await _user_or_decoy(call, req)
    contact = None if is_decoy(user) else rules.contact_of(call.pool, call.client, user)
    tries = await verification_codes.next_attempt(call, user, Action.FORGOT_PASSWORD)
    if contact is None:
        call.notes.append("no code: there is no such user, or none with a verified contact")
        user, contact = decoy_with_contact(call, call.pool, req.Username, user, contacts)
    asked = CodeRequest(
        pool=call.pool,
        user=user,
        purpose=Purpose.RESET_PASSWORD,
        contact=contact,
        occasion=Occasion.FORGOT_PASSWORD,
        client_metadata=req.ClientMetadata,
        client_id=call.client.id,
    )
    code, notification = verification_codes.create_code(call, asked)
    await notifications.commit_and_notify(
        call, notification, verification_codes.touch(call, user), codes.count(tries), code
    )
    return ForgotPasswordResponse(CodeDeliveryDetails=verification_codes.sent(user, contact))


async def _user_or_decoy(call: ClientCall, req: ForgotPasswordRequest) -> User:
    """Return the user, migrated if need be, or a decoy user.

    If the client hides user existence, a refusal by the function isn't returned.
    """
    request = user_migration.Request(
        call.client, req.Username, password=None, client_metadata=req.ClientMetadata
    )
    if call.pool.triggers.UserMigration and not await find_user(call, call.pool, req.Username):
        try:
            newcomer = await user_migration.invoke_migration(call, call.pool, request)
        except (TriggerRefused, MigrationFailed):
            if not call.client.hides_user_existence:
                raise
            newcomer = None
        if newcomer is not None:
            return await user_migration.create_migrated_user(call, call.pool, request, newcomer)
    return await user_or_decoy(call, req.Username)


async def confirm_forgot_password(
    call: ClientCall, req: ConfirmForgotPasswordRequest
) -> ConfirmForgotPasswordResponse:
    """Set a new password by the code that was sent.

    The policy is looked at before the code, which a password that can't be doesn't spend, nor does
    it count as an attempt. The password is committed before PostConfirmation runs.
    """
    user = await user_or_decoy(call, req.Username)
    rules.check_may_recover(user)
    password_changes.check_policy(call.pool, req.Password)
    # DIFFERS: AWS documents a wrong code for unknown and disabled users, and none outstanding for
    # all others who asked for none: that tells who exists.
    seems_sent = None
    if call.client.hides_user_existence:
        purpose = Purpose.RESET_PASSWORD
        seems_sent = await verification_codes.seems_sent(call, call.pool, req.Username, purpose)
    code = await guesses.verify_code(
        call,
        user,
        Purpose.RESET_PASSWORD,
        Action.CONFIRM_FORGOT_PASSWORD,
        req.ConfirmationCode,
        seems_sent=seems_sent,
    )
    recovered = rules.recovered(user, call.now)
    password = await replace_password(call, call.pool, user, req.Password)
    await call.commit(
        users.save(recovered, user), codes.use(code), codes.drop(user, Purpose.SIGN_UP), password
    )
    await triggers.after_confirmation(
        call,
        call.pool,
        recovered,
        req.ClientMetadata,
        client_id=call.client.id,
        source=PostConfirmationSource.CONFIRM_FORGOT_PASSWORD,
    )
    return ConfirmForgotPasswordResponse()


async def change_password(call: SignedInCall, req: ChangePasswordRequest) -> ChangePasswordResponse:
    """Let a signed-in user take another password; those who have none need not give one.

    The policy is looked at first: a password that can't be costs no attempt. Everything else
    counts, a wrong password as it does at a sign-in, too. Tokens stay valid (ev:auth-14).
    """
    password_changes.check_policy(call.pool, req.ProposedPassword)
    was = await guesses.verify_own_password(call, req.PreviousPassword)
    challenges.check_may_sign_in(call.user, was, call.now)
    password_history.check(call.pool, call.user, was, req.ProposedPassword)
    changed = password_changes.with_own_password(call.user, call.now)
    if was is None:  # no password was asked for, so the access token may be a stolen one
        changed = factor_changes.record(changed, call.now)
    await call.commit(
        users.save(changed, call.user),
        successor(call, call.pool, call.user, was, req.ProposedPassword),
        codes.drop(call.user, Purpose.RESET_PASSWORD),
    )
    return ChangePasswordResponse()


async def admin_set_user_password(
    call: AdminCall, req: AdminSetUserPasswordRequest
) -> AdminSetUserPasswordResponse:
    """Give a user a password, permanently or until the first sign-in. No message is sent.

    What codes could have done is done: an old one sets no other password afterwards.
    """
    user = require_user(await find_user(call, call.pool, req.Username))
    password_changes.check_policy(call.pool, req.Password)
    permanent = bool(req.Permanent)
    until = None if permanent else temporary_until(call.pool, call.now)
    changed = password_changes.with_password_of_admin(user, call.now, permanent=permanent)
    await call.commit(
        users.save(changed, user),
        await replace_password(call, call.pool, user, req.Password, until),
        codes.drop(user, Purpose.SIGN_UP),
        codes.drop(user, Purpose.RESET_PASSWORD),
    )
    return AdminSetUserPasswordResponse()


async def admin_reset_user_password(
    call: AdminCall, req: AdminResetUserPasswordRequest
) -> AdminResetUserPasswordResponse:
    """Send a code to a user, who can't sign in until they have set a new password with it."""
    user = require_user(await find_user(call, call.pool, req.Username))
    reset = rules.reset_by_admin(call.pool, user, call.now)
    if reset is not None:
        changed, contact = reset
        asked = CodeRequest(
            pool=call.pool,
            user=changed,
            purpose=Purpose.RESET_PASSWORD,
            contact=contact,
            occasion=Occasion.FORGOT_PASSWORD,
            client_metadata=req.ClientMetadata,
        )
        code, notification = verification_codes.create_code(call, asked)
        await notifications.commit_and_notify(call, notification, users.save(changed, user), code)
    return AdminResetUserPasswordResponse()
