"""A user's own MFA settings: what may be turned on, and how they are shown (ev:auth-9)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from poolhouse.entities.contacts import OF_CHALLENGE, Contact
from poolhouse.entities.mfa import MfaSettings
from poolhouse.entities.pools import Pool
from poolhouse.entities.users import User
from poolhouse.errors.mfa import NoDeliveryConfig, SoftwareTokenNotSetUp
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.auth import factor_changes, mfa
from poolhouse.rules.auth.mfa import EMAIL, SMS, SOFTWARE_TOKEN, has_multi_factor_passkeys
from poolhouse.wire.enums import ChallengeNameType as Challenge
from poolhouse.wire.enums import DeliveryMediumType
from poolhouse.wire.structs import (
    AdminSetUserMFAPreferenceRequest,
    EmailMfaSettingsType,
    MFAOptionType,
    SetUserMFAPreferenceRequest,
    SMSMfaSettingsType,
    SoftwareTokenMfaSettingsType,
)

Request = SetUserMFAPreferenceRequest | AdminSetUserMFAPreferenceRequest
Block = SMSMfaSettingsType | EmailMfaSettingsType | SoftwareTokenMfaSettingsType

_MEMBERS: Final = {SMS: "sms", EMAIL: "email", SOFTWARE_TOKEN: "software_token"}


def preferring(
    pool: Pool, user: User, req: Request, now: datetime, *, has_software_token: bool
) -> User:
    """Return the user with the factors that the request turns on and off.

    Factors that the request doesn't name stay as they are.
    """
    given = _blocks(req)
    preferred = [factor for factor, block in given.items() if block.PreferredMfa]
    if len(preferred) > 1:
        # UNVERIFIED: the sentence?
        raise InvalidParameter(text="Only one MFA method can be set as preferred.")
    for factor, block in given.items():
        if block.PreferredMfa and not block.Enabled:
            # UNVERIFIED: the sentence? That it is refused: amplify-android#2580.
            raise InvalidParameter(text=f"{factor.value} can't be preferred without being enabled.")
        if block.Enabled:
            _check_has(user, factor, req, has_software_token=has_software_token)
    settings = user.mfa
    for factor, block in given.items():
        settings = _switched(settings, factor, is_on=bool(block.Enabled))
        if settings.preferred == factor and not block.PreferredMfa:
            settings = replace(settings, preferred=None)
    for factor in preferred:
        settings = replace(settings, preferred=factor.value)
    if req.WebAuthnMfaSettings is not None:
        settings = _with_passkey(pool, settings, is_on=bool(req.WebAuthnMfaSettings.Enabled))
    return _changed(pool, user, settings, now)


def by_options(pool: Pool, user: User, options: list[MFAOptionType], now: datetime) -> User:
    """Return the user after SetUserSettings, which has SMS only: on if it is listed, else off."""
    for option in options:
        is_sms = option.DeliveryMedium is DeliveryMediumType.SMS
        if not is_sms or option.AttributeName != Contact.PHONE:
            # UNVERIFIED: the sentence for anything but SMS to the phone number?
            raise InvalidParameter(text="Only SMS to phone_number can be set as an MFA option.")
    if options and not user.attributes.get(Contact.PHONE):
        raise NoDeliveryConfig(factor=SMS.value)
    return _changed(pool, user, _switched(user.mfa, SMS, is_on=bool(options)), now)


def with_software_token(user: User, now: datetime) -> User:
    """Return the user whose authenticator app was set up during sign-in: it is on and preferred."""
    settings = replace(user.mfa, software_token=True, preferred=SOFTWARE_TOKEN.value)
    return factor_changes.record(replace(user, mfa=settings, modified_at=now), now)


def without_software_token(user: User, now: datetime) -> User:
    """Return the user after an administrator has removed the app."""
    return replace(user, mfa=_switched(user.mfa, SOFTWARE_TOKEN, is_on=False), modified_at=now)


def may_turn_off(pool: Pool, user: User, factor: Challenge) -> bool:
    """Return whether users may turn a factor off at the account page: not the last required one.

    A password alone would set up another one then.
    """
    return not mfa.is_required(pool) or mfa.enabled(user.mfa) != (factor,)


def with_email(user: User, now: datetime) -> User:
    """Return the user who has set up email because signing in demanded it."""
    settings = replace(user.mfa, email=True, preferred=EMAIL.value)
    return factor_changes.record(replace(user, mfa=settings, modified_at=now), now)


def shown(user: User) -> dict[str, Any]:
    """Return the members that show a user's settings; absent where nothing is set."""
    is_on = mfa.enabled(user.mfa)
    return {
        "MFAOptions": options(user.mfa),
        "PreferredMfaSetting": user.mfa.preferred,
        "UserMFASettingList": [factor.value for factor in is_on] or None,
    }


