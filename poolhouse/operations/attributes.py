"""Attributes of users, and of a pool's schema.

UpdateUserAttributes, AdminUpdateUserAttributes, DeleteUserAttributes, AdminDeleteUserAttributes,
GetUserAttributeVerificationCode, VerifyUserAttribute, AddCustomAttributes.
"""

from msgspec.structs import replace

from poolhouse.entities.codes import Action
from poolhouse.entities.messages import Occasion
from poolhouse.entities.users import User
from poolhouse.errors.users import ContactInUse
from poolhouse.rules.users import attribute_changes as rules
from poolhouse.rules.users import attributes, schema
from poolhouse.rules.users.admin_users import require_user
from poolhouse.rules.users.attribute_changes import Change, Proof
from poolhouse.services import guesses, notifications, verification_codes
from poolhouse.services.context import AdminCall, SignedInCall
from poolhouse.services.notifications import Notification
from poolhouse.services.triggers import Metadata
from poolhouse.services.user_lookup import find_user
from poolhouse.services.user_names import alias_writes, name_change_writes
from poolhouse.services.verification_codes import CodeRequest
from poolhouse.store import codes, pools, users
from poolhouse.store.interface import Write
from poolhouse.wire.structs import (
    AddCustomAttributesRequest,
    AddCustomAttributesResponse,
    AdminDeleteUserAttributesRequest,
    AdminDeleteUserAttributesResponse,
    AdminUpdateUserAttributesRequest,
    AdminUpdateUserAttributesResponse,
    DeleteUserAttributesRequest,
    DeleteUserAttributesResponse,
    GetUserAttributeVerificationCodeRequest,
    GetUserAttributeVerificationCodeResponse,
    UpdateUserAttributesRequest,
    UpdateUserAttributesResponse,
    VerifyUserAttributeRequest,
    VerifyUserAttributeResponse,
)


async def update_user_attributes(
    call: SignedInCall, req: UpdateUserAttributesRequest
) -> UpdateUserAttributesResponse:
    """Change what a signed-in user's app client may write.

    A new email or phone number gets a code where the pool says so, and where the pool asks for
    proof first, the user keeps the old one until VerifyUserAttribute.
    """
    change = rules.by_user(
        call.pool, call.client, call.user, attributes.given(req.UserAttributes), call.now
    )
    await _commit(call, call.user, change, req.ClientMetadata, force=False)
    # UNVERIFIED: is the list absent where no code was sent?
    return UpdateUserAttributesResponse(
        CodeDeliveryDetailsList=[
            verification_codes.sent(proof.user, proof.contact) for proof in change.proofs
        ]
    )


async def admin_update_user_attributes(
    call: AdminCall, req: AdminUpdateUserAttributesRequest
) -> AdminUpdateUserAttributesResponse:
    """Change a user's attributes, and mark contacts as verified.

    An alias that another user has moves here (boto3#3213).
    """
    user = require_user(await find_user(call, call.pool, req.Username))
    change = rules.by_admin(call.pool, user, attributes.given(req.UserAttributes), call.now)
    await _commit(call, user, change, req.ClientMetadata, force=True)
    return AdminUpdateUserAttributesResponse()


async def delete_user_attributes(
    call: SignedInCall, req: DeleteUserAttributesRequest
) -> DeleteUserAttributesResponse:
    """Remove attributes of a signed-in user that the app client may write."""
    change = rules.deleted_by_user(
        call.pool, call.client, call.user, req.UserAttributeNames, call.now
    )
    await _commit(call, call.user, change, None, force=False)
    return DeleteUserAttributesResponse()


async def admin_delete_user_attributes(
    call: AdminCall, req: AdminDeleteUserAttributesRequest
) -> AdminDeleteUserAttributesResponse:
    """Remove a user's attributes."""
    user = require_user(await find_user(call, call.pool, req.Username))
    change = rules.deleted_by_admin(call.pool, user, req.UserAttributeNames, call.now)
    await _commit(call, user, change, None, force=False)
    return AdminDeleteUserAttributesResponse()


