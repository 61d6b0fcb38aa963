"""Devices that a pool remembers (ev:auth-12): what is stored of one, and what it allows."""

import base64
import binascii
import string
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from poolhouse.entities.amr import Amr
from poolhouse.entities.auth_session import AuthSession
from poolhouse.entities.devices import BrowserDevice, Device
from poolhouse.entities.pools import Pool, region_of
from poolhouse.entities.sessions import TokenSession
from poolhouse.entities.users import User
from poolhouse.errors.devices import (
    DeviceExists,
    DeviceNotFound,
    DeviceOwnerNotFound,
    InvalidDeviceKey,
    InvalidDeviceVerifier,
)
from poolhouse.rules.auth import srp
from poolhouse.rules.aws.regions import partition
from poolhouse.wire.enums import AuthFlowType as Flow
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.enums import DeviceRememberedStatusType as Status
from poolhouse.wire.structs import (
    AttributeType,
    ConfirmDeviceRequest,
    DeviceSecretVerifierConfigType,
    DeviceType,
)

LARGEST_PAGE: Final = 60

_ALPHANUMERIC: Final = string.digits + string.ascii_letters
_LONGEST_NUMBER: Final = 520
"""Characters of Base64 that hold any number below N, with its sign."""
_SECOND_FACTORS: Final = frozenset(
    {
        Challenge.SMS_MFA,
        Challenge.EMAIL_OTP,
        Challenge.SOFTWARE_TOKEN_MFA,
        Challenge.SELECT_MFA_TYPE,
    }
)


def is_tracking(pool: Pool) -> bool:
    """Return whether the pool remembers devices.

    It does as soon as it has a device configuration, whatever its values are.
    """
    return pool.settings.DeviceConfiguration is not None


def needs_user_prompt(pool: Pool) -> bool:
    """Return whether a confirmed device is remembered only once its user says so."""
    configured = pool.settings.DeviceConfiguration
    return configured is not None and bool(configured.DeviceOnlyRememberedOnUserPrompt)


def group_key(digest: bytes) -> str:
    """Return the pool's DeviceGroupKey: nine characters from a keyed hash of the pool's id.

    UNVERIFIED: does it stand for the pool on AWS too? Clients only repeat it.
    """
    return "-" + "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in digest[:8])


# Signing in


def claimed(session: AuthSession, key: str | None) -> AuthSession:
    """Return the session of a client that names its device in a response.

    Once a device is asked to authenticate there is no other in this sign-in.
    """
    asked = {Challenge.DEVICE_SRP_AUTH, Challenge.DEVICE_PASSWORD_VERIFIER} & {*session.awaits}
    is_settled = session.device_proved or bool(asked)
    return replace(session, device_key=key) if key and not is_settled else session


def challenge_or_device(
    wanted: Challenge | None, pool: Pool, device: Device | None, session: AuthSession
) -> Challenge | None:
    """Return the next challenge, or the device's instead of a second factor.

    A remembered device never replaces a first factor. It also follows a custom sign-in, which asks
    for no second factor (ev:auth-3.2).
    """
    if session.device_proved:
        return wanted
    is_due = wanted in _SECOND_FACTORS or (wanted is None and session.flow is Flow.CUSTOM_AUTH)
    may_prove = replaces_second_factor(pool, device) and not _is_newer_than_credit(device, session)
    return Challenge.DEVICE_SRP_AUTH if is_due and may_prove else wanted


def _is_newer_than_credit(device: Device | None, session: AuthSession) -> bool:
    """Return whether an access token is credited that may have confirmed this very device."""
    credit = session.credit
    return device is not None and credit is not None and device.created_at > credit.began_at


def replaces_second_factor(pool: Pool, device: Device | None) -> bool:
    """Return whether the pool trusts this device instead of a second factor."""
    return device is not None and device.remembered and _replace_second_factors(pool)


def _replace_second_factors(pool: Pool) -> bool:
    configured = pool.settings.DeviceConfiguration
    return configured is not None and bool(configured.ChallengeRequiredOnNewDevice)


def with_use(device: Device, ip: str | None, now: datetime) -> Device:
    """Return the device after its user has signed in with it."""
    return replace(device, last_ip=ip, authenticated_at=now, modified_at=now)


# Browsers, at the pages of a pool's domain


def may_remember_browser(pool: Pool, session: AuthSession, *, wanted: bool) -> bool:
    """Return whether a complete sign-in makes a device of its browser.

    It needs a second factor of the user's own: neither another device nor a recovery code will do.
    `wanted`: the user has asked for it, which counts if the pool leaves it to users.
    """
    if not _replace_second_factors(pool):
        return False
    if not session.is_second_factor_proved or session.device_proved or Amr.MFA in session.proofs:
        return False
    return wanted or not needs_user_prompt(pool)


def asks_about_browser(pool: Pool) -> bool:
    """Return whether users say at their second factor whether to remember the browser."""
    return needs_user_prompt(pool) and _replace_second_factors(pool)


