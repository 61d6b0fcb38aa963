"""How a sign-in goes on: from a start or an answer to the next challenge, or to tokens."""

from collections.abc import Awaitable, Callable
from typing import Final

from poolhouse.entities.progress import Progress
from poolhouse.flows import (
    custom_auth,
    device_srp,
    ending,
    factor_choices,
    mfa_setup,
    new_password,
    one_time_codes,
    password_verifier,
    passwords,
    refresh,
    sealed_progress,
    second_factors,
    select_challenge,
    software_token,
    spending,
    stepping_up,
    user_auth,
    user_password,
    user_srp,
    web_authn,
)
from poolhouse.flows.attempts import Asked, Attempt, Outcome
from poolhouse.flows.opening import check_is_named, check_secret_hash, signing_in
from poolhouse.operations import messaging
from poolhouse.rules import challenges, custom_rounds, devices
from poolhouse.sign_in_errors import IncorrectPassword, InvalidSession
from poolhouse.store import sessions, users
from poolhouse.store.contract import Taken
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge

Start = Callable[[Attempt, Flow], Awaitable[Progress | Asked | Outcome]]
Ask = Callable[[Attempt, Progress], Awaitable[Progress | Asked]]
Answer = Callable[[Attempt, Progress], Awaitable[Progress | Asked]]

