"""Step-up: the credit of an access token, and the start of a sign-in toward a level.

Evidence: dg:amazon-cognito-user-pools-authentication-flow (Step-up authentication).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from poolhouse.entities.auth_session import AuthSession, StepUpCredit
from poolhouse.entities.clients import Client
from poolhouse.entities.mfa import MfaSettings
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
from poolhouse.rules.auth import step_up
from poolhouse.rules.auth.step_up import Factors, StepUpRequest
from poolhouse.rules.tokens.access_tokens import ParsedToken
from poolhouse.wire.enums import AuthFactorType as Factor
from poolhouse.wire.enums import AuthFlowType, UserPoolMfaType
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.structs import SmsConfigurationType, UserPoolClientType, UserPoolType

NOW = datetime(2026, 3, 3, 4, 5, 6, tzinfo=UTC)
THEN = NOW - timedelta(minutes=10)
FOUR, ONE = "urn:cognito:loa:4", "urn:cognito:loa:1"
TARGET, TOKEN, AGE = "TARGET_ACR_VALUES", "ACCESS_TOKEN", "MAX_AGE"
ALICE = User(
    sub="s",
    pool_id="p",
    username="alice",
    status=UserStatus.CONFIRMED,
    attributes={"phone_number": "+491701234567"},
    created_at=THEN,
    modified_at=THEN,
)
CLIENT = Client(
    id="c", pool_id="p", settings=UserPoolClientType(), created_at=THEN, modified_at=THEN
)
SESSION = TokenSession(
    id="e",
    sub="s",
    pool_id="p",
    client_id="c",
    handle="tkn",
    origin_jti="j",
    started_at=THEN,
    active_at=THEN,
    expires_at=NOW + timedelta(days=1),
    refresh=b"",
    proofs=("pwd",),
)
PASSWORD = PasswordCredential(
    sub="s", pool_id="p", salt=b"", verifier=b"", set_at=THEN - timedelta(days=9), version=7
)
START = AuthSession(
    id="step",
    event_id="event",
    pool_id="p",
    client_id="c",
    sub="s",
    username="alice",
    is_unknown=False,
    flow=AuthFlowType.USER_AUTH,
    expires_at=NOW,
)


def a_pool(mode: str = "OPTIONAL", *, app: bool = True) -> Pool:
    return Pool(
        id="p",
        settings=UserPoolType(
            MfaConfiguration=UserPoolMfaType(mode), SmsConfiguration=SmsConfigurationType()
        ),
        attributes=(),
        created_at=THEN,
        modified_at=THEN,
        software_token_mfa=app,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({AGE: "5"}, None),
        ({TARGET: FOUR}, StepUpRequest((4,), None, None)),
        ({TARGET: f"{FOUR} {ONE}", TOKEN: "t", AGE: "0"}, StepUpRequest((4, 1), "t", 0)),
        ({TARGET: FOUR, AGE: "007"}, StepUpRequest((4,), None, 7)),
        ({TARGET: "x"}, NoKnownLevel),
        ({TARGET: "", TOKEN: "t"}, NoKnownLevel),
        ({TOKEN: "t"}, TokenWithoutLevel),
        ({TOKEN: ""}, TokenWithoutLevel),
        ({AGE: "-1"}, InvalidMaxAge),
        ({TARGET: FOUR, AGE: "ten"}, InvalidMaxAge),
        ({TARGET: FOUR, AGE: ""}, InvalidMaxAge),
        ({TARGET: FOUR, AGE: "9" * 19}, InvalidMaxAge),
    ],
)
def test_step_up_request_is_parsed_or_refused(given: dict[str, str], expected: Any) -> None:
    if not isinstance(expected, type):
        assert step_up.parse_step_up_request(a_pool(), given) == expected
        return
    with pytest.raises(expected):
        step_up.parse_step_up_request(a_pool(), given)


@pytest.mark.parametrize(
    ("claims", "session", "user", "is_refused"),
    [
        ({}, {}, {}, False),
        ({}, {}, {"sub": "another"}, True),
        ({}, {}, {"pool_id": "another"}, True),
        ({"client_id": "another"}, {}, {}, True),
        ({"client_id": "another"}, {"client_id": "another"}, {}, True),
        ({}, {"client_id": "another"}, {}, True),
        ({"act": {"sub": "robot"}}, {}, {}, True),
    ],
)
def test_step_up_token_of_another_user_or_client_is_refused(
    claims: dict[str, Any], session: dict[str, Any], user: dict[str, Any], is_refused: bool
) -> None:
    token = ParsedToken(
        kid="k",
        issuer="i",
        token_use="access",
        expires_at=0,
        claims={"client_id": "c", **claims},
    )
    args = (token, replace(SESSION, **session), replace(ALICE, **user), CLIENT)
    if not is_refused:
        step_up.check_belongs(*args)
        return
    with pytest.raises(ForeignAccessToken):
        step_up.check_belongs(*args)


REPLACED = replace(PASSWORD, set_at=THEN + timedelta(seconds=1), version=8)


def changed(at: datetime) -> User:
    return replace(ALICE, mfa=MfaSettings(changed_at=at))


INVITED = replace(ALICE, status=UserStatus.FORCE_CHANGE_PASSWORD)


@pytest.mark.parametrize(
    ("proofs", "user", "password", "max_age", "counts"),
    [
        (("pwd",), ALICE, PASSWORD, None, True),
        (("pwd", "otp"), ALICE, PASSWORD, None, True),
        (("pwd",), ALICE, replace(PASSWORD, set_at=THEN), None, True),
        # "If the most recent authentication is older than this value"
        (("pwd",), ALICE, PASSWORD, 600, True),
        (("pwd",), ALICE, PASSWORD, 599, False),
        (("pwd",), ALICE, PASSWORD, 0, False),
        (("swk",), ALICE, PASSWORD, 599, False),
        # A password that was replaced
        (("pwd",), ALICE, REPLACED, None, False),
        (("pwd", "otp"), ALICE, REPLACED, None, False),
        (("pwd",), ALICE, None, None, False),
        (("pwd",), INVITED, PASSWORD, None, False),
        (("email_otp",), ALICE, REPLACED, None, True),
        (("swk", "mfa"), ALICE, None, None, True),
        # A factor that was registered or changed since
        (("pwd",), changed(THEN + timedelta(milliseconds=1)), PASSWORD, None, False),
        (("swk", "mfa"), changed(NOW), None, None, False),
        (("pwd", "otp"), changed(THEN), PASSWORD, None, True),
        # A custom sign-in proves nothing by name
        ((), ALICE, PASSWORD, None, False),
    ],
)
def test_step_up_session_credits_proofs_that_still_count(
    proofs: tuple[str, ...],
    user: User,
    password: PasswordCredential | None,
    max_age: int | None,
    counts: bool,
) -> None:
    credited = step_up.credit(replace(SESSION, proofs=proofs), user, password, max_age, NOW)
    if not counts:
        assert credited is None
        return
    version = 7 if "pwd" in proofs else 0
    assert credited == StepUpCredit(
        session_id="e", proofs=proofs, began_at=THEN, password_version=version
    )


WITH_APP = replace(ALICE, mfa=MfaSettings(software_token=True))
WITH_SMS = replace(ALICE, mfa=MfaSettings(sms=True))
ALONE = (Factor.PASSWORD,)


def begun(
    user: User,
    *wanted: int,
    mode: str = "OPTIONAL",
    credit: tuple[str, ...] = (),
    first: tuple[Factor, ...] = ALONE,
    app: bool = False,
) -> AuthSession:
    pool = a_pool(mode)
    second = step_up.seconds(pool, user, has_software_token=app)
    credited = (
        StepUpCredit(session_id="e", began_at=THEN, proofs=credit, password_version=7)
        if credit
        else None
    )
    factors = Factors(first, second, has_software_token=app)
    return step_up.start_step_up(
        pool, user, START, StepUpRequest(wanted, None, None), factors=factors, credited=credited
    )


@pytest.mark.parametrize(
    ("user", "wanted", "more", "target"),
    [
        (ALICE, (1,), {}, 1),
        (ALICE, (4, 1), {}, 1),
        (ALICE, (1, 4), {"app": True}, 1),
        (WITH_APP, (4, 1), {"app": True}, 4),
        (WITH_APP, (3,), {"app": True}, 3),
        (WITH_SMS, (4, 3), {}, 3),
        (WITH_SMS, (4, 3), {"app": True}, 3),  # the app is off beside the phone that is on
        (ALICE, (4,), {"app": True}, 4),
        (ALICE, (3,), {"first": (Factor.WEB_AUTHN,)}, 3),
        (ALICE, (2,), {"first": (Factor.PASSWORD, Factor.SMS_OTP)}, 2),
        (ALICE, (3,), {"first": (Factor.PASSWORD, Factor.SMS_OTP)}, 3),
        (WITH_SMS, (1,), {"mode": "ON", "credit": ("pwd",)}, 1),
        (WITH_APP, (4,), {"app": True, "credit": ("pwd",)}, 4),
        (ALICE, (4,), {}, LevelOutOfReach),
        (ALICE, (4, 3, 2), {}, LevelOutOfReach),
        (ALICE, (4,), {"first": (Factor.WEB_AUTHN,), "app": True}, LevelOutOfReach),
        (ALICE, (1,), {"credit": ("pwd",)}, LevelAlreadyMet),
        (ALICE, (4, 1), {"credit": ("pwd",)}, LevelAlreadyMet),
        (ALICE, (2,), {"credit": ("swk",)}, LevelAlreadyMet),
        (WITH_APP, (4,), {"app": True, "credit": ("pwd", "otp")}, LevelAlreadyMet),
        (WITH_APP, (3,), {"app": True, "credit": ("pwd", "otp")}, LevelAlreadyMet),
    ],
)
def test_step_up_targets_the_first_reachable_level(
    user: User, wanted: tuple[int, ...], more: dict[str, Any], target: int | type[Exception]
) -> None:
    if isinstance(target, int):
        assert begun(user, *wanted, **more).target == target
        return
    with pytest.raises(target):
        begun(user, *wanted, **more)


BOTH = replace(WITH_SMS, mfa=MfaSettings(sms=True, software_token=True))


@pytest.mark.parametrize(
    ("user", "credit", "counts"),
    [
        (BOTH, ("pwd", "sms"), True),
        (BOTH, ("pwd",), False),
        (BOTH, ("sms",), False),
        (BOTH, ("pwd", "email_otp"), False),
        (WITH_APP, ("pwd", "sms"), False),  # by a phone that is off now
    ],
)
def test_step_up_credited_second_factor_counts_while_the_user_has_it(
    user: User, credit: tuple[str, ...], counts: bool
) -> None:
    """The guide: MFA is a floor."""
    assert begun(user, 4, app=True, credit=credit).is_second_factor_proved is counts


@pytest.mark.parametrize(
    ("user", "proofs", "target", "expected"),
    [
        (BOTH, ("pwd",), 4, (Challenge.SOFTWARE_TOKEN_MFA,)),
        (BOTH, ("pwd",), 3, (Challenge.SMS_MFA, Challenge.SOFTWARE_TOKEN_MFA)),
        (BOTH, ("pwd",), 1, (Challenge.SMS_MFA, Challenge.SOFTWARE_TOKEN_MFA)),
        (BOTH, ("pwd", "sms"), 4, (Challenge.SOFTWARE_TOKEN_MFA,)),
        (BOTH, ("swk",), 4, ()),
        (ALICE, ("pwd",), 4, (Challenge.SOFTWARE_TOKEN_MFA,)),
        (ALICE, ("pwd",), 1, ()),
    ],
)
def test_step_up_level_narrows_the_second_factors(
    user: User, proofs: tuple[str, ...], target: int, expected: tuple[Challenge, ...]
) -> None:
    """The guide: at most, the target can influence which of several is prompted for."""
    session = replace(START, proofs=proofs, target=target)
    found = step_up.second_choices(a_pool(), user, session, has_software_token=True)
    assert found == expected


@pytest.mark.parametrize(
    ("session", "passes"),
    [
        ({"proofs": ("pwd",)}, True),
        ({"is_granted": True}, True),
        ({"proofs": ("pwd",), "target": 1}, True),
        ({"proofs": ("pwd",), "target": 2}, False),
        ({"proofs": ("pwd", "otp"), "target": 4, "credit": ("pwd",)}, True),
        ({"proofs": ("pwd",), "target": 1, "credit": ("pwd",)}, False),
        ({"proofs": ("pwd",), "target": 1, "credit": ("pwd",), "device_proved": True}, True),
    ],
)
def test_step_up_check_complete_requires_the_level_and_a_new_proof(
    session: dict[str, Any], passes: bool
) -> None:
    if proofs := session.get("credit"):
        session = {
            **session,
            "credit": StepUpCredit(session_id="e", began_at=THEN, proofs=proofs),
        }
    at = replace(START, **session)
    if passes:
        step_up.check_complete(at)
        return
    with pytest.raises(InvalidSession):
        step_up.check_complete(at)
