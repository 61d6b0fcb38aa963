"""Sign-ins toward a level, walked in every direction: none ends below it, or without the second
factor that the pool demands, or by what an access token credits alone.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from poolhouse.entities.auth_session import AuthSession, StepUpCredit
from poolhouse.entities.devices import Device
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import InvalidSession, LevelAlreadyMet, LevelOutOfReach, NoFactorPossible
from poolhouse.rules.auth import challenges, mfa, step_up
from poolhouse.rules.auth.step_up import Factors, StepUpRequest
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge
from rules.auth.test_challenges import NOW, START, check_passed, devices, pools, users, yes_or_no

PROOFS: dict[str, str] = {
    Factor.PASSWORD: "pwd",
    Factor.EMAIL_OTP: "email_otp",
    Factor.SMS_OTP: "sms",
    Factor.WEB_AUTHN: "hwk",
    Challenge.SMS_MFA: "sms",
    Challenge.EMAIL_OTP: "email_otp",
    Challenge.SOFTWARE_TOKEN_MFA: "otp",
    Challenge.MFA_SETUP: "otp",
}
first_factors = st.lists(
    st.sampled_from([Factor.PASSWORD, Factor.EMAIL_OTP, Factor.SMS_OTP, Factor.WEB_AUTHN]),
    min_size=1,
    unique=True,
).map(tuple)
credits_ = st.sampled_from(
    [None, ("pwd",), ("pwd", "sms"), ("pwd", "otp"), ("email_otp",), ("email_otp", "pwd"), ("swk",)]
)


class SimulatedSignIn:
    """A user who proves whatever is asked, and chooses by lot where there is a choice."""

    def __init__(self, pool: Pool, user: User, session: AuthSession, factors: Factors, lot: Any):
        self.pool, self.user, self.session = pool, user, session
        self.factors, self.lot = factors, lot
        self.asked: list[Challenge] = []

    def begin(self) -> None:
        """USER_AUTH asks users without any proof for a first factor."""
        if not self.session.proofs:
            self._prove_first(
                self.lot.choice(step_up.factors_leading_to_target(self.session, self.factors))
            )

    def next(self, device: Device | None) -> Challenge | None:
        return challenges.next_challenge(
            self.pool,
            self.user,
            self.session,
            device,
            has_software_token=self.factors.has_software_token,
            first_factors=self.factors.first,
        )

    def take(self, name: Challenge) -> None:
        self.asked.append(name)
        if name is Challenge.NEW_PASSWORD_REQUIRED:
            self.user = replace(self.user, status=UserStatus.CONFIRMED)
        elif name is Challenge.SELECT_CHALLENGE:
            self._prove_first(
                self.lot.choice(step_up.factors_leading_to_target(self.session, self.factors))
            )
        elif name is Challenge.DEVICE_SRP_AUTH:
            self.session = replace(self.session, device_proved=True, is_second_factor_proved=True)
        else:
            self._prove_second(name)

    def _prove_first(self, factor: Factor) -> None:
        self.session = replace(self.session, proofs=(*self.session.proofs, PROOFS[factor]))

    def _prove_second(self, name: Challenge) -> None:
        if name is Challenge.SELECT_MFA_TYPE:
            possible = step_up.second_choices(
                self.pool,
                self.user,
                self.session,
                has_software_token=self.factors.has_software_token,
            )
            assert len(possible) > 1
            name = self.lot.choice(possible)
        proofs = (*self.session.proofs, PROOFS[name])
        self.session = replace(self.session, proofs=proofs, is_second_factor_proved=True)


def _credit(proofs: tuple[str, ...] | None) -> StepUpCredit | None:
    return StepUpCredit(session_id="before", proofs=proofs, began_at=NOW) if proofs else None


def walks(pool: Pool, user: User, credit: tuple[str, ...] | None, *rest: Any) -> SimulatedSignIn:
    """A sign-in as USER_AUTH begins it."""
    target, first, has_app, lot = rest
    has_app = has_app and not mfa.is_off(pool)
    second = step_up.seconds(pool, user, has_software_token=has_app)
    factors = Factors(first, second, has_software_token=has_app)
    credited = _credit(credit)
    wish = StepUpRequest((target,), None, None)
    start = replace(START, flow=Flow.USER_AUTH)
    session = step_up.start_step_up(pool, user, start, wish, factors=factors, credited=credited)
    assert session.target == target
    return SimulatedSignIn(pool, user, session, factors, lot)


@given(
    pools,
    users,
    devices,
    credits_,
    st.tuples(st.integers(1, 4), first_factors, yes_or_no, st.randoms()),
)
def test_step_up_path_never_ends_below_level_or_required_mfa(
    pool: Pool,
    user: User,
    device: Device | None,
    credit: tuple[str, ...] | None,
    rest: tuple[Any, ...],
) -> None:
    try:
        walk = walks(pool, user, credit, *rest)
        walk.begin()
        for _ in range(9):
            name = walk.next(device)
            if name is None:
                break
            walk.take(name)
        else:
            pytest.fail(f"no end: {walk.asked}")
    except (LevelOutOfReach, LevelAlreadyMet, NoFactorPossible):
        return
    challenges.check_complete(walk.user, walk.session, NOW)
    check_passed(pool, walk.user, walk.session, walk.factors.has_software_token)
    check_level(rest[0], walk.session)
    if credit is not None:
        check_credit(pool, user, walk)


def check_level(target: int, session: AuthSession) -> None:
    """The guide's table, said once more and in other words."""
    proved = {*session.proofs}
    by_code, by_passkey = proved & {"sms", "email_otp"}, proved & {"swk", "hwk"}
    assert {
        1: proved,
        2: by_code or by_passkey or {"pwd", "otp"} <= proved,
        3: by_passkey or ("pwd" in proved and (by_code or "otp" in proved)),
        4: {"pwd", "otp"} <= proved,
    }[target]


def check_credit(pool: Pool, user: User, walk: SimulatedSignIn) -> None:
    """An access token has spared its user something, but was never enough."""
    assert walk.asked
    assert Challenge.MFA_SETUP not in walk.asked
    assert Challenge.NEW_PASSWORD_REQUIRED not in walk.asked
    assert walk.session.credit is not None
    assert len(walk.session.proofs) > len(walk.session.credit.proofs) or (
        walk.session.device_proved
    )


@given(
    pools,
    users,
    devices,
    credits_,
    st.lists(st.sampled_from(["pwd", "otp", "sms", "email_otp", "swk", "hwk"]), max_size=4),
    st.tuples(st.integers(0, 4), first_factors, yes_or_no, yes_or_no, yes_or_no),
)
def test_step_up_tokens_are_reached_only_at_the_level(
    pool: Pool,
    user: User,
    device: Device | None,
    credit: tuple[str, ...] | None,
    more: list[str],
    rest: tuple[Any, ...],
) -> None:
    """Also from where no walk ever comes by."""
    target, first, has_app, device_proved, second_proved = rest
    session = replace(
        START,
        flow=Flow.USER_AUTH,
        target=target,
        credit=_credit(credit),
        proofs=(*(credit or ()), *more),
        device_proved=device_proved,
        is_second_factor_proved=second_proved,
    )
    try:
        name = challenges.next_challenge(
            pool, user, session, device, has_software_token=has_app, first_factors=first
        )
        if name is not None:
            return
        challenges.check_complete(user, session, NOW)
    except (LevelOutOfReach, NoFactorPossible, InvalidSession):
        return
    check_passed(pool, user, session, has_app)
    assert more or device_proved
    if target:
        check_level(target, session)
