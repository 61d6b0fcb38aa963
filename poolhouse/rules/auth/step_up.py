"""Stepping up: USER_AUTH toward a level that the client names.

Evidence: dg:amazon-cognito-user-pools-authentication-flow (Step-up authentication); ev:auth-17.

An access token spares its user what they proved when they signed in. Second factors that the pool
demands are demanded all the same: a level is never a way around them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession, StepUpCredit
from poolhouse.entities.clients import Client
from poolhouse.entities.contacts import Contact
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import PasswordCredential, User, UserStatus
from poolhouse.errors.auth import (
    InvalidMaxAge,
    InvalidSession,
    LevelAlreadyMet,
    LevelOutOfReach,
    NoKnownLevel,
    TokenWithoutLevel,
)
from poolhouse.errors.tokens import ForeignAccessToken
from poolhouse.rules.auth import acr as levels
from poolhouse.rules.auth import mfa
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import ChallengeNameType as Challenge

_LONGEST_AGE: Final = 18
"""Digits; far more seconds than any session lasts."""

_FIRST: Final = {
    Factor.PASSWORD: Amr.PWD,
    Factor.WEB_AUTHN: Amr.SWK,
    **{contact.factor: contact.amr for contact in Contact},
}
_SECOND: Final = {
    mfa.SOFTWARE_TOKEN: Amr.OTP,
    **{contact.mfa: contact.amr for contact in Contact},
}


class Factors(NamedTuple):
    """A user's factors: those that can start a sign-in, and those that can follow a password."""

    first: tuple[Factor, ...]
    second: tuple[Challenge, ...]
    has_software_token: bool


class StepUpRequest(NamedTuple):
    """A client's request: levels, the best first; `max_age` is in seconds."""

    levels: tuple[int, ...]
    access_token: str | None
    max_age: int | None


def parse_step_up_request(pool: Pool, given: Mapping[str, str]) -> StepUpRequest | None:
    """Return what AuthParameters ask for; None: an ordinary sign-in, which MAX_AGE alone is too."""
    max_age = _seconds(given.get("MAX_AGE"))
    values = given.get("TARGET_ACR_VALUES")
    if values is None:
        if "ACCESS_TOKEN" in given:
            raise TokenWithoutLevel
        return None
    wanted = levels.named(pool, values)
    if not wanted:
        raise NoKnownLevel
    return StepUpRequest(wanted, given.get("ACCESS_TOKEN"), max_age)


def _seconds(given: str | None) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) <= _LONGEST_AGE):
        raise InvalidMaxAge
    return int(given)


def check_belongs(token: ParsedToken, session: TokenSession, user: User, client: Client) -> None:
    """Refuse an access token of another user.

    UNVERIFIED: may it be another app client's? Here it may not: the operator of that one could make
    of its tokens better ones of this. So neither may one that was exchanged for an actor.
    """
    owners = {token.claims.get("client_id"), session.client_id}
    if (session.pool_id, session.sub) != (user.pool_id, user.sub) or owners != {client.id}:
        raise ForeignAccessToken
    if "act" in token.claims:
        raise ForeignAccessToken


def credit(
    session: TokenSession,
    user: User,
    password: PasswordCredential | None,
    max_age: int | None,
    now: datetime,
) -> StepUpCredit | None:
    """Return what a live session says that its user has verified; None: they must start again.

    A password counts as long as it is the user's. One of before opens nothing any more. Nor does a
    session count whose user has registered or changed a factor since it began.
    """
    # UNVERIFIED: does AWS credit a session with a factor that was registered after it began?
    # DIFFERS: here it doesn't, or the holder of a stolen access token could reach any level by a
    # factor of their own.
    if has_new_factors(session, user):
        return None
    age = int(now.timestamp()) - int(session.started_at.timestamp())
    is_too_old = max_age is not None and age > max_age
    if not session.proofs or is_too_old:
        return None
    version = 0
    if Amr.PWD in session.proofs:
        if password is None or not _is_still_good(password, user, session):
            return None
        version = password.version
    return StepUpCredit(
        session_id=session.id,
        proofs=session.proofs,
        began_at=session.started_at,
        password_version=version,
    )


def has_new_factors(session: TokenSession, user: User) -> bool:
    """Return whether the user has registered or changed a factor after the session began."""
    changed_at = user.mfa.changed_at
    return changed_at is not None and changed_at > session.started_at


