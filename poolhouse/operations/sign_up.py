"""Signing up: SignUp, ConfirmSignUp, AdminConfirmSignUp, ResendConfirmationCode."""

from poolhouse.auth import sign_up_session
from poolhouse.entities.codes import Action, Purpose
from poolhouse.entities.contacts import Contact
from poolhouse.entities.messages import Occasion
from poolhouse.entities.users import NameKind, User, UserStatus
from poolhouse.errors.users import UsernameTaken
from poolhouse.rules.messages import delivery_details
from poolhouse.rules.users import attributes
from poolhouse.rules.users import sign_up as rules
from poolhouse.services import guesses, notifications, triggers, verification_codes
from poolhouse.services.context import AdminCall, ClientCall
from poolhouse.services.decoy_users import decoy_with_contact, is_decoy, user_or_decoy
from poolhouse.services.notifications import Notification
from poolhouse.services.passwords import new_credential
from poolhouse.services.triggers import Metadata, TriggerSubject
from poolhouse.services.user_lookup import find_user
from poolhouse.services.user_names import alias_writes, claim_username
from poolhouse.services.verification_codes import CodeRequest
from poolhouse.store import codes, users
from poolhouse.store.interface import UniqueViolation, Write
from poolhouse.triggers.pre_sign_up import PreSignUp, PreSignUpSource
from poolhouse.wire.structs import (
    AdminConfirmSignUpRequest,
    AdminConfirmSignUpResponse,
    ConfirmSignUpRequest,
    ConfirmSignUpResponse,
    ResendConfirmationCodeRequest,
    ResendConfirmationCodeResponse,
    SignUpRequest,
    SignUpResponse,
)


async def sign_up(call: ClientCall, req: SignUpRequest) -> SignUpResponse:
    """Make a user who still has to be confirmed, and send the code.

    PreSignUp is asked before anything is stored, so its refusal leaves nothing behind; whether the
    name is free shows only in the commit, where no two sign-ups can both win it.
    """
    draft = rules.sign_up(
        call.pool,
        call.client,
        username=req.Username,
        password=req.Password,
        given=attributes.given(req.UserAttributes),
        sub=call.new_sub(),
        now=call.now,
    )
    user = await _admit(call, req, draft)
    confirmed = user.status is UserStatus.CONFIRMED
    contact = None if confirmed else delivery_details.code_target(call.pool, user.attributes)
    writes, notification = await _creation(call, user, req.Password), None
    if contact is None and not confirmed:
        call.notes.append("no code: AutoVerifiedAttributes names no contact that the user has")
    if contact is not None:
        code, notification = _code(call, user, contact, Occasion.SIGN_UP, req.ClientMetadata)
        writes.append(code)
    try:
        await notifications.commit_and_notify(call, notification, *writes)
    except UniqueViolation as taken:
        if taken.kind == NameKind.USERNAME:
            raise UsernameTaken from None
        raise  # an alias: the operation is run again, and finds who has it by now
    if confirmed:
        await triggers.after_confirmation(
            call, call.pool, user, req.ClientMetadata, client_id=call.client.id
        )
    return SignUpResponse(
        UserConfirmed=confirmed,
        UserSub=user.sub,
        CodeDeliveryDetails=verification_codes.sent(user, contact) if contact is not None else None,
        Session=sign_up_session.signed_up(call, user),
    )


async def confirm_sign_up(call: ClientCall, req: ConfirmSignUpRequest) -> ConfirmSignUpResponse:
    """Confirm a user by the code that was sent; it also verifies the address it was sent to.

    A wrong code is counted before it is answered. The confirmation is committed before
    PostConfirmation runs, and a failure there doesn't undo it.
    """
    user = await user_or_decoy(call, req.Username)
    rules.check_may_confirm(user)
    sign_up_session.check_session(call, user, req.Session)
    code = await guesses.verify_code(
        call, user, Purpose.SIGN_UP, Action.CONFIRM_SIGN_UP, req.ConfirmationCode
    )
    confirmed = rules.confirm_by_code(user, code.attribute, call.now)
    session = sign_up_session.confirmed(call, confirmed, code.attribute)
    aliases = await alias_writes(call, call.pool, confirmed, force=bool(req.ForceAliasCreation))
    await call.commit(users.save(confirmed, user), codes.use(code), *aliases)
    await triggers.after_confirmation(
        call, call.pool, confirmed, req.ClientMetadata, client_id=call.client.id
    )
    return ConfirmSignUpResponse(Session=session)


