"""SOFTWARE_TOKEN_MFA: a code of the user's authenticator app."""

from msgspec.structs import replace

from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.session_codec import next_step
from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.software_tokens import SoftwareToken
from poolhouse.errors.mfa import NoSoftwareToken, SoftwareTokenCodeUsed, WrongSoftwareTokenCode
from poolhouse.rules.auth import challenges
from poolhouse.services import guesses
from poolhouse.wire.enums import ChallengeNameType


async def ask(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Name the app by the name that the user gave it."""
    token = await _registered(attempt)
    parameters = {"USER_ID_FOR_SRP": attempt.user.username}
    if token.device_name:
        parameters["FRIENDLY_DEVICE_NAME"] = token.device_name
    return ChallengeIssued(
        name=ChallengeNameType.SOFTWARE_TOKEN_MFA,
        parameters=parameters,
        session=next_step(attempt, session, ChallengeNameType.SOFTWARE_TOKEN_MFA),
    )


async def answer(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Verify the code, which is single use, also under concurrency."""
    call, user = attempt.call, attempt.user
    given = attempt.required("SOFTWARE_TOKEN_MFA_CODE")
    token = await _registered(attempt)
    step = await guesses.verify_software_token(
        call, user, token.secret, given, WrongSoftwareTokenCode(), clears=True
    )
    if step <= token.last_step:
        raise SoftwareTokenCodeUsed
    challenges.check_may_sign_in(user, None, call.now)
    attempt.writes.append(call.store.software_tokens.save(replace(token, last_step=step)))
    return replace(session, proofs=(*session.proofs, Amr.OTP), is_second_factor_proved=True)


async def _registered(attempt: Attempt) -> SoftwareToken:
    token = await attempt.call.store.software_tokens.find(attempt.user)
    if token is None or not token.is_registered:
        raise NoSoftwareToken
    return token