def of_browser(
    held: BrowserDevice, *, group: str, salt: bytes, name: str, ip: str | None, now: datetime
) -> Device:
    """Return the remembered device of a browser that keeps its secret."""
    salt = srp.pad(int.from_bytes(salt, "big"))
    return Device(
        key=held.key,
        sub=held.sub,
        pool_id=held.pool_id,
        group_key=group,
        salt=salt,
        verifier=srp.verifier(group, held.key, held.secret.hex(), salt),
        remembered=True,
        name=name,
        last_ip=ip,
        created_at=now,
        modified_at=now,
        authenticated_at=now,
    )


def has_secret(device: Device, secret: bytes) -> bool:
    """Return whether the device was made with this secret, in constant time."""
    return srp.verify_password(
        device.verifier, device.group_key, device.key, secret.hex(), device.salt
    )


# What users and administrators do with them


def require_device(device: Device | None) -> Device:
    if device is None:
        raise DeviceNotFound
    return device


def require_owner(user: User | None) -> User:
    """Return the user for administrators' operations that have no UserNotFoundException."""
    if user is None:
        raise DeviceOwnerNotFound
    return user


def check_may_confirm(
    pool: Pool, session: TokenSession, key: str, there: Device | None, *, was_forgotten: bool
) -> None:
    """Refuse every key but the one that the access token's own sign-in was given.

    A forgotten device stays forgotten, whatever tokens it still has.
    """
    if not is_tracking(pool) or key != session.device_key:
        raise InvalidDeviceKey
    if there is not None:
        raise DeviceExists
    if was_forgotten:
        raise InvalidDeviceKey


def confirm(
    pool: Pool,
    session: TokenSession,
    req: ConfirmDeviceRequest,
    *,
    group: str,
    ip: str | None,
    now: datetime,
) -> Device:
    """Return the device whose key a session was given, with the verifier that the client made."""
    # UNVERIFIED: what is answered without a verifier, which the API's model leaves optional?
    given = req.DeviceSecretVerifierConfig or DeviceSecretVerifierConfigType()
    verifier = _number(given.PasswordVerifier)
    if verifier % srp.N == 0:
        raise InvalidDeviceVerifier
    return Device(
        key=req.DeviceKey,
        sub=session.sub,
        pool_id=session.pool_id,
        group_key=group,
        salt=srp.pad(_number(given.Salt)),
        verifier=srp.pad(verifier % srp.N),
        remembered=not needs_user_prompt(pool),
        name=req.DeviceName,
        last_ip=ip,
        created_at=now,
        modified_at=now,
        authenticated_at=session.started_at,
    )


def _number(encoded: str | None) -> int:
    """Return a positive number in Base64, with or without its padding and the byte for its sign."""
    if not encoded or len(encoded) > _LONGEST_NUMBER:
        raise InvalidDeviceVerifier
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        return int.from_bytes(base64.b64decode(padded, validate=True), "big")
    except (binascii.Error, ValueError):
        raise InvalidDeviceVerifier from None


def set_status(device: Device, status: Status | None, now: datetime) -> Device:
    """Remember a device or not.

    UNVERIFIED: does a request without a status change nothing?
    """
    if status is None:
        return device
    return replace(device, remembered=status is Status.REMEMBERED, modified_at=now)


def described(device: Device) -> DeviceType:
    """Return a device as its user sees it."""
    return _described(device, _attributes(device))


def described_to_administrators(device: Device, user: User, account_id: str) -> DeviceType:
    """Return a device with what only administrators see of it (the AWS CLI's admin-get-device)."""
    region = region_of(user.pool_id)
    owner = f"{user.username}.{user.pool_id}"
    attributes = _attributes(device)
    last_ip = attributes.pop("last_ip_used", None)
    attributes["dev:device_arn"] = (
        f"arn:{partition(region)}:cognito-idp:{region}:{account_id}:owner/{owner}/device/{device.key}"
    )
    attributes["dev:device_owner"] = owner
    if last_ip is not None:
        attributes["last_ip_used"] = last_ip
    attributes["dev:device_remembered_status"] = (
        Status.REMEMBERED if device.remembered else Status.NOT_REMEMBERED
    ).value
    # UNVERIFIED: what else stands here? No request says which SDK a device uses.
    attributes["dev:device_sdk"] = "aws-sdk"
    return _described(device, attributes)


def _attributes(device: Device) -> dict[str, str]:
    attributes = {"device_status": "valid"}
    if device.name is not None:
        attributes["device_name"] = device.name
    if device.last_ip is not None:
        attributes["last_ip_used"] = device.last_ip
    return attributes


def _described(device: Device, attributes: dict[str, str]) -> DeviceType:
    return DeviceType(
        DeviceKey=device.key,
        DeviceAttributes=[AttributeType(Name=n, Value=v) for n, v in attributes.items()],
        DeviceCreateDate=device.created_at.timestamp(),
        DeviceLastModifiedDate=device.modified_at.timestamp(),
        DeviceLastAuthenticatedDate=float(int(device.authenticated_at.timestamp())),
    )
