"""Devices: what is kept of one, and when one proves itself (ev:auth-8.3, ev:auth-12)."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from support.store_samples import POOL, a_pool, a_user

from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.devices import Device
from poolhouse.entities.pools import Pool
from poolhouse.entities.sessions import TokenSession
from poolhouse.errors.devices import DeviceExists, InvalidDeviceKey, InvalidDeviceVerifier
from poolhouse.rules.auth import devices, srp
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.structs import (
    ConfirmDeviceRequest,
    DeviceConfigurationType,
    DeviceSecretVerifierConfigType,
)

NOW = datetime(2026, 3, 3, 4, 5, 6, 789000, tzinfo=UTC)
KEY = "us-east-1_11111111-2222-4333-8444-555555555555"
GROUP = "-Gr0upK3y"
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw=="
SALT = "WhfwDVoX8A1aF/ANWhfwDQ=="
VERIFIER = srp.verifier(GROUP, KEY, SECRET, base64.b64decode(SALT))
SECOND_FACTORS = [
    *(Challenge.SMS_MFA, Challenge.EMAIL_OTP, Challenge.SOFTWARE_TOKEN_MFA),
    Challenge.SELECT_MFA_TYPE,
]


def pool_with(**configuration: bool) -> Pool:
    pool = a_pool()
    tracking = DeviceConfigurationType(**configuration)
    return replace(pool, settings=replace(pool.settings, DeviceConfiguration=tracking))


TRUSTING = pool_with(ChallengeRequiredOnNewDevice=True)
SESSION = TokenSession(
    id="event",
    sub="sub",
    pool_id=POOL,
    client_id="client",
    handle="tkn",
    origin_jti="family",
    started_at=NOW - timedelta(seconds=3),
    active_at=NOW,
    expires_at=NOW + timedelta(days=30),
    refresh=b"",
    device_key=KEY,
)
PROGRESS = AuthSession(
    id="step",
    event_id="event",
    pool_id=POOL,
    client_id="client",
    sub="sub",
    username="alice",
    is_unknown=False,
    flow=Flow.USER_SRP_AUTH,
    expires_at=NOW,
)


def request(verifier: str | None = None, salt: str | None = SALT, **more: Any) -> Any:
    encoded = base64.b64encode(VERIFIER).decode() if verifier is None else verifier
    return ConfirmDeviceRequest(
        AccessToken="token",
        DeviceKey=KEY,
        DeviceSecretVerifierConfig=DeviceSecretVerifierConfigType(
            PasswordVerifier=encoded, Salt=salt
        ),
        **more,
    )


def confirmed(req: Any = None, pool: Pool = TRUSTING) -> Device:
    return devices.confirm(pool, SESSION, req or request(), group=GROUP, ip="192.0.2.1", now=NOW)


def test_device_verifier_matches_the_device_secret() -> None:
    """The vector of ev:auth-8.3, which was made with pycognito's generate_hash_device."""
    device = confirmed()
    assert srp.verify_password(device.verifier, GROUP, KEY, SECRET, device.salt)
    assert device.salt.hex() == "5a17f00d5a17f00d5a17f00d5a17f00d"


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(VERIFIER).decode().rstrip("="),
        base64.b64encode(VERIFIER.lstrip(b"\0")).decode(),
        base64.b64encode(b"\0" + VERIFIER).decode(),
    ],
)
def test_device_verifier_in_any_base64_form_is_the_same_number(encoded: str) -> None:
    """The AWS CLI's example of confirm-device leaves out the padding of Base64."""
    assert confirmed(request(encoded)).verifier == VERIFIER


@pytest.mark.parametrize(
    "req",
    [
        ConfirmDeviceRequest(AccessToken="token", DeviceKey=KEY),
        request(""),
        request("no base64"),
        request("ÄÖÜ="),
        request("A"),
        request("AA=="),
        request(base64.b64encode(srp.pad(srp.N)).decode()),
        request("A" * 524),
        request(salt=None),
        request(salt=""),
        request(salt="no base64"),
        request(salt="A" * 524),
    ],
)
def test_device_verifier_malformed_is_refused(req: Any) -> None:
    with pytest.raises(InvalidDeviceVerifier):
        confirmed(req)


@pytest.mark.parametrize("asks", [False, True])
def test_device_confirmed_is_remembered_unless_the_user_is_prompted(asks: bool) -> None:
    pool = pool_with(DeviceOnlyRememberedOnUserPrompt=asks)
    assert confirmed(pool=pool).remembered is not asks
    assert devices.needs_user_prompt(pool) is asks