def start_step_up(
    pool: Pool,
    user: User,
    session: AuthSession,
    asked: StepUpRequest,
    *,
    factors: Factors,
    credited: StepUpCredit | None,
) -> AuthSession:
    """Return the sign-in toward the first level of the list that its user can reach.

    It starts from the credited proofs. New tokens always need a proof: a user who has reached the
    level must pass a second factor if the pool requires one, else the request is refused.
    """
    session = replace(session, credit=credited)
    is_owed = False
    if credited is not None:
        has_token = factors.has_software_token
        active = mfa.choices(pool, user, has_software_token=has_token)
        session = replace(
            session,
            proofs=credited.proofs,
            password_version=credited.password_version,
            is_second_factor_proved=_counts_as_second(credited, active),
        )
        is_owed = _owes_second(pool, user, session, has_software_token=has_token)
    best = levels.level_of((*session.proofs, *_available(session.proofs, factors)))
    target = next((level for level in asked.levels if level <= best), None)
    if target is None:
        raise LevelOutOfReach
    if levels.level_of(session.proofs) >= target and not is_owed:
        raise LevelAlreadyMet
    return replace(session, target=target)


def is_met(session: AuthSession) -> bool:
    """Return whether the level is reached; without one it always is."""
    return not session.target or levels.level_of(session.proofs) >= session.target


def factors_leading_to_target(session: AuthSession, factors: Factors) -> tuple[Factor, ...]:
    """Return the factors to begin with that lead to the level, of those that the user has."""
    if not session.target:
        return factors.first
    available = _available(session.proofs, factors)
    wanted = levels.next_methods(session.proofs, available, session.target)
    return tuple(factor for factor in factors.first if _FIRST[factor] in wanted)


def seconds(pool: Pool, user: User, *, has_software_token: bool) -> tuple[Challenge, ...]:
    """Return the factors that can follow a password: those that are on, else an app that is off.

    An app that the user has turned off doesn't count beside a factor that is on. UNVERIFIED: which
    of a user's factors can be asked for?
    """
    active = mfa.choices(pool, user, has_software_token=has_software_token)
    if active or not has_software_token:
        return active
    return (mfa.SOFTWARE_TOKEN,)


def second_choices(
    pool: Pool, user: User, session: AuthSession, *, has_software_token: bool
) -> tuple[Challenge, ...]:
    """Return the second factors to choose among; during a step-up, those that lead to its level."""
    if is_met(session):
        return mfa.choices(pool, user, has_software_token=has_software_token)
    if Amr.PWD not in session.proofs:
        return ()
    possible = seconds(pool, user, has_software_token=has_software_token)
    available = [_SECOND[factor] for factor in possible]
    wanted = levels.next_methods(session.proofs, available, session.target)
    return tuple(factor for factor in possible if _SECOND[factor] in wanted)


def next_challenge(
    pool: Pool,
    user: User,
    session: AuthSession,
    first_factors: tuple[Factor, ...],
    *,
    has_software_token: bool,
) -> Challenge | None:
    """Return the factors that are missing for the level; None: nothing more.

    After the password it is a second factor if one leads there. Raises LevelOutOfReach for users
    who have lost on the way what they could have reached it by.
    """
    if is_met(session):
        return None
    second = second_choices(pool, user, session, has_software_token=has_software_token)
    if second:
        return mfa.one_of(user, second)
    possible = seconds(pool, user, has_software_token=has_software_token)
    factors = Factors(first_factors, possible, has_software_token)
    if factors_leading_to_target(session, factors):
        return Challenge.SELECT_CHALLENGE
    raise LevelOutOfReach


def check_complete(session: AuthSession) -> None:
    """Check before tokens are issued that the level is reached, not by credited proofs alone."""
    if not is_met(session):
        raise InvalidSession
    credited = session.credit
    if credited is not None and not (
        session.device_proved or len(session.proofs) > len(credited.proofs)
    ):
        raise InvalidSession


def _is_still_good(password: PasswordCredential, user: User, session: TokenSession) -> bool:
    """Return whether the user's password is the one that the session began with."""
    is_temporary = user.status is UserStatus.FORCE_CHANGE_PASSWORD
    return password.set_at <= session.started_at and not is_temporary


def _available(proofs: tuple[str, ...], factors: Factors) -> tuple[str, ...]:
    """Return the methods that can be asked for; a second factor only after the password."""
    first = [_FIRST[factor] for factor in factors.first]
    if Amr.PWD not in (*proofs, *first):
        return (*first,)
    return (*first, *(_SECOND[factor] for factor in factors.second))


def _counts_as_second(credited: StepUpCredit, active: tuple[Challenge, ...]) -> bool:
    """Return whether what is credited has a second factor that still is one of the user's.

    A remembered device, which takes the place of one, has to prove itself again.
    """
    return Amr.PWD in credited.proofs and any(
        _SECOND[factor] in credited.proofs for factor in active
    )


def _owes_second(pool: Pool, user: User, session: AuthSession, *, has_software_token: bool) -> bool:
    due = mfa.next_challenge(pool, user, session, has_software_token=has_software_token)
    return due is not None
