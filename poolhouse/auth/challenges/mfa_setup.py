"""MFA_SETUP: a user who needs a second factor and has none gets one before the sign-in goes on.

An authenticator app is set up by two operations in between, AssociateSoftwareToken and
VerifySoftwareToken, which take the Session and give another; its last one is the answer here.
"""

import msgspec
from msgspec.structs import replace

from poolhouse.auth import password_check, session_codec
from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import otp
from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession, CodePending, TotpSetupPending
from poolhouse.entities.contacts import Contact
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.errors.auth import InvalidSession, NotConfirmed, PasswordResetNeeded, SessionUsed
from poolhouse.errors.mfa import NoSoftwareToken, NoSoftwareTokensInPool, SoftwareTokenNotVerified
from poolhouse.errors.users import UserDisabled
from poolhouse.rules.auth import challenges, mfa, mfa_preferences, totp
from poolhouse.rules.users import attributes, usernames
from poolhouse.services import guesses
from poolhouse.services.registered_factors import has_software_token_for_pool
from poolhouse.store import sessions, users
from poolhouse.store.interface import UniqueViolation, Write
from poolhouse.wire.enums import ChallengeNameType as Challenge


async def ask(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Offer the factors to set up. Only an administrator can set a phone number (ev:auth-6)."""
    possible = mfa.to_set_up(attempt.pool)
    return ChallengeIssued(
        name=Challenge.MFA_SETUP,
        parameters={"MFAS_CAN_SETUP": msgspec.json.encode(possible).decode()},
        session=session_codec.next_step(attempt, session, Challenge.MFA_SETUP),
    )


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession | ChallengeIssued:
    """Continue after an app was set up, or send a code to the address in the response."""
    challenges.check_may_sign_in(attempt.user, None, attempt.call.now)
    if session.is_second_factor_proved:
        return session
    contact, address = _new_contact(attempt)
    await _check_is_due(attempt, session, contact.mfa)
    given = {contact.attribute: address}
    attributes.check_schema(attempt.pool, given, complete=False)
    usernames.check_contacts(given)
    return await otp.ask(attempt, session, name=contact.mfa, new_address=address)


def _new_contact(attempt: Attempt) -> tuple[Contact, str]:
    """Return the contact that is to be the second factor, as the response names it."""
    given = attempt.given
    # The guide writes it small, amplify-js large.
    if address := given.get("EMAIL") or given.get("email"):
        return Contact.EMAIL, address
    # At the API only an administrator can set a phone number (ev:auth-6).
    # UNVERIFIED: do the service's pages ask for a phone number that isn't there?
    if attempt.by_page and (number := given.get("PHONE_NUMBER")):
        return Contact.PHONE, number
    # UNVERIFIED: what is answered before anything was set up?
    raise NoSoftwareToken


async def answer_code(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Verify the response to EMAIL_OTP or SMS_MFA.

    A response with an address is too late if the user has another factor by now.
    """
    sent = session.pending
    if isinstance(sent, CodePending) and sent.new_address is not None:
        await _check_is_due(attempt, session, sent.challenge)
    return await otp.answer(attempt, session)


async def associate(attempt: Attempt, session: AuthSession) -> tuple[bytes, str]:
    """Return a new secret for an app, and the Session that alone has it."""
    await _check_is_due(attempt, session, mfa.SOFTWARE_TOKEN)
    secret = attempt.call.ids.random_bytes(totp.SECRET_BYTES)
    pending = TotpSetupPending(secret=secret)
    stepped = session_codec.next_step(attempt, session, Challenge.MFA_SETUP, pending=pending)
    await _commit(attempt, session)
    return secret, session_codec.seal(attempt, stepped)


async def verify(
    attempt: Attempt, session: AuthSession, given: str, device_name: str | None
) -> str:
    """Register the app by its first code; the Session that comes back has the factor verified.

    UNVERIFIED: is it on and preferred from here on? A user who set it up to sign in expects that.
    """
    call, user = attempt.call, attempt.user
    # Only the Session that came with the secret will do (amplify-js#6461).
    secret = challenges.pending(session, TotpSetupPending).secret
    await _check_is_due(attempt, session, mfa.SOFTWARE_TOKEN)
    wrong = SoftwareTokenNotVerified()
    step = await guesses.verify_software_token(call, user, secret, given, wrong, clears=False)
    was = await call.store.software_tokens.find(user)
    token = replace(
        was or SoftwareToken(sub=user.sub, pool_id=user.pool_id),
        secret=secret,
        pending=b"",
        last_step=step,
        device_name=device_name,
    )
    stepped = session_codec.next_step(attempt, session, Challenge.MFA_SETUP)
    await _commit(
        attempt,
        session,
        call.store.software_tokens.save(token),
        users.save(mfa_preferences.with_software_token(user, call.now), user),
    )
    return session_codec.seal(
        attempt,
        replace(
            stepped,
            proofs=(*session.proofs, Amr.OTP),
            is_second_factor_proved=True,
        ),
    )


async def _check_is_due(attempt: Attempt, session: AuthSession, factor: Challenge) -> None:
    """Refuse to set up a factor for a user who has one: a password alone must not replace it."""
    pool, user = attempt.pool, attempt.user
    if not user.enabled:
        raise UserDisabled
    try:
        await password_check.check_still_proved(attempt, session)
    except (NotConfirmed, PasswordResetNeeded):
        raise InvalidSession from None  # AssociateSoftwareToken knows no such errors
    has_token = await has_software_token_for_pool(attempt.call, pool, user)
    due = mfa.next_challenge(pool, user, session, has_software_token=has_token)
    if due is not Challenge.MFA_SETUP:
        raise InvalidSession
    if factor not in mfa.to_set_up(pool):
        raise NoSoftwareTokensInPool if factor is mfa.SOFTWARE_TOKEN else InvalidSession


async def _commit(attempt: Attempt, session: AuthSession, *writes: Write) -> None:
    """Use the step up, with what it has changed."""
    used = sessions.mark_used(attempt.pool.id, session.sub, session.id, session.expires_at)
    try:
        await attempt.call.commit(*writes, used)
    except UniqueViolation as taken:
        if taken.kind == sessions.USED:
            raise SessionUsed from None
        raise
