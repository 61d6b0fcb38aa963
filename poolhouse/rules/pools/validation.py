"""What the members of a pool's configuration demand of each other.

Looked at is the outcome, not the request: an update that leaves a member out can break what
another one stands on. "ev:cdk-preflight": sentences that project measured on the live service.
UNVERIFIED: the order in which AWS looks.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from poolhouse.entities.pools import SchemaAttribute
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.pools import feature_plans
from poolhouse.wire.enums import (
    AliasAttributeType,
    AuthFactorType,
    EmailSendingAccountType,
    RecoveryOptionNameType,
    UserPoolMfaType,
    VerifiedAttributeType,
)
from poolhouse.wire.structs import UserPoolType

_ADDRESS: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")
_NAMED_ADDRESS: Final = re.compile(r"[^<>\r\n]*<[^@\s<>]+@[^@\s<>]+>")
_CODE: Final = "{####}"


def check(was: UserPoolType | None, settings: UserPoolType) -> None:
    """Refuse a configuration that contradicts itself. `was` is None for a new pool."""
    feature_plans.check(was, settings)
    for check_member in _CHECKS:
        check_member(settings)
    _check_mfa(was, settings)


def check_sign_in_names(settings: UserPoolType, attributes: Iterable[SchemaAttribute]) -> None:
    """Refuse two models of sign-in names at once; both are fixed when the pool is made."""
    if settings.AliasAttributes and settings.UsernameAttributes:
        raise InvalidParameter(  # ev:cdk-preflight
            text="Only one of the aliasAttributes or usernameAttributes can be set in a User pool."
        )
    if AliasAttributeType.PREFERRED_USERNAME not in (settings.AliasAttributes or ()):
        return
    if any(each.required for each in attributes if each.name == "preferred_username"):
        # The guide: it is set after the confirmation. UNVERIFIED: the sentence?
        raise InvalidParameter(text="preferred_username cannot be both an alias and required.")


def _check_triggers(settings: UserPoolType) -> None:
    triggers = settings.LambdaConfig
    if triggers is None:
        return
    config = triggers.PreTokenGenerationConfig
    if config and triggers.PreTokenGeneration != config.LambdaArn:
        raise InvalidParameter(  # ev:cdk-preflight
            text="Cannot use PreTokenGenerationLambda and PreTokenGeneration with different"
            " Lambda function ARN's"
        )
    if (triggers.CustomSMSSender or triggers.CustomEmailSender) and not triggers.KMSKeyID:
        raise InvalidParameter(  # ev:cdk-preflight
            text="KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used."
        )


def _check_auto_verified(settings: UserPoolType) -> None:
    auto_verified = settings.AutoVerifiedAttributes or []
    if VerifiedAttributeType.PHONE_NUMBER in auto_verified and not settings.SmsConfiguration:
        raise InvalidParameter(  # amplify-backend#1523, ev:cdk-preflight
            text="SMS configuration is required when phone_number is selected for auto verification"
        )
    updates = settings.UserAttributeUpdateSettings
    if updates and set(updates.AttributesRequireVerificationBeforeUpdate or ()) - set(
        auto_verified
    ):
        raise InvalidParameter(  # aws-cli#7151
            text="All attributes in AttributesRequireVerificationBeforeUpdate must exist in"
            " AutoVerifiedAttributes"
        )


def _check_email(settings: UserPoolType) -> None:
    """Check the email configuration.

    DIFFERS: AWS asks SES whether the identity is verified; we send by our own configuration.
    """
    email = settings.EmailConfiguration
    if email is None:
        return
    if email.EmailSendingAccount is EmailSendingAccountType.DEVELOPER and not email.SourceArn:
        raise InvalidParameter(  # ev:cdk-preflight
            text="Source ARN is required to use DEVELOPER email sending owner"
        )
    sender = email.From
    if sender and not (_ADDRESS.fullmatch(sender) or _NAMED_ADDRESS.fullmatch(sender)):
        raise InvalidParameter(text="Provided From email address is invalid")  # ev:cdk-preflight


def check_sms(settings: UserPoolType) -> None:
    """Check the SMS configuration.

    DIFFERS: AWS tries to assume the role; we send by our own configuration.
    """
    sms = settings.SmsConfiguration
    if sms and bool(sms.SnsCallerArn) == bool(sms.EumsSms):
        # UNVERIFIED: the sentence; the model demands one of the two and not both
        raise InvalidParameter(text="Provide either SnsCallerArn or EumsSms in SmsConfiguration.")


def _check_invitation(settings: UserPoolType) -> None:
    """Check that invitations carry the password, unless users can sign in without one."""
    config = settings.AdminCreateUserConfig
    template = config.InviteMessageTemplate if config else None
    if template is None or _factors(settings) != {AuthFactorType.PASSWORD}:
        return
    anything = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"
    texts = (
        ("emailMessage", template.EmailMessage, rf"{anything}\{{####\}}{anything}"),
        ("smsMessage", template.SMSMessage, r".*\{####\}.*"),
    )
    for name, text, pattern in texts:
        if text is not None and _CODE not in text:
            raise InvalidParameter(  # ev:cdk-preflight
                text=f"1 validation error detected: Value '{text}' at"
                f" 'adminCreateUserConfig.inviteMessage.{name}' failed to satisfy constraint:"
                f" Member must satisfy regular expression pattern: {pattern}"
            )


def _check_recovery(settings: UserPoolType) -> None:
    recovery = settings.AccountRecoverySetting
    mechanisms = (recovery and recovery.RecoveryMechanisms) or []
    names = {each.Name for each in mechanisms}
    if len({each.Priority for each in mechanisms}) < len(mechanisms) or len(names) < len(
        mechanisms
    ):
        raise InvalidParameter(  # ev:cdk-preflight
            text="Account Recovery Setting cannot have duplicate priorities or recovery mechanisms."
        )
    if RecoveryOptionNameType.ADMIN_ONLY in names and len(mechanisms) > 1:
        raise InvalidParameter(  # ev:cdk-preflight
            text="Account Recovery Setting cannot use admin_only setting with any other recovery"
            " mechanisms."
        )


def _check_first_factors(settings: UserPoolType) -> None:
    factors = _factors(settings)
    if AuthFactorType.PASSWORD not in factors:
        raise InvalidParameter(  # ev:cdk-preflight
            text="Password should be configured as one of the allowed first auth factors."
        )
    if AuthFactorType.SOFTWARE_TOKEN in factors:
        # UNVERIFIED: the sentence; the model says that it isn't supported yet
        raise InvalidParameter(text="SOFTWARE_TOKEN can not be configured as AuthFactor")
    if AuthFactorType.SMS_OTP in factors and not settings.SmsConfiguration:
        raise InvalidParameter(  # ev:cdkd
            text="SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS"
            " configuration"
        )


def _check_acr_names(settings: UserPoolType) -> None:
    names = [level.AcrValue for level in (settings.AcrConfiguration or {}).values()]
    if len(set(names)) < len(names):
        # UNVERIFIED: the sentence; the model demands it
        raise InvalidParameter(text="Each ACR level name must be unique across all levels.")


def _check_mfa(was: UserPoolType | None, settings: UserPoolType) -> None:
    """Check that a second factor exists before the pool requires one.

    Only SMS can be checked here. A pool whose MFA is on already has a factor, perhaps another one,
    from SetUserPoolMfaConfig.
    """
    if settings.MfaConfiguration in (None, UserPoolMfaType.OFF):
        return
    is_on = settings.MfaConfiguration is UserPoolMfaType.ON
    had_factor = was is not None and was.MfaConfiguration not in (None, UserPoolMfaType.OFF)
    if not settings.SmsConfiguration and not had_factor:
        if was is not None and is_on:
            raise InvalidParameter(  # ev:cdkd
                text="Cannot turn MFA functionality ON, once the user pool has been created."
            )
        raise InvalidParameter(  # aws-cdk#12075; UNVERIFIED: for an update to OPTIONAL
            text="SMS configuration and Auto verification for phone_number are required when MFA"
            " is required/optional"
        )
    if is_on and _factors(settings) - {AuthFactorType.PASSWORD, AuthFactorType.WEB_AUTHN}:
        raise InvalidParameter(  # ev:cdkd, for SetUserPoolMfaConfig; UNVERIFIED: here
            text="Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if"
            " MFA is enabled"
        )


def _factors(settings: UserPoolType) -> set[AuthFactorType]:
    sign_in = settings.Policies and settings.Policies.SignInPolicy
    return set((sign_in and sign_in.AllowedFirstAuthFactors) or ())


_CHECKS: Final[tuple[Callable[[UserPoolType], None], ...]] = (
    _check_triggers,
    _check_auto_verified,
    _check_email,
    check_sms,
    _check_invitation,
    _check_recovery,
    _check_first_factors,
    _check_acr_names,
)