async def get_user_attribute_verification_code(
    call: SignedInCall, req: GetUserAttributeVerificationCodeRequest
) -> GetUserAttributeVerificationCodeResponse:
    """Send signed-in users a code for their email or phone number; the one before is void."""
    purpose = rules.verifiable(req.AttributeName).purpose
    outstanding = await call.store.codes.find(call.user, purpose)
    proof = rules.to_verify(call.user, req.AttributeName, outstanding)
    tries = await verification_codes.next_attempt(
        call, call.user, Action.GET_USER_ATTRIBUTE_VERIFICATION_CODE
    )
    code, notification = _code(call, proof, Occasion.VERIFY_USER_ATTRIBUTE, req.ClientMetadata)
    await notifications.commit_and_notify(
        call, notification, users.bump_version(call.user), codes.count(tries), code
    )
    return GetUserAttributeVerificationCodeResponse(
        CodeDeliveryDetails=verification_codes.sent(proof.user, proof.contact)
    )


async def verify_user_attribute(
    call: SignedInCall, req: VerifyUserAttributeRequest
) -> VerifyUserAttributeResponse:
    """Verify a contact by the code that was sent to it.

    In pools with aliases it names the user from then on. Another user's isn't taken away, and the
    code isn't spent in vain.
    """
    contact = rules.verifiable(req.AttributeName)
    code = await guesses.verify_code(
        call, call.user, contact.purpose, Action.VERIFY_USER_ATTRIBUTE, req.Code
    )
    verified = rules.verified(call.user, code, call.now)
    names = await name_change_writes(call, call.pool, verified, call.user, force=False)
    await call.commit(users.save(verified, call.user), codes.use(code), *names)
    return VerifyUserAttributeResponse()


async def add_custom_attributes(
    call: AdminCall, req: AddCustomAttributesRequest
) -> AddCustomAttributesResponse:
    """Add custom attributes to the pool's schema; none can be removed again."""
    extended = schema.with_custom(call.pool.attributes, req.CustomAttributes)
    await call.commit(pools.save(replace(call.pool, attributes=extended, modified_at=call.now)))
    return AddCustomAttributesResponse()


async def _commit(
    call: AdminCall | SignedInCall, was: User, change: Change, metadata: Metadata, *, force: bool
) -> None:
    """Store a change with the names and codes that come and go with it, and send the codes."""
    writes = [users.save(change.user, was)]
    writes += await name_change_writes(call, call.pool, change.user, was, force=force)
    writes += [codes.drop(was, purpose) for purpose in change.void]
    if isinstance(call, SignedInCall):
        sent = len(change.proofs)
        writes += await verification_codes.next_messages(
            call, was, Action.UPDATE_USER_ATTRIBUTES, sent
        )
    to_send = []
    for proof in change.proofs:
        if proof.pending:
            await _check_name_is_free(call, proof)
        code, notification = _code(call, proof, Occasion.UPDATE_USER_ATTRIBUTE, metadata)
        writes.append(code)
        to_send.append(notification)
    await notifications.commit_all(call, to_send, *writes)


async def _check_name_is_free(call: AdminCall | SignedInCall, proof: Proof) -> None:
    """Refuse at once a value that would name another user once it is verified.

    Only in UsernameAttributes pools, where also unverified values are names: `proof.user` has this
    one unverified.
    """
    await alias_writes(call, call.pool, proof.user, force=True, name_refusal=ContactInUse)


def _code(
    call: AdminCall | SignedInCall, proof: Proof, occasion: Occasion, metadata: Metadata
) -> tuple[Write, Notification]:
    """Return a new code for a contact, and the notification with it."""
    asked = CodeRequest(
        pool=call.pool,
        user=proof.user,
        purpose=proof.contact.purpose,
        contact=proof.contact,
        occasion=occasion,
        client_metadata=metadata,
        client_id=call.client.id if isinstance(call, SignedInCall) else None,
        is_pending=proof.pending,
    )
    return verification_codes.create_code(call, asked)
