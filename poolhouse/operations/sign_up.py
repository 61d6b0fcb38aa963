"""Signing up: SignUp, ConfirmSignUp, AdminConfirmSignUp, ResendConfirmationCode."""

from poolhouse.entities.codes import Action, Attempts, Purpose
from poolhouse.entities.messages import Channel
from poolhouse.entities.users import NameKind, User, UserStatus
from poolhouse.errors import (
    AttributeTaken,
    UsernameTaken,
    WrongCode,
)
from poolhouse.operations import triggering
from poolhouse.operations.calls import AdminCall, ClientCall
from poolhouse.operations.finding import alias_writes, claims, find_user
from poolhouse.operations.passwords import credential
from poolhouse.operations.proving import check_secret_hash, is_stand_in, stand_in
from poolhouse.rules import attributes, messages
from poolhouse.rules import codes as code_rules
from poolhouse.rules import sign_up as rules
from poolhouse.store import codes, users
from poolhouse.store.contract import Taken, Write
from poolhouse.triggers.pre_sign_up import PreSignUpSource
from poolhouse.wire.structs import (
    AdminConfirmSignUpRequest,
    AdminConfirmSignUpResponse,
    CodeDeliveryDetailsType,
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
    check_secret_hash(call.client, req.Username, req.SecretHash)
    draft = rules.sign_up(
        call.pool,
        call.client,
        req.Username,
        req.Password,
        attributes.given(req.UserAttributes),
        call.ids.sub(),
        call.now,
    )
    answer = await triggering.before_sign_up(
        call,
        call.pool,
        PreSignUpSource.SIGN_UP,
        draft,
        validation_data=attributes.given(req.ValidationData) or None,
        client_metadata=req.ClientMetadata,
        client_id=call.client.id,
    )
    user = rules.admitted(
        draft,
        confirmed=answer.auto_confirm,
        email=answer.auto_verify_email,
        phone=answer.auto_verify_phone,
    )
    writes = claims(call.pool, user)
    writes += await alias_writes(call, call.pool, user, force=True)
    writes.append(users.add(user))
    if req.Password:
        writes.append(call.store.users.add_password(credential(call, user, req.Password)))
    details = None
    if user.status is UserStatus.UNCONFIRMED:
        details = _send_code(call, user, "SignUp", writes)
    try:
        await call.commit(*writes)
    except Taken as taken:
        raise _already_there(taken) from None
    if user.status is UserStatus.CONFIRMED:
        await triggering.after_confirmation(
            call, call.pool, user, req.ClientMetadata, call.client.id
        )
    return SignUpResponse(
        UserConfirmed=user.status is UserStatus.CONFIRMED,
        UserSub=user.sub,
        CodeDeliveryDetails=details,
    )


async def confirm_sign_up(call: ClientCall, req: ConfirmSignUpRequest) -> ConfirmSignUpResponse:
    """Confirm a user by the code that was sent; it also proves the address it was sent to.

    A wrong code is counted before it is answered. The confirmation is committed before
    PostConfirmation runs, and a failure there doesn't undo it.
    """
    check_secret_hash(call.client, req.Username, req.SecretHash)
    user = await find_user(call, call.pool, req.Username) or stand_in(call, req.Username)
    rules.check_may_confirm(user)
    tries = await _next_attempt(call, user, Action.CONFIRM_SIGN_UP)
    code = await call.store.codes.find(user, Purpose.SIGN_UP)
    digest = _digest(call, user.sub, req.ConfirmationCode)
    refusal = code_rules.refusal(code, digest, call.now)
    if code is None or refusal is not None:
        await call.commit(codes.count(tries))
        raise WrongCode if is_stand_in(user) else refusal or WrongCode
    confirmed = rules.confirm_by_code(user, code.attribute, call.now)
    aliases = await alias_writes(call, call.pool, confirmed, force=bool(req.ForceAliasCreation))
    await call.commit(users.save(confirmed, user), codes.use(code), *aliases)
    await triggering.after_confirmation(
        call, call.pool, confirmed, req.ClientMetadata, call.client.id
    )
    return ConfirmSignUpResponse()


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
    await triggering.after_confirmation(call, call.pool, confirmed, req.ClientMetadata)
    return AdminConfirmSignUpResponse()


async def resend_confirmation_code(
    call: ClientCall, req: ResendConfirmationCodeRequest
) -> ResendConfirmationCodeResponse:
    """Send another code, which makes the one before void."""
    check_secret_hash(call.client, req.Username, req.SecretHash)
    user = await find_user(call, call.pool, req.Username) or stand_in(call, req.Username)
    hidden = is_stand_in(user) or (not user.enabled and call.client.hides_user_existence)
    if not hidden:
        rules.check_may_resend(call.pool, user)
    tries = await _next_attempt(call, user, Action.RESEND_CONFIRMATION_CODE)
    if hidden:
        await call.commit(codes.count(tries))
        return ResendConfirmationCodeResponse(CodeDeliveryDetails=_simulated(call, req.Username))
    writes: list[Write] = [codes.count(tries)]
    details = _send_code(call, user, "ResendCode", writes)
    await call.commit(*writes)
    return ResendConfirmationCodeResponse(CodeDeliveryDetails=details)


async def _next_attempt(call: ClientCall, user: User, action: Action) -> Attempts:
    """Count an attempt of this user, or refuse it."""
    so_far = await call.store.codes.attempts(user, action)
    return code_rules.next_attempt(so_far, user, action, call.now)


def _send_code(
    call: ClientCall, user: User, occasion: str, writes: list[Write]
) -> CodeDeliveryDetailsType | None:
    """Add a code and its message to the writes, if there is a contact to send it to."""
    contact = messages.code_target(call.pool, user.attributes)
    if contact is None:
        return None
    plain = call.ids.code()
    destination = user.attributes[contact]
    message = messages.verification(
        call.pool,
        user,
        Channel.EMAIL if contact == NameKind.EMAIL else Channel.SMS,
        plain,
        f"CustomMessage_{occasion}",
        call.ids.message_id(call.now),
        call.now,
    )
    digest = _digest(call, user.sub, plain)
    writes.append(codes.put(code_rules.issue(user, Purpose.SIGN_UP, contact, digest, call.now)))
    writes.append(call.store.messages.put(message))
    return messages.delivery_details(contact, destination)


def _digest(call: ClientCall, sub: str, code: str) -> bytes:
    """A code as it is kept: bound to its user and purpose, useless without the data key."""
    return call.services.sealer.digest(f"code/{call.pool.id}/{sub}/sign_up", code.encode())


def _simulated(call: ClientCall, username: str) -> CodeDeliveryDetailsType:
    """What a real user would be answered; always the same for the same unknown name."""
    name = username if call.pool.case_sensitive else username.lower()
    key = f"{call.pool.id}/{name}".encode()
    return messages.simulated_details(
        call.pool, username, call.services.sealer.digest("simulated delivery", key)
    )


def _already_there(taken: Taken) -> Exception:
    if taken.kind == NameKind.USERNAME:
        return UsernameTaken()
    return AttributeTaken(attribute=taken.kind)
