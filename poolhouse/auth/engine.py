"""Continue a sign-in: from a start or a response to the next challenge, or to tokens."""

from collections.abc import Awaitable, Callable
from typing import Final

from poolhouse.auth import (
    browser_devices,
    completion,
    first_factors,
    other_factors,
    passkey_sign_in,
    password_check,
    second_factors,
    session_codec,
    sign_up_session,
    single_use,
    step_up,
)
from poolhouse.auth.attempt import Attempt, AuthResponse, ChallengeIssued
from poolhouse.auth.challenges import (
    device_srp,
    mfa_setup,
    new_password_required,
    otp,
    password_verifier,
    recovery_code,
    select_challenge,
    software_token,
    web_authn,
)
from poolhouse.auth.flows import custom_auth, refresh_token, user_auth, user_password, user_srp
from poolhouse.auth.initiation import check_is_named, signing_in
from poolhouse.entities.auth_session import AuthSession, CodePending
from poolhouse.errors.auth import IncorrectPassword, InvalidSession
from poolhouse.rules.auth import challenges, devices
from poolhouse.rules.auth import custom_auth as custom_rounds
from poolhouse.services import notifications
from poolhouse.services.registered_factors import has_software_token_for_pool
from poolhouse.store import sessions, users
from poolhouse.store.interface import UniqueViolation
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge

Start = Callable[[Attempt, Flow], Awaitable[AuthSession | ChallengeIssued | AuthResponse]]
Ask = Callable[[Attempt, AuthSession], Awaitable[AuthSession | ChallengeIssued]]
Answer = Callable[[Attempt, AuthSession], Awaitable[AuthSession | ChallengeIssued]]

FLOWS: Final[dict[Flow, Start]] = {
    Flow.USER_PASSWORD_AUTH: user_password.start,
    Flow.ADMIN_USER_PASSWORD_AUTH: user_password.start,
    Flow.ADMIN_NO_SRP_AUTH: user_password.start,
    Flow.USER_SRP_AUTH: user_srp.start,
    Flow.USER_AUTH: user_auth.start,
    Flow.CUSTOM_AUTH: custom_auth.start,
    Flow.REFRESH_TOKEN_AUTH: refresh_token.start,
    Flow.REFRESH_TOKEN: refresh_token.start,
}
CHALLENGE_ISSUERS: Final[dict[Challenge, Ask]] = {
    Challenge.CUSTOM_CHALLENGE: custom_auth.ask,
    Challenge.NEW_PASSWORD_REQUIRED: new_password_required.ask,
    Challenge.SELECT_CHALLENGE: select_challenge.ask,
    Challenge.SELECT_MFA_TYPE: second_factors.ask,
    Challenge.MFA_SETUP: mfa_setup.ask,
    Challenge.DEVICE_SRP_AUTH: device_srp.ask,
    **second_factors.CHALLENGE_ISSUERS,
}
RESPONSE_HANDLERS: Final[dict[Challenge, Answer]] = {
    Challenge.PASSWORD_VERIFIER: password_verifier.answer,
    Challenge.CUSTOM_CHALLENGE: custom_auth.answer,
    Challenge.NEW_PASSWORD_REQUIRED: new_password_required.answer,
    Challenge.SELECT_CHALLENGE: select_challenge.answer,
    Challenge.PASSWORD: first_factors.by_password,
    Challenge.PASSWORD_SRP: first_factors.by_srp,
    Challenge.WEB_AUTHN: web_authn.answer,
    Challenge.SMS_OTP: otp.answer,
    Challenge.SMS_MFA: mfa_setup.answer_code,
    Challenge.EMAIL_OTP: mfa_setup.answer_code,
    Challenge.SOFTWARE_TOKEN_MFA: software_token.answer,
    Challenge.SELECT_MFA_TYPE: second_factors.answer,
    Challenge.MFA_SETUP: mfa_setup.answer,
    Challenge.DEVICE_SRP_AUTH: device_srp.begin,
    Challenge.DEVICE_PASSWORD_VERIFIER: device_srp.verify,
}