def test_confirm_device_by_another_session_or_key_is_refused() -> None:
    devices.check_may_confirm(TRUSTING, SESSION, KEY, None, was_forgotten=False)
    for pool, session, key in [
        (a_pool(), SESSION, KEY),
        (TRUSTING, replace(SESSION, device_key=None), KEY),
        (TRUSTING, SESSION, "us-east-1_22222222-2222-4333-8444-555555555555"),
    ]:
        with pytest.raises(InvalidDeviceKey):
            devices.check_may_confirm(pool, session, key, None, was_forgotten=False)
    with pytest.raises(DeviceExists):
        devices.check_may_confirm(TRUSTING, SESSION, KEY, confirmed(), was_forgotten=False)
    with pytest.raises(InvalidDeviceKey):
        devices.check_may_confirm(TRUSTING, SESSION, KEY, None, was_forgotten=True)


@pytest.mark.parametrize("wanted", SECOND_FACTORS)
def test_device_remembered_replaces_the_second_factor(wanted: Challenge) -> None:
    device = confirmed()
    instead = devices.challenge_or_device(wanted, TRUSTING, device, PROGRESS)
    assert instead is Challenge.DEVICE_SRP_AUTH
    for pool, other in [
        (TRUSTING, None),
        (TRUSTING, replace(device, remembered=False)),
        (pool_with(ChallengeRequiredOnNewDevice=False), device),
        (pool_with(), device),
        (a_pool(), device),
    ]:
        assert devices.challenge_or_device(wanted, pool, other, PROGRESS) is wanted


@pytest.mark.parametrize("wanted", [None, Challenge.MFA_SETUP, Challenge.NEW_PASSWORD_REQUIRED])
def test_device_replaces_only_second_factors(wanted: Challenge | None) -> None:
    assert devices.challenge_or_device(wanted, TRUSTING, confirmed(), PROGRESS) is wanted


def test_device_after_custom_auth_is_challenged_once() -> None:
    """ev:auth-3.2."""
    custom = replace(PROGRESS, flow=Flow.CUSTOM_AUTH)
    device = confirmed()
    instead = devices.challenge_or_device(None, TRUSTING, device, custom)
    assert instead is Challenge.DEVICE_SRP_AUTH
    proved = replace(custom, device_proved=True)
    assert devices.challenge_or_device(None, TRUSTING, device, proved) is None
    assert devices.challenge_or_device(None, TRUSTING, None, custom) is None


def test_device_key_of_a_response_counts_until_settled() -> None:
    other = "us-east-1_22222222-2222-4333-8444-555555555555"
    known = replace(PROGRESS, device_key=KEY)
    assert devices.claimed(PROGRESS, KEY).device_key == KEY
    assert devices.claimed(known, other).device_key == other
    assert devices.claimed(known, None).device_key == KEY
    for settled in (
        replace(known, awaits=(Challenge.DEVICE_SRP_AUTH,)),
        replace(known, awaits=(Challenge.DEVICE_PASSWORD_VERIFIER,)),
        replace(known, device_proved=True),
    ):
        assert devices.claimed(settled, other).device_key == KEY


def test_device_group_key_has_the_form_of_aws() -> None:
    """The AWS CLI's example of initiate-auth: nine characters, the first a dash."""
    key = devices.group_key(bytes(range(200, 232)))
    assert len(key) == 9
    assert key[0] == "-"
    assert key[1:].isalnum()
    assert devices.group_key(bytes(range(200, 232))) == key


def test_device_of_a_user_omits_what_administrators_see() -> None:
    """The AWS CLI's examples of list-devices and admin-get-device, member by member."""
    user = a_user(username="diego", pool_id="us-west-2_EXAMPLE")
    device = confirmed(request(DeviceName="MyDevice"))
    of_user = devices.described(device)
    assert [(each.Name, each.Value) for each in of_user.DeviceAttributes or ()] == [
        ("device_status", "valid"),
        ("device_name", "MyDevice"),
        ("last_ip_used", "192.0.2.1"),
    ]
    assert of_user.DeviceCreateDate == of_user.DeviceLastModifiedDate == NOW.timestamp()
    assert of_user.DeviceLastAuthenticatedDate == NOW.timestamp() // 1 - 3
    shown = devices.described_to_administrators(device, user, "123456789012")
    assert [(each.Name, each.Value) for each in shown.DeviceAttributes or ()] == [
        ("device_status", "valid"),
        ("device_name", "MyDevice"),
        (
            "dev:device_arn",
            "arn:aws:cognito-idp:us-west-2:123456789012"
            f":owner/diego.us-west-2_EXAMPLE/device/{KEY}",
        ),
        ("dev:device_owner", "diego.us-west-2_EXAMPLE"),
        ("last_ip_used", "192.0.2.1"),
        ("dev:device_remembered_status", "remembered"),
        ("dev:device_sdk", "aws-sdk"),
    ]