async def admin_confirm_sign_up(
    call: AdminCall, req: AdminConfirmSignUpRequest
) -> AdminConfirmSignUpResponse:
    """Confirm a user who signed up, without a code.

    The change is committed before PostConfirmation runs: a trigger may take five seconds and may
    fail, and the user stays confirmed either way, as on AWS.
    """
    user = await find_user(call, call.pool, req.Username)
    confirmed = rules.confirm_by_admin(user, call.now)
    assert user is not None
    await call.commit(users.save(confirmed, user), codes.drop(user, Purpose.SIGN_UP))
    await triggers.after_confirmation(call, call.pool, confirmed, req.ClientMetadata)
    return AdminConfirmSignUpResponse()


async def resend_confirmation_code(
    call: ClientCall, req: ResendConfirmationCodeRequest
) -> ResendConfirmationCodeResponse:
    """Send another code, which makes the one before void.

    Where the client hides who exists, those who don't are answered as if a code had been sent.
    """
    rules.check_may_send_codes(call.pool)
    user = await user_or_decoy(call, req.Username)
    contact = None
    if not is_decoy(user):
        contact = rules.contact_to_resend_to(call.pool, call.client, user)
    tries = await verification_codes.next_attempt(call, user, Action.RESEND_CONFIRMATION_CODE)
    if contact is None:
        call.notes.append("no code: there is no such user, or none to whom one can be sent")
        user, contact = decoy_with_contact(call, call.pool, req.Username, user)
    code, notification = _code(call, user, contact, Occasion.RESEND_CODE, req.ClientMetadata)
    await notifications.commit_and_notify(
        call, notification, verification_codes.touch(call, user), codes.count(tries), code
    )
    return ResendConfirmationCodeResponse(
        CodeDeliveryDetails=verification_codes.sent(user, contact)
    )


async def _admit(call: ClientCall, req: SignUpRequest, draft: User) -> User:
    """Ask PreSignUp what becomes of the new user."""
    ask = PreSignUp(
        source=PreSignUpSource.SIGN_UP,
        validation_data=attributes.validation_data(req.ValidationData),
        client_metadata=req.ClientMetadata,
    )
    subject = TriggerSubject.of(call.pool, draft, call.client.id, is_stored=False)
    answer = await triggers.invoke_once(call, subject, ask)
    return rules.admitted(
        draft,
        confirmed=answer.auto_confirm,
        email=answer.auto_verify_email,
        phone=answer.auto_verify_phone,
    )


async def _creation(call: ClientCall, user: User, password: str | None) -> list[Write]:
    """Return the writes of the user, their names and their password.

    Aliases that PreSignUp verified move to this user.
    """
    writes = [*await claim_username(call, call.pool, user, UsernameTaken()), users.add(user)]
    writes += await alias_writes(call, call.pool, user, force=True)
    if password:
        writes.append(call.store.users.add_password(new_credential(call, user, password)))
    return writes


def _code(
    call: ClientCall, user: User, contact: Contact, occasion: Occasion, metadata: Metadata
) -> tuple[Write, Notification]:
    """Return a new code for the user, and the notification with it."""
    asked = CodeRequest(
        pool=call.pool,
        user=user,
        purpose=Purpose.SIGN_UP,
        contact=contact,
        occasion=occasion,
        client_metadata=metadata,
        client_id=call.client.id,
    )
    return verification_codes.create_code(call, asked)