_BLOCK: Final = "PASSWORD_CLAIM_SECRET_BLOCK"
_IN_BLOCK: Final = frozenset({Challenge.PASSWORD_VERIFIER, Challenge.DEVICE_PASSWORD_VERIFIER})
"""Challenges whose state travels in the secret block; a Session beside it isn't looked at."""


async def start(attempt: Attempt, flow: Flow) -> AuthResponse:
    """Start a sign-in, for InitiateAuth, AdminInitiateAuth and the pages of a domain."""
    attempt.call.audit.step = flow.value
    if not attempt.by_page:
        challenges.check_flow(attempt.client, flow, by_admin=attempt.by_admin)
    return await _go_on(attempt, await FLOWS[flow](attempt, flow))


async def start_signed_up(attempt: Attempt) -> AuthResponse:
    """Start the first sign-in of a user in the browser that has signed up (a domain's pages)."""
    attempt.call.audit.step = Flow.USER_PASSWORD_AUTH.value
    return await _go_on(attempt, await sign_up_session.begin_on_page(attempt))


async def start_with_passkey(attempt: Attempt) -> AuthResponse:
    """Start a sign-in with a passkey that names its user (a domain's pages)."""
    attempt.call.audit.step = Challenge.WEB_AUTHN.value
    return await _go_on(attempt, await passkey_sign_in.begin(attempt))


async def respond(attempt: Attempt, name: Challenge) -> AuthResponse:
    """Continue a sign-in, for RespondToAuthChallenge and its administrative twin.

    A right response uses the step up, in the commit that makes it count, so no step succeeds twice.
    A wrong one leaves the step for another try.
    """
    attempt.call.audit.step = name.value
    session = await reached(attempt, name)
    answer = RESPONSE_HANDLERS.get(name)
    if answer is None:
        raise InvalidSession().because(f"{name.value} can't be answered")
    attempt.step = session
    answered = await answer(attempt, custom_rounds.with_passed_round(session, name))
    return await _go_on(attempt, answered)


async def resend(attempt: Attempt, name: Challenge) -> AuthResponse:
    """Send another code for a challenge that a code answers; the one before no longer counts.

    Only pages offer this: at the API, clients start again.
    """
    attempt.call.audit.step = name.value
    session = await reached(attempt, name)
    sent = challenges.pending(session, CodePending)
    attempt.step = session
    asked = await otp.ask(
        attempt,
        session,
        name=sent.challenge,
        is_second_factor=sent.is_second_factor,
        new_address=sent.new_address,
    )
    return await _go_on(attempt, asked)


async def choose_again(attempt: Attempt, name: Challenge) -> AuthResponse:
    """Let the user choose among their factors, in place of the one that is asked for.

    This uses the step up, so a code that was sent for it no longer counts. Only pages offer this:
    at the API, clients start again.
    """
    attempt.call.audit.step = name.value
    session = await reached(attempt, name)
    attempt.step = session
    return await _go_on(attempt, await other_factors.ask(attempt, session))


async def recover(attempt: Attempt, name: Challenge) -> AuthResponse:
    """Continue a sign-in with a recovery code in place of the second factor that is asked for.

    Only pages offer this (`auth/challenges/recovery_code.py`).
    """
    attempt.call.audit.step = recovery_code.PARAMETER
    session = await reached(attempt, name)
    attempt.step = session
    return await _go_on(attempt, await recovery_code.answer(attempt, session))


async def reached(attempt: Attempt, name: Challenge) -> AuthSession:
    """Return the auth session of the challenge that is answered, and load its user.

    The session must be at this step, and the user must still be able to continue.
    """
    username = attempt.required("USERNAME")
    session = _unsealed(attempt, name, await _sealed(attempt, name))
    challenges.check_answer(session, name, attempt.call.now)
    user = await signing_in(attempt, session)
    attempt.name_target(user.username)
    attempt.authenticate_client(username, user)
    attempt.user = user
    await check_is_named(attempt, session, username)
    await password_check.check_still_proved(attempt, session)
    await step_up.check_step_up_session(attempt, session)
    return devices.claimed(session, attempt.given.get("DEVICE_KEY"))


