"""Passwords: ForgotPassword, ConfirmForgotPassword, AdminSetUserPassword,
AdminResetUserPassword."""

from poolhouse.entities.codes import Action, Purpose
from poolhouse.entities.messages import Occasion
from poolhouse.operations import issuing, messaging, triggering
from poolhouse.operations.calls import AdminCall, ClientCall
from poolhouse.operations.credentials import change_password
from poolhouse.operations.finding import find_user
from poolhouse.operations.proving import check_secret_hash, is_stand_in, user_or_stand_in
from poolhouse.rules import recovery as rules
from poolhouse.rules.admin_users import known, temporary_until
from poolhouse.store import codes, users
from poolhouse.triggers.post_confirmation import PostConfirmationSource
from poolhouse.wire.structs import (
    AdminResetUserPasswordRequest,
    AdminResetUserPasswordResponse,
    AdminSetUserPasswordRequest,
    AdminSetUserPasswordResponse,
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
    check_secret_hash(call.client, req.Username, req.SecretHash)
    contacts = rules.contacts(call.pool)
    user = await user_or_stand_in(call, req.Username)
    contact = None if is_stand_in(user) else rules.contact_of(call.pool, call.client, user)
    tries = await issuing.next_attempt(call, user, Action.FORGOT_PASSWORD)
    if contact is None:
        await call.commit(codes.count(tries))
        return ForgotPasswordResponse(
            CodeDeliveryDetails=issuing.simulated(call, req.Username, contacts)
        )
    code, letter = issuing.issue(
        call,
        call.pool,
        user,
        Purpose.RESET_PASSWORD,
        contact,
        Occasion.FORGOT_PASSWORD,
        req.ClientMetadata,
        call.client.id,
    )
    await messaging.commit(call, letter, users.touch(user), codes.count(tries), code)
    return ForgotPasswordResponse(CodeDeliveryDetails=issuing.sent(user, contact))


async def confirm_forgot_password(
    call: ClientCall, req: ConfirmForgotPasswordRequest
) -> ConfirmForgotPasswordResponse:
    """Set a new password by the code that was sent.

    The policy is looked at before the code, which a password that can't be doesn't spend, nor does
    it count as an attempt. The password is committed before PostConfirmation runs.
    """
    check_secret_hash(call.client, req.Username, req.SecretHash)
    user = await user_or_stand_in(call, req.Username)
    rules.check_may_recover(user)
    rules.check_policy(call.pool, req.Password)
    code = await issuing.prove(
        call, user, Purpose.RESET_PASSWORD, Action.CONFIRM_FORGOT_PASSWORD, req.ConfirmationCode
    )
    recovered = rules.recovered(user, call.now)
    password = await change_password(call, call.pool, user, req.Password)
    await call.commit(
        users.save(recovered, user), codes.use(code), codes.drop(user, Purpose.SIGN_UP), password
    )
    await triggering.after_confirmation(
        call,
        call.pool,
        recovered,
        req.ClientMetadata,
        call.client.id,
        PostConfirmationSource.CONFIRM_FORGOT_PASSWORD,
    )
    return ConfirmForgotPasswordResponse()


async def admin_set_user_password(
    call: AdminCall, req: AdminSetUserPasswordRequest
) -> AdminSetUserPasswordResponse:
    """Give a user a password, for good or until the first sign-in. Nobody is told of it.

    What codes could have done is done: an old one sets no other password afterwards.
    """
    user = known(await find_user(call, call.pool, req.Username))
    rules.check_policy(call.pool, req.Password)
    permanent = bool(req.Permanent)
    until = None if permanent else temporary_until(call.pool, call.now)
    changed = rules.with_password_of_admin(user, call.now, permanent=permanent)
    await call.commit(
        users.save(changed, user),
        await change_password(call, call.pool, user, req.Password, until),
        codes.drop(user, Purpose.SIGN_UP),
        codes.drop(user, Purpose.RESET_PASSWORD),
    )
    return AdminSetUserPasswordResponse()


async def admin_reset_user_password(
    call: AdminCall, req: AdminResetUserPasswordRequest
) -> AdminResetUserPasswordResponse:
    """Keep a user from signing in until they have set a new password by the code that is sent."""
    user = known(await find_user(call, call.pool, req.Username))
    reset = rules.reset_by_admin(call.pool, user, call.now)
    if reset is not None:
        changed, contact = reset
        code, letter = issuing.issue(
            call,
            call.pool,
            changed,
            Purpose.RESET_PASSWORD,
            contact,
            Occasion.FORGOT_PASSWORD,
            req.ClientMetadata,
        )
        await messaging.commit(call, letter, users.save(changed, user), code)
    return AdminResetUserPasswordResponse()
