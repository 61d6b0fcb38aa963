"""SMS_MFA, EMAIL_OTP and SMS_OTP: a code that is sent to the user, as second or as first factor."""

from typing import Final

from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.session_codec import next_step
from poolhouse.crypto.contexts import Context
from poolhouse.entities.auth_session import AuthSession, CodePending
from poolhouse.entities.codes import Action
from poolhouse.entities.contacts import OF_CHALLENGE, Contact
from poolhouse.entities.messages import Occasion
from poolhouse.entities.users import User
from poolhouse.errors.users import AliasTaken, ContactInUse
from poolhouse.rules.auth import challenges, otp
from poolhouse.rules.messages import delivery_details
from poolhouse.services import guesses, verification_codes
from poolhouse.services.decoy_users import decoy_with_contact, is_decoy
from poolhouse.services.notifications import Notification
from poolhouse.services.user_names import name_change_writes
from poolhouse.store import users
from poolhouse.wire.enums import ChallengeNameType as Challenge

FIRST_FACTOR_DIGITS: Final = 8
"""Digits of codes that replace a password (amplify-js#14428); others have six."""


async def ask(
    attempt: Attempt,
    session: AuthSession,
    *,
    name: Challenge,
    is_second_factor: bool = True,
    new_address: str | None = None,
) -> ChallengeIssued:
    """Send the user a code. It lives as long as the Session does, which knows it.

    Unknown users get none, nor do users who lack the contact, nor disabled ones where the app
    client hides who exists. All are answered alike: a user with nothing to begin with is offered
    what others are (`factor_choices.offered`).
    `new_address` is an address to be used instead of the user's, whose it becomes with the code.
    """
    contact = OF_CHALLENGE[name]
    user = attempt.user
    # Counted apart: unauthenticated callers, who can ask for first factors, must not use up a
    # user's second factors.
    action = Action.SECOND_FACTOR_MESSAGE if is_second_factor else Action.SIGN_IN_CODE
    attempt.writes += await verification_codes.next_messages(attempt.call, user, action, 1)
    if new_address is not None:
        user = replace(user, attributes=otp.with_address(user, contact, new_address))
    if not _may_get(attempt, user, contact):
        typed = session.username
        user, _ = decoy_with_contact(attempt.call, attempt.pool, typed, user, [contact])
    code = attempt.call.ids.code(6 if is_second_factor else FIRST_FACTOR_DIGITS)
    asked = next_step(attempt, session, name)
    sent = CodePending(
        challenge=name,
        digest=_digest(attempt, asked.id, name, user.attributes.get(contact, ""), code),
        is_second_factor=is_second_factor,
        new_address=new_address,
    )
    delivery = delivery_details.delivery_details(contact, user.attributes[contact])
    parameters = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": contact.medium.value,
        "CODE_DELIVERY_DESTINATION": delivery.Destination or "",
    }
    if name is Challenge.SMS_MFA:
        parameters["USER_ID_FOR_SRP"] = user.username
    return ChallengeIssued(
        name=name,
        parameters=parameters,
        session=replace(asked, pending=sent),
        notification=_notification(attempt, user, contact, code),
    )


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Check the code; a wrong one is counted before that is said, and leaves the Session usable.

    Who reads what is sent there has the contact: it is verified from then on (ev:auth-9).
    """
    call, user = attempt.call, attempt.user
    sent = challenges.pending(session, CodePending)
    contact = OF_CHALLENGE[sent.challenge]
    given = attempt.required(f"{sent.challenge.value}_CODE")
    address = sent.new_address or user.attributes.get(contact, "")
    digest = _digest(attempt, session.id, sent.challenge, address, given)
    await guesses.verify_one_time_code(call, user, sent, digest, void=not address)
    await _verify(attempt, contact, sent)
    challenges.check_may_sign_in(attempt.user, None, call.now)
    return replace(
        session,
        proofs=(*session.proofs, contact.amr),
        is_second_factor_proved=session.is_second_factor_proved or sent.is_second_factor,
    )


async def _verify(attempt: Attempt, contact: Contact, sent: CodePending) -> None:
    """Mark the contact as the user's and as verified."""
    user = attempt.user
    verified = otp.verified(user, contact, sent, attempt.call.now)
    if verified == user:
        return
    try:
        names = await name_change_writes(attempt.call, attempt.pool, verified, user, force=False)
    except (AliasTaken, ContactInUse):
        if sent.new_address is not None:
            raise
        # Another user has it as an alias. That must not keep its other owner out.
        return
    attempt.writes += [users.save(verified, user), *names]
    attempt.user = verified
    attempt.saves_user = True


def _may_get(attempt: Attempt, user: User, contact: Contact) -> bool:
    """Return whether the user is there, has the contact, and may be sent a code."""
    if is_decoy(user) or not user.attributes.get(contact):
        return False
    return user.enabled or not attempt.client.hides_user_existence


def _notification(attempt: Attempt, user: User, contact: Contact, code: str) -> Notification:
    return Notification(
        pool=attempt.pool,
        user=user,
        occasion=Occasion.AUTHENTICATION,
        secret=code,
        channels=[contact.channel],
        client_metadata=attempt.metadata_for_functions,
        client_id=attempt.client.id,
        decoy=is_decoy(user),
    )


def _digest(attempt: Attempt, step: str, name: Challenge, address: str, code: str) -> bytes:
    """Return a code's digest for the Session, bound to user, challenge, address and this step."""
    user = attempt.user
    bound_to = (user.pool_id, user.sub, name, step, address)
    return attempt.call.services.sealer.digest(code.encode(), Context.SIGN_IN_CODE, *bound_to)