FLOWS: Final[dict[Flow, Start]] = {
    Flow.USER_PASSWORD_AUTH: user_password.start,
    Flow.ADMIN_USER_PASSWORD_AUTH: user_password.start,
    Flow.ADMIN_NO_SRP_AUTH: user_password.start,
    Flow.USER_SRP_AUTH: user_srp.start,
    Flow.USER_AUTH: user_auth.start,
    Flow.CUSTOM_AUTH: custom_auth.start,
    Flow.REFRESH_TOKEN_AUTH: refresh.start,
    Flow.REFRESH_TOKEN: refresh.start,
}
ASK: Final[dict[Challenge, Ask]] = {
    Challenge.CUSTOM_CHALLENGE: custom_auth.ask,
    Challenge.NEW_PASSWORD_REQUIRED: new_password.ask,
    Challenge.SELECT_CHALLENGE: select_challenge.ask,
    Challenge.SELECT_MFA_TYPE: second_factors.ask,
    Challenge.MFA_SETUP: mfa_setup.ask,
    Challenge.DEVICE_SRP_AUTH: device_srp.ask,
    **second_factors.ASK,
}
ANSWERS: Final[dict[Challenge, Answer]] = {
    Challenge.PASSWORD_VERIFIER: password_verifier.answer,
    Challenge.CUSTOM_CHALLENGE: custom_auth.answer,
    Challenge.NEW_PASSWORD_REQUIRED: new_password.answer,
    Challenge.SELECT_CHALLENGE: select_challenge.answer,
    Challenge.PASSWORD: factor_choices.by_password,
    Challenge.PASSWORD_SRP: factor_choices.by_srp,
    Challenge.WEB_AUTHN: web_authn.answer,
    Challenge.SMS_OTP: one_time_codes.answer,
    Challenge.SMS_MFA: one_time_codes.answer,
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


async def start(attempt: Attempt, flow: Flow) -> Outcome:
    """InitiateAuth and AdminInitiateAuth."""
    attempt.call.told["step"] = flow.value
    challenges.check_flow(attempt.client, flow, by_admin=attempt.by_admin)
    return await _go_on(attempt, await FLOWS[flow](attempt, flow))


async def respond(attempt: Attempt, name: Challenge) -> Outcome:
    """RespondToAuthChallenge and AdminRespondToAuthChallenge.

    What is right uses the step up, in the commit that makes it count: nothing can be answered
    twice. What is wrong leaves it for another try.
    """
    attempt.call.told["step"] = name.value
    progress = await _reached(attempt, name)
    answer = ANSWERS.get(name)
    if answer is None:
        raise InvalidSession().because(f"{name.value} can't be answered")
    attempt.step = progress
    answered = await answer(attempt, custom_rounds.passed(progress, name))
    return await _go_on(attempt, answered)


async def _reached(attempt: Attempt, name: Challenge) -> Progress:
    """The step that is answered, and its user."""
    username = attempt.required("USERNAME")
    progress = _unsealed(attempt, name, await _sealed(attempt, name))
    challenges.check_answer(progress, name, attempt.call.now)
    attempt.user = await signing_in(attempt, progress)
    check_secret_hash(attempt, username, attempt.user)
    await check_is_named(attempt, username)
    await passwords.check_still_proved(attempt, progress)
    await stepping_up.check_still_credited(attempt, progress)
    return devices.claimed(progress, attempt.given.get("DEVICE_KEY"))


async def _sealed(attempt: Attempt, name: Challenge) -> str:
    """Where the sign-in stands, in the form in which it has travelled through the client."""
    if name in _IN_BLOCK:
        return attempt.required(_BLOCK)
    if not attempt.session and name is Challenge.DEVICE_SRP_AUTH:
        return await device_srp.kept_session(attempt)
    return attempt.session or attempt.required("Session")


def _unsealed(attempt: Attempt, name: Challenge, sealed: str) -> Progress:
    """What was sealed. A secret block that we didn't make is as bad as a wrong signature
    (measured: ministack#1758).
    """
    try:
        return sealed_progress.unseal(attempt, sealed)
    except InvalidSession:
        if name in _IN_BLOCK:
            raise IncorrectPassword from None
        raise


async def _go_on(attempt: Attempt, reached: Progress | Asked | Outcome) -> Outcome:
    """Do what comes next; what functions say of it may be that something else comes first."""
    while isinstance(reached, Progress):
        attempt.call.told["proofs"] = reached.proofs
        name = await _next(attempt, reached)
        if name is None:
            challenges.check_complete(attempt.user, reached, attempt.call.now)
            attempt.writes += spending.writes(attempt)
            if reached.credit is not None and not attempt.saves_user:
                # A factor that is registered meanwhile must not be the one that was just proved.
                attempt.writes.append(users.save(attempt.user, attempt.user))
            return await _committed(attempt, ending.sign_in(attempt, reached))
        reached = await ASK[name](attempt, reached)
    if isinstance(reached, Outcome):
        return reached
    attempt.writes += spending.writes(attempt)
    return await _committed(attempt, _put(attempt, reached))


async def _next(attempt: Attempt, reached: Progress) -> Challenge | None:
    """Read what the decision stands on, and let the rules decide."""
    attempt.device = await device_srp.claimed(attempt, reached)
    has_token = await second_factors.has_software_token(attempt.call, attempt.pool, attempt.user)
    return challenges.next_challenge(
        attempt.pool,
        attempt.user,
        reached,
        attempt.device,
        has_software_token=has_token,
        # What the user could begin with matters only on the way to a level.
        first_factors=(await factor_choices.factors_of(attempt)).first if reached.target else (),
    )


async def _put(attempt: Attempt, asked: Asked) -> Outcome:
    """Commit what the step has changed, send what the challenge needs, and put it."""
    if attempt.writes or asked.letter is not None or attempt.call.right_guesses:
        await messaging.commit(attempt.call, asked.letter, *attempt.writes)
    return Outcome(
        challenge=asked.name,
        session=_session(attempt, asked),
        parameters=asked.parameters,
        available=asked.available,
    )


async def _committed(attempt: Attempt, work: Awaitable[Outcome]) -> Outcome:
    try:
        return await work
    except Taken as taken:
        if taken.kind == sessions.SPENT:
            raise await spending.refusal(attempt) from None
        raise


def _session(attempt: Attempt, asked: Asked) -> str | None:
    """None where clients need none: plain SRP, whose state is in the secret block."""
    if asked.progress.flow is Flow.USER_SRP_AUTH and asked.name in _IN_BLOCK:
        return None
    return sealed_progress.seal(attempt, asked.progress)
