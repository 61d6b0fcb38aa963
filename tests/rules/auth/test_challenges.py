"""The way of a sign-in, walked in every direction: none leads past what the user has to prove."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.clients import Client
from poolhouse.entities.devices import Device
from poolhouse.entities.mfa import MfaSettings
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import (
    AdminFlowNotEnabled,
    FlowNotEnabled,
    FlowNotSupported,
    InvalidSession,
    NoFactorPossible,
    NotConfirmed,
    PasswordResetNeeded,
    SessionExpired,
)
from poolhouse.errors.users import UserDisabled
from poolhouse.rules.auth import challenges, custom_auth, mfa
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.enums import ExplicitAuthFlowsType as Allowed
from poolhouse.wire.enums import UserPoolMfaType
from poolhouse.wire.structs import (
    DeviceConfigurationType,
    EmailMfaConfigType,
    SmsConfigurationType,
    UserPoolClientType,
    UserPoolType,
)

NOW = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
CONTACTS = {"email": "zoe@barn.example", "phone_number": "+491701238920"}
DEVICE = Device(
    key="device",
    sub="sub",
    pool_id="eu-west-1_Barn",
    group_key="-group",
    salt=b"salt",
    verifier=b"verifier",
    remembered=True,
    created_at=NOW,
    modified_at=NOW,
    authenticated_at=NOW,
)
START = AuthSession(
    id="step",
    event_id="event",
    pool_id="eu-west-1_Barn",
    client_id="client",
    sub="sub",
    username="zoe",
    is_unknown=False,
    flow=Flow.USER_PASSWORD_AUTH,
    expires_at=NOW + timedelta(minutes=3),
)
SIGN_IN_FLOWS = [
    *(Flow.USER_PASSWORD_AUTH, Flow.ADMIN_USER_PASSWORD_AUTH, Flow.USER_SRP_AUTH),
    *(Flow.CUSTOM_AUTH, Flow.USER_AUTH),
]
yes_or_no = st.booleans()
pools = st.builds(
    lambda mode, sms, email, app, tracks: Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(
            MfaConfiguration=mode,
            SmsConfiguration=SmsConfigurationType() if sms else None,
            DeviceConfiguration=DeviceConfigurationType(ChallengeRequiredOnNewDevice=tracks),
        ),
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
        email_mfa=EmailMfaConfigType() if email else None,
        software_token_mfa=app,
    ),
    st.sampled_from(UserPoolMfaType),
    *(yes_or_no, yes_or_no, yes_or_no, yes_or_no),
)
users = st.builds(
    User,
    sub=st.just("sub"),
    pool_id=st.just("eu-west-1_Barn"),
    username=st.just("zoe"),
    status=st.sampled_from([UserStatus.CONFIRMED, UserStatus.FORCE_CHANGE_PASSWORD]),
    attributes=st.sampled_from([{}, CONTACTS]),
    created_at=st.just(NOW),
    modified_at=st.just(NOW),
    mfa=st.builds(MfaSettings, sms=yes_or_no, email=yes_or_no, software_token=yes_or_no),
)
devices = st.sampled_from([None, DEVICE, replace(DEVICE, remembered=False)])


class SimulatedSignIn:
    """A user who passes whatever is asked; `says` is what the functions of a custom sign-in say."""

    def __init__(self, user: User, session: AuthSession, says: list[str]) -> None:
        self.user = user
        self.session = session
        self.says = says
        self.asked: list[Challenge] = []

    def take(self, name: Challenge) -> None:
        self.asked.append(name)
        if name is Challenge.CUSTOM_CHALLENGE:
            self._follow(self.says.pop() if self.says else "enough")
            return
        if name is Challenge.NEW_PASSWORD_REQUIRED:
            self.user = replace(self.user, status=UserStatus.CONFIRMED)
        elif name is Challenge.DEVICE_SRP_AUTH:
            self.session = replace(self.session, device_proved=True, is_second_factor_proved=True)
        else:
            self.session = replace(self.session, is_second_factor_proved=True)
        self.session = custom_auth.with_passed_round(self.session, name)

    def _follow(self, said: str) -> None:
        if said == "enough":
            self.session = replace(self.session, is_granted=True)
        elif said == "password":
            proved = (*self.session.proofs, Amr.PWD)
            self.session = custom_auth.with_passed_round(
                replace(self.session, proofs=proved), Challenge.PASSWORD_VERIFIER
            )
        else:
            self.session = custom_auth.with_result(self.session, is_right=said == "right")


@given(
    pools,
    users,
    devices,
    st.sampled_from(SIGN_IN_FLOWS),
    st.lists(st.sampled_from(["enough", "password", "right", "wrong"]), max_size=6),
    yes_or_no,
)
def test_challenges_of_every_path_end_with_all_steps_passed(
    pool: Pool, user: User, device: Device | None, flow: Flow, says: list[str], has_app: bool
) -> None:
    proofs = () if flow is Flow.CUSTOM_AUTH else (Amr.PWD,)
    walk = SimulatedSignIn(user, replace(START, flow=flow, proofs=proofs), says)
    for _ in range(len(says) + 6):
        try:
            name = challenges.next_challenge(
                pool, walk.user, walk.session, device, has_software_token=has_app
            )
        except NoFactorPossible:
            return
        if name is None:
            break
        walk.take(name)
    else:
        pytest.fail(f"no end: {walk.asked}")
    challenges.check_complete(walk.user, walk.session, NOW)
    check_passed(pool, walk.user, walk.session, has_app)
    if flow is not Flow.CUSTOM_AUTH:
        assert len(walk.asked) <= 3
        assert Challenge.CUSTOM_CHALLENGE not in walk.asked


@given(
    pools,
    users,
    devices,
    st.builds(
        replace,
        st.just(START),
        flow=st.sampled_from(SIGN_IN_FLOWS),
        proofs=st.sampled_from([(), ("pwd",), ("email_otp",), ("pwd", "otp")]),
        is_granted=yes_or_no,
        is_unknown=yes_or_no,
        device_proved=yes_or_no,
        is_second_factor_proved=yes_or_no,
    ),
    yes_or_no,
)
def test_challenges_complete_only_after_every_required_step(
    pool: Pool, user: User, device: Device | None, session: AuthSession, has_app: bool
) -> None:
    """Also from where no walk ever comes by."""
    try:
        name = challenges.next_challenge(pool, user, session, device, has_software_token=has_app)
        if name is not None:
            return
        challenges.check_complete(user, session, NOW)
    except (NoFactorPossible, InvalidSession):
        return
    check_passed(pool, user, session, has_app)


def check_passed(pool: Pool, user: User, session: AuthSession, has_app: bool) -> None:
    """What must be true of a sign-in that ends in tokens, said once more and in other words."""
    by_password = "pwd" in session.proofs
    is_custom = session.flow is Flow.CUSTOM_AUTH
    assert not session.is_unknown
    assert by_password or session.proofs or session.is_granted
    assert not (by_password and user.status is UserStatus.FORCE_CHANGE_PASSWORD)
    assert session.is_granted or not is_custom
    mode = pool.settings.MfaConfiguration
    if mode is not UserPoolMfaType.OFF and (by_password or not is_custom):
        twice = session.is_second_factor_proved or session.device_proved
        assert twice or mode is not UserPoolMfaType.ON
        assert twice or not mfa.choices(pool, user, has_software_token=has_app)


@pytest.mark.parametrize(
    ("session", "asked"),
    [
        ({}, Challenge.CUSTOM_CHALLENGE),
        ({"proofs": ("pwd",)}, Challenge.SMS_MFA),
        ({"proofs": ("pwd", "sms"), "is_second_factor_proved": True}, Challenge.CUSTOM_CHALLENGE),
        ({"proofs": ("pwd",), "device_proved": True}, Challenge.CUSTOM_CHALLENGE),
        ({"is_granted": True}, None),
    ],
)
def test_custom_auth_second_factor_follows_the_password(
    session: dict[str, Any], asked: Challenge | None
) -> None:
    """dg:user-pool-lambda-define-auth-challenge."""
    pool = Pool(
        id="eu-west-1_Barn",
        settings=UserPoolType(
            MfaConfiguration=UserPoolMfaType.ON, SmsConfiguration=SmsConfigurationType()
        ),
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
    )
    user = a_user(attributes={"phone_number": "+491701238920"})
    at = replace(START, flow=Flow.CUSTOM_AUTH, **session)
    assert challenges.next_challenge(pool, user, at, None, has_software_token=False) is asked


def a_user(**more: Any) -> User:
    settings: dict[str, Any] = {"status": UserStatus.CONFIRMED} | more
    return User(
        sub="sub",
        pool_id="eu-west-1_Barn",
        username="zoe",
        created_at=NOW,
        modified_at=NOW,
        **settings,
    )


@pytest.mark.parametrize(
    ("user", "session", "refusal"),
    [
        ({"enabled": False}, {"proofs": ("pwd",)}, UserDisabled),
        ({"status": UserStatus.UNCONFIRMED}, {"is_granted": True}, NotConfirmed),
        ({"status": UserStatus.RESET_REQUIRED}, {"is_granted": True}, PasswordResetNeeded),
        ({}, {"proofs": ("pwd",), "is_unknown": True}, InvalidSession),
        ({}, {}, InvalidSession),
    ],
)
def test_check_complete_with_a_missing_step_is_refused(
    user: dict[str, Any], session: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        challenges.check_complete(a_user(**user), replace(START, **session), NOW)


@given(
    st.lists(st.sampled_from(Challenge), max_size=3),
    st.sampled_from(Challenge),
    st.integers(-200, 200),
)
def test_challenge_response_unexpected_or_late_is_refused(
    awaits: list[Challenge], name: Challenge, seconds: int
) -> None:
    session = replace(START, awaits=tuple(awaits))
    now = session.expires_at + timedelta(seconds=seconds)
    expected: type[Exception] | None = None
    if seconds >= 0:
        expected = SessionExpired
    elif name not in awaits:
        expected = InvalidSession
    if expected is None:
        challenges.check_answer(session, name, now)
    else:
        with pytest.raises(expected):
            challenges.check_answer(session, name, now)


OTHER_API, NOT_ALLOWED, NOT_ALLOWED_TO_ADMIN = (
    FlowNotSupported,
    FlowNotEnabled,
    AdminFlowNotEnabled,
)


@pytest.mark.parametrize(
    ("flow", "by_admin", "allowed", "refusal"),
    [
        # ev:auth-2.1
        (Flow.USER_SRP_AUTH, False, [], None),
        (Flow.CUSTOM_AUTH, False, [], None),
        (Flow.REFRESH_TOKEN, True, [], None),
        (Flow.USER_PASSWORD_AUTH, False, [], NOT_ALLOWED),
        (Flow.USER_AUTH, False, [], NOT_ALLOWED),
        (Flow.ADMIN_USER_PASSWORD_AUTH, True, [], NOT_ALLOWED_TO_ADMIN),
        (Flow.USER_PASSWORD_AUTH, False, [Allowed.ALLOW_USER_PASSWORD_AUTH], None),
        (Flow.USER_PASSWORD_AUTH, True, [Allowed.ALLOW_USER_PASSWORD_AUTH], OTHER_API),
        (Flow.ADMIN_NO_SRP_AUTH, True, [Allowed.ALLOW_ADMIN_USER_PASSWORD_AUTH], None),
        (Flow.ADMIN_NO_SRP_AUTH, False, [Allowed.ALLOW_ADMIN_USER_PASSWORD_AUTH], OTHER_API),
        (Flow.USER_SRP_AUTH, False, [Allowed.ALLOW_USER_AUTH], NOT_ALLOWED),
        (Flow.USER_SRP_AUTH, False, [Allowed.CUSTOM_AUTH_FLOW_ONLY], NOT_ALLOWED),
        (Flow.CUSTOM_AUTH, True, [Allowed.CUSTOM_AUTH_FLOW_ONLY], None),
        (Flow.USER_SRP_AUTH, True, [Allowed.ADMIN_NO_SRP_AUTH], None),
    ],
)
def test_client_auth_flows_differ_for_admin_and_public_operations(
    flow: Flow, by_admin: bool, allowed: list[Allowed], refusal: type[Exception] | None
) -> None:
    client = Client(
        id="client",
        pool_id="eu-west-1_Barn",
        settings=UserPoolClientType(ExplicitAuthFlows=allowed),
        created_at=NOW,
        modified_at=NOW,
    )
    if refusal is None:
        challenges.check_flow(client, flow, by_admin=by_admin)
    else:
        with pytest.raises(refusal):
            challenges.check_flow(client, flow, by_admin=by_admin)
