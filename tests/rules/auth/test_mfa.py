"""The second factor that a user needs (ev:auth-9)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.mfa import MfaSettings
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User, UserStatus
from poolhouse.errors.auth import NoFactorPossible
from poolhouse.rules.auth import challenges, mfa
from poolhouse.wire.enums import (
    AuthFlowType,
    RecoveryOptionNameType,
    UserPoolMfaType,
    WebAuthnFactorConfigurationType,
)
from poolhouse.wire.structs import (
    AccountRecoverySettingType,
    EmailMfaConfigType,
    RecoveryOptionType,
    SmsConfigurationType,
    UserPoolType,
    WebAuthnConfigurationType,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
BOTH = {"email": "zoe@barn.example", "phone_number": "+491701238920"}
ONLY_EMAIL = {"email": BOTH["email"]}
ONLY_PHONE = {"phone_number": BOTH["phone_number"]}
ALL = ("sms", "email", "app")
SMS, EMAIL, APP = "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"
SELECT, SETUP, DONE, ERROR = "SELECT_MFA_TYPE", "MFA_SETUP", None, "error"
MULTI = WebAuthnFactorConfigurationType.MULTI_FACTOR_WITH_USER_VERIFICATION
SINGLE = WebAuthnFactorConfigurationType.SINGLE_FACTOR


def a_pool(mode: str, factors: tuple[str, ...] = ALL, recovery: str = "", **more: Any) -> Pool:
    """`recovery` names mechanisms, the first first: "" is no setting at all."""
    mechanisms = [
        RecoveryOptionType(Priority=rank, Name=RecoveryOptionNameType(name))
        for rank, name in enumerate(recovery.split(), 1)
    ]
    settings = UserPoolType(
        MfaConfiguration=UserPoolMfaType(mode),
        SmsConfiguration=SmsConfigurationType() if "sms" in factors else None,
        AccountRecoverySetting=AccountRecoverySettingType(RecoveryMechanisms=mechanisms)
        if mechanisms
        else None,
    )
    return Pool(
        id="eu-west-1_Barn",
        settings=settings,
        attributes=(),
        created_at=NOW,
        modified_at=NOW,
        email_mfa=EmailMfaConfigType() if "email" in factors else None,
        software_token_mfa="app" in factors,
        **more,
    )


def a_user(attributes: dict[str, str], **settings: Any) -> User:
    return User(
        sub="sub",
        pool_id="eu-west-1_Barn",
        username="zoe",
        status=UserStatus.CONFIRMED,
        attributes=attributes,
        created_at=NOW,
        modified_at=NOW,
        mfa=MfaSettings(**settings),
    )


def a_session(*proofs: str, **more: Any) -> AuthSession:
    return AuthSession(
        id="step",
        event_id="event",
        pool_id="eu-west-1_Barn",
        client_id="client",
        sub="sub",
        username="zoe",
        is_unknown=False,
        flow=AuthFlowType.USER_PASSWORD_AUTH,
        expires_at=NOW,
        proofs=proofs,
        **more,
    )


def asked(pool: Pool, user: User, *, app: bool = False, session: AuthSession | None = None) -> Any:
    try:
        return mfa.next_challenge(pool, user, session or a_session("pwd"), has_software_token=app)
    except NoFactorPossible:
        return ERROR


BY_EMAIL, BY_PHONE = "verified_email verified_phone_number", "verified_phone_number verified_email"


@pytest.mark.parametrize(
    ("attributes", "settings", "app", "expected"),
    [
        (BOTH, {}, False, DONE),
        (BOTH, {}, True, DONE),
        (BOTH, {"sms": True}, False, SMS),
        (BOTH, {"email": True}, False, EMAIL),
        (BOTH, {"software_token": True}, True, APP),
        (BOTH, {"sms": True, "email": True}, False, SELECT),
        (BOTH, {"sms": True, "software_token": True, "preferred": APP}, True, APP),
        (BOTH, {"sms": True, "email": True, "preferred": EMAIL}, False, EMAIL),
        # What no longer works isn't asked for: the number is gone, the app was taken away.
        (ONLY_EMAIL, {"sms": True, "email": True, "preferred": SMS}, False, EMAIL),
        (BOTH, {"sms": True, "software_token": True, "preferred": APP}, False, SMS),
    ],
)
def test_mfa_optional_asks_only_for_enabled_factors(
    attributes: dict[str, str], settings: dict[str, Any], app: bool, expected: str | None
) -> None:
    assert asked(a_pool("OPTIONAL"), a_user(attributes, **settings), app=app) == expected


def test_mfa_by_the_recovery_channel_is_asked_where_the_user_enabled_it() -> None:
    """The CDK's text on PHONE_ONLY_WITHOUT_MFA: then the phone can't recover."""
    pool = a_pool("ON", recovery="verified_email")
    assert asked(pool, a_user(ONLY_EMAIL, email=True)) == EMAIL


@pytest.mark.parametrize(
    ("attributes", "recovery", "factors", "app", "expected"),
    [
        # An app alone, and beside a contact that isn't the way back in
        ({}, "", ALL, True, APP),
        (ONLY_EMAIL, BY_EMAIL, ALL, True, APP),
        (ONLY_EMAIL, BY_PHONE, ALL, True, SELECT),
        (BOTH, BY_EMAIL, ALL, True, SELECT),
        # One contact
        (ONLY_EMAIL, BY_PHONE, ALL, False, EMAIL),
        (ONLY_PHONE, BY_EMAIL, ALL, False, SMS),
        (ONLY_PHONE, BY_EMAIL, ("email",), False, ERROR),
        (ONLY_EMAIL, BY_EMAIL, ("email",), False, ERROR),
        (ONLY_EMAIL, BY_EMAIL, ALL, False, SETUP),
        # Both contacts
        (BOTH, "admin_only", ("sms", "email"), False, SELECT),
        (BOTH, "", ("sms", "email"), False, SELECT),
        (BOTH, BY_EMAIL, ("sms", "email"), False, SMS),
        (BOTH, BY_PHONE, ("sms", "email"), False, EMAIL),
        # Nothing
        ({}, BY_EMAIL, ALL, False, SETUP),
        ({}, "", ("app",), False, SETUP),
        (ONLY_EMAIL, BY_EMAIL, ("app",), False, SETUP),
    ],
)
def test_mfa_required_asks_for_any_available_factor(
    attributes: dict[str, str],
    recovery: str,
    factors: tuple[str, ...],
    app: bool,
    expected: str,
) -> None:
    """ev:auth-9, steps 4 to 7."""
    assert asked(a_pool("ON", factors, recovery), a_user(attributes), app=app) == expected


def test_mfa_required_with_an_enabled_factor_asks_for_no_weaker_one() -> None:
    pool = a_pool("ON")
    assert asked(pool, a_user(BOTH, software_token=True), app=True) == APP


@pytest.mark.parametrize(
    ("recovery", "expected"),
    [
        (BY_EMAIL, [SMS, APP]),
        (BY_PHONE, [EMAIL, APP]),
        ("admin_only", [SMS, EMAIL, APP]),
        ("", [SMS, EMAIL, APP]),
    ],
)
def test_mfa_setup_offers_every_factor_but_the_recovery_channel(
    recovery: str, expected: list[str]
) -> None:
    assert list(mfa.to_set_up(a_pool("ON", recovery=recovery))) == expected


def test_software_token_registered_is_asked_after_the_pool_disables_it() -> None:
    """dg:user-pool-settings-mfa-totp"""
    user = a_user({}, software_token=True)
    assert asked(a_pool("OPTIONAL", ("sms",)), user, app=True) == APP


def test_mfa_that_is_off_asks_for_nothing() -> None:
    user = a_user(BOTH, sms=True, software_token=True, preferred=APP)
    assert asked(a_pool("OFF"), user, app=True) is None


def test_sms_that_the_configuration_left_out_is_no_factor() -> None:
    """A pool that sends text messages for other reasons (the console's check boxes)."""
    pool = a_pool("ON", ("sms", "app"), sms_mfa=False)
    assert mfa.factors_of(pool) == (mfa.SOFTWARE_TOKEN,)
    assert asked(pool, a_user(ONLY_PHONE)) == SETUP


@pytest.mark.parametrize(
    ("factor", "wants", "proofs", "expected"),
    [
        (MULTI, True, ("swk", "mfa"), DONE),
        (MULTI, True, ("hwk", "mfa"), DONE),
        (MULTI, True, ("swk",), SETUP),
        (MULTI, True, ("pwd", "mfa"), SETUP),
        (MULTI, False, ("swk", "mfa"), SETUP),
        (SINGLE, True, ("swk", "mfa"), SETUP),
        (None, True, ("swk", "mfa"), SETUP),
    ],
)
def test_passkey_with_user_verification_counts_as_both_factors_where_configured(
    factor: Any, wants: bool, proofs: tuple[str, ...], expected: str | None
) -> None:
    """ev:auth-11"""
    pool = a_pool("ON", webauthn=WebAuthnConfigurationType(FactorConfiguration=factor))
    assert asked(pool, a_user({}, passkey=wants), session=a_session(*proofs)) == expected


SETTINGS = st.builds(
    MfaSettings,
    sms=st.booleans(),
    email=st.booleans(),
    software_token=st.booleans(),
    passkey=st.booleans(),
    preferred=st.sampled_from([None, SMS, EMAIL, APP, "SMS_OTP"]),
)
POOLS = st.builds(
    a_pool,
    st.just("ON"),
    st.sets(st.sampled_from(ALL)).map(tuple),
    st.sampled_from(["", "admin_only", "verified_email", "verified_phone_number", BY_EMAIL]),
    sms_mfa=st.sampled_from([None, True, False]),
    webauthn=st.sampled_from([None, WebAuthnConfigurationType(FactorConfiguration=SINGLE)]),
)
PROOFS = st.lists(st.sampled_from(["pwd", "sms", "email_otp", "otp", "swk", "mfa"]))


@given(POOLS, st.sampled_from([{}, ONLY_EMAIL, ONLY_PHONE, BOTH]), SETTINGS, PROOFS, st.booleans())
def test_mfa_required_is_never_bypassed(
    pool: Pool, attributes: dict[str, str], settings: MfaSettings, proofs: list[str], app: bool
) -> None:
    """Whatever was proved first and however often: until a second factor counts, one is asked for,
    or the sign-in fails.
    """
    user = replace(a_user(attributes), mfa=settings)
    session = a_session(*proofs)
    assert asked(pool, user, app=app, session=session) is not DONE
    try:
        name = challenges.next_challenge(pool, user, session, None, has_software_token=app)
    except NoFactorPossible:
        return
    assert name is not None
    proved = replace(session, is_second_factor_proved=True)
    assert asked(pool, user, app=app, session=proved) is DONE
