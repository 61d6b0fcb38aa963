"""Start a choice-based sign-in: the factors to choose from, and how each one begins."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from poolhouse.auth import password_check
from poolhouse.auth.attempt import Attempt, ChallengeIssued
from poolhouse.auth.challenges import otp, password_verifier, web_authn
from poolhouse.auth.session_codec import next_step
from poolhouse.crypto.contexts import Context
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.passkeys import Passkey
from poolhouse.rules.auth import first_factors, step_up
from poolhouse.rules.auth.step_up import Factors
from poolhouse.rules.users import usernames
from poolhouse.services.decoy_users import is_decoy
from poolhouse.services.registered_factors import has_software_token_for_pool, usable_passkeys
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import ChallengeNameType as Challenge

Begin = Callable[[Attempt, AuthSession], Awaitable[AuthSession | ChallengeIssued]]


async def offered(attempt: Attempt, session: AuthSession) -> tuple[Challenge, ...]:
    """Return AvailableChallenges; during a step-up, those that lead to its level."""
    return first_factors.challenges_of(
        step_up.factors_leading_to_target(session, await factors_of(attempt))
    )


async def factors_of(attempt: Attempt) -> Factors:
    """Return the user's factors; a user without any gets the response of an unknown user."""
    call, pool, user = attempt.call, attempt.pool, attempt.user
    passkeys: list[Passkey] = []
    if Factor.WEB_AUTHN in first_factors.allowed(pool):
        passkeys = await usable_passkeys(call, pool, user)
    has_app = await has_software_token_for_pool(call, pool, user)
    first = first_factors.of_user(
        pool,
        user,
        has_password=await call.store.users.password(user) is not None,
        has_passkey=bool(passkeys),
        has_software_token=has_app,
    )
    second = step_up.seconds(pool, user, has_software_token=has_app)
    # Made in any case: it costs the same for all.
    name = usernames.case_folded(pool, user.username)
    digest = call.services.sealer.digest(f"{pool.id}/{name}".encode(), Context.DECOY_FACTORS)
    if is_decoy(user) or not first:
        first = first_factors.decoy_first_factors(pool, digest)
        second = first_factors.decoy_second_factors(pool, digest)
    return Factors(first, second, has_software_token=has_app)


async def begin(
    attempt: Attempt, session: AuthSession, chosen: Challenge
) -> AuthSession | ChallengeIssued:
    """Begin with what was chosen, and verify what the client has sent along with it."""
    return await _BEGIN[chosen](attempt, session)


async def _by_password(attempt: Attempt, session: AuthSession) -> AuthSession | ChallengeIssued:
    if attempt.given.get("PASSWORD"):
        return await by_password(attempt, session)
    return _ask(attempt, session, Challenge.PASSWORD)


async def _by_srp(attempt: Attempt, session: AuthSession) -> AuthSession | ChallengeIssued:
    if attempt.given.get("SRP_A"):
        return await by_srp(attempt, session)
    return _ask(attempt, session, Challenge.PASSWORD_SRP)


async def _by_passkey(attempt: Attempt, session: AuthSession) -> AuthSession | ChallengeIssued:
    if attempt.given.get("CREDENTIAL"):
        return await web_authn.answer(attempt, session)
    return await web_authn.ask(attempt, session)


async def _by_code(attempt: Attempt, session: AuthSession, name: Challenge) -> ChallengeIssued:
    return await otp.ask(attempt, session, name=name, is_second_factor=False)


async def by_password(attempt: Attempt, session: AuthSession) -> AuthSession:
    """Verify the response to PASSWORD."""
    return await password_check.verify_password(attempt, session, attempt.required("PASSWORD"))


async def by_srp(attempt: Attempt, session: AuthSession) -> ChallengeIssued:
    """Start the exchange for a response to PASSWORD_SRP, which PASSWORD_VERIFIER follows."""
    attempt.required("SRP_A")
    return await password_verifier.ask(attempt, session)


def _ask(attempt: Attempt, session: AuthSession, name: Challenge) -> ChallengeIssued:
    return ChallengeIssued(
        name=name,
        parameters={},
        session=next_step(attempt, session, name, Challenge.SELECT_CHALLENGE),
    )


_BEGIN: Final[dict[Challenge, Begin]] = {
    Challenge.PASSWORD: _by_password,
    Challenge.PASSWORD_SRP: _by_srp,
    Challenge.WEB_AUTHN: _by_passkey,
    Challenge.EMAIL_OTP: partial(_by_code, name=Challenge.EMAIL_OTP),
    Challenge.SMS_OTP: partial(_by_code, name=Challenge.SMS_OTP),
}