async def _sealed(attempt: Attempt, name: Challenge) -> str:
    """Return the sealed auth session, as the client has sent it."""
    if name in _IN_BLOCK:
        return attempt.required(_BLOCK)
    if not attempt.session and name is Challenge.DEVICE_SRP_AUTH:
        return await device_srp.stored_session(attempt)
    return attempt.session or attempt.required("Session")


def _unsealed(attempt: Attempt, name: Challenge, sealed: str) -> AuthSession:
    """Return the auth session from its sealed form.

    A secret block that this server didn't make is like a wrong signature (measured:
    ministack#1758).
    """
    try:
        return session_codec.unseal(attempt, sealed)
    except InvalidSession:
        if name in _IN_BLOCK:
            raise IncorrectPassword from None
        raise


async def _go_on(
    attempt: Attempt, reached: AuthSession | ChallengeIssued | AuthResponse
) -> AuthResponse:
    """Do what comes next; functions may decide that something else comes first."""
    attempt.check_client_authenticated()
    while isinstance(reached, AuthSession):
        attempt.call.audit.proofs = reached.proofs
        name = await _next(attempt, reached)
        if name is Challenge.DEVICE_SRP_AUTH and attempt.by_page:
            attempt.call.audit.step = f"{attempt.call.audit.step}, {name.value}"
            reached = browser_devices.proved(reached)
            continue
        if name is None:
            challenges.check_complete(attempt.user, reached, attempt.call.now)
            attempt.writes += single_use.writes(attempt)
            if reached.credit is not None and not attempt.saves_user:
                # A factor that is registered meanwhile must not be the one that was just verified.
                attempt.writes.append(users.save(attempt.user, attempt.user))
            ending = attempt.ending or completion.sign_in
            return await _committed(attempt, ending(attempt, reached))
        reached = await CHALLENGE_ISSUERS[name](attempt, reached)
    if isinstance(reached, AuthResponse):
        return reached
    attempt.writes += single_use.writes(attempt)
    return await _committed(attempt, _issue_challenge(attempt, reached))


async def _next(attempt: Attempt, reached: AuthSession) -> Challenge | None:
    """Read what the decision needs, and let the rules decide."""
    find_device = browser_devices.find if attempt.by_page else device_srp.claimed
    attempt.device = await find_device(attempt, reached)
    has_token = await has_software_token_for_pool(attempt.call, attempt.pool, attempt.user)
    return challenges.next_challenge(
        attempt.pool,
        attempt.user,
        reached,
        attempt.device,
        has_software_token=has_token,
        # What the user could begin with matters only on the way to a level.
        first_factors=(await first_factors.factors_of(attempt)).first if reached.target else (),
    )


async def _issue_challenge(attempt: Attempt, asked: ChallengeIssued) -> AuthResponse:
    """Commit what the step has changed, send what the challenge needs, and put it."""
    has_others = attempt.by_page and await other_factors.are_there(attempt, asked.session)
    if attempt.writes or asked.notification is not None or attempt.call.right_guesses:
        await notifications.commit_and_notify(attempt.call, asked.notification, *attempt.writes)
    return AuthResponse(
        challenge=asked.name,
        session=_session(attempt, asked),
        parameters=asked.parameters,
        available=asked.available,
        has_other_factors=has_others,
    )


async def _committed(attempt: Attempt, work: Awaitable[AuthResponse]) -> AuthResponse:
    try:
        return await work
    except UniqueViolation as taken:
        if taken.kind == sessions.USED:
            raise await single_use.refusal(attempt) from None
        raise


def _session(attempt: Attempt, asked: ChallengeIssued) -> str | None:
    """Return the Session for the client; None for plain SRP, whose state is in the secret block."""
    if asked.session.flow is Flow.USER_SRP_AUTH and asked.name in _IN_BLOCK:
        return None
    return session_codec.seal(attempt, asked.session)