def options(settings: MfaSettings) -> list[MFAOptionType] | None:
    """Return the old form, which knows of SMS only."""
    if not settings.sms:
        return None
    by_sms = MFAOptionType(DeliveryMedium=DeliveryMediumType.SMS, AttributeName=Contact.PHONE.value)
    return [by_sms]


def _blocks(req: Request) -> Mapping[Challenge, Block]:
    given: dict[Challenge, Block | None] = {
        SMS: req.SMSMfaSettings,
        EMAIL: req.EmailMfaSettings,
        SOFTWARE_TOKEN: req.SoftwareTokenMfaSettings,
    }
    return {factor: block for factor, block in given.items() if block is not None}


def _check_has(user: User, factor: Challenge, req: Request, *, has_software_token: bool) -> None:
    """Check that the user has the factor to turn on.

    Whether the pool offers the factor isn't checked (amplify-js#11260).
    """
    if factor is SOFTWARE_TOKEN:
        if has_software_token:
            return
        # UNVERIFIED: users got the one sentence, administrators the other (amplify-js#1812,
        # aws-sdk-js-v3#4645). Is it that, or the years between?
        if isinstance(req, SetUserMFAPreferenceRequest):
            raise SoftwareTokenNotSetUp
        raise NoDeliveryConfig(factor=factor.value)
    if not user.attributes.get(OF_CHALLENGE[factor]):
        raise NoDeliveryConfig(factor=factor.value)


def _switched(settings: MfaSettings, factor: Challenge, *, is_on: bool) -> MfaSettings:
    """Return the settings with the factor on or off; one that is off isn't preferred either."""
    settings = replace(settings, **{_MEMBERS[factor]: is_on})
    if not is_on and settings.preferred == factor:
        return replace(settings, preferred=None)
    return settings


def _with_passkey(pool: Pool, settings: MfaSettings, *, is_on: bool) -> MfaSettings:
    """Return the settings with a passkey as both factors, or without.

    The pool must allow it, and the user must have another factor, for the case of a lost passkey
    (the API's text on WebAuthnMfaSettings).
    """
    if is_on and not has_multi_factor_passkeys(pool):
        raise InvalidParameter(  # UNVERIFIED: the sentence?
            text="Passkey MFA requires a FactorConfiguration of MULTI_FACTOR_WITH_USER_VERIFICATION"
            " in the user pool."
        )
    if is_on and not mfa.enabled(settings):
        raise InvalidParameter(  # UNVERIFIED: the sentence?
            text="Passkey MFA requires at least one other MFA method to be enabled."
        )
    return replace(settings, passkey=is_on)


def _changed(pool: Pool, user: User, settings: MfaSettings, now: datetime) -> User:
    """Return the user with these settings.

    Where MFA is required the last factor stays on: turning it off is answered like a success and
    does nothing (Stack Overflow 50497388).
    """
    if mfa.is_required(pool) and mfa.enabled(user.mfa) and not mfa.enabled(settings):
        return user
    return replace(user, mfa=settings, modified_at=now)
