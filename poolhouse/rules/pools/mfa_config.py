"""Set and describe a pool's MFA configuration: SetUserPoolMfaConfig (ev:users-3.3).

A request replaces the whole configuration: what it leaves out is off.
"""

from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from poolhouse.entities.pools import Pool
from poolhouse.errors.pools import NotInTier, TierTooLow
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.auth import mfa
from poolhouse.rules.auth.mfa import has_multi_factor_passkeys
from poolhouse.rules.pools import feature_plans, messaging_settings, validation
from poolhouse.wire.enums import AuthFactorType, EmailSendingAccountType, UserPoolMfaType
from poolhouse.wire.structs import (
    SetUserPoolMfaConfigRequest,
    SmsConfigurationType,
    SmsMfaConfigType,
    SoftwareTokenMfaConfigType,
    UserPoolType,
)

_SINGLE_FACTOR_PASSKEYS: Final = (  # ev:cdkd
    "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is"
    " an allowed first auth factor"
)
_PASSKEYS_WITHOUT_MFA: Final = (  # UpdateUserPool's; UNVERIFIED: CreateUserPool's sentence?
    "WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA"
)


def configured(pool: Pool, req: SetUserPoolMfaConfigRequest, now: datetime) -> Pool:
    """Return the pool with this configuration.

    Its texts and senders of messages live with its others.
    """
    mode = req.MfaConfiguration or UserPoolMfaType.OFF
    _check_factors(req, mode)
    settings = _with_sms(pool, req.SmsMfaConfiguration)
    settings = replace(settings, MfaConfiguration=mode)
    is_off = mode is UserPoolMfaType.OFF
    software_token = req.SoftwareTokenMfaConfiguration
    changed = replace(
        pool,
        settings=settings,
        modified_at=now,
        sms_mfa=None if is_off else req.SmsMfaConfiguration is not None,
        email_mfa=req.EmailMfaConfiguration,
        software_token_mfa=bool(software_token and software_token.Enabled),
        names_software_token=software_token is not None,
        # UNVERIFIED: is a relying party that the request leaves out forgotten too?
        webauthn=req.WebAuthnConfiguration,
    )
    _check_email(changed)
    _check_first_factors(changed, _SINGLE_FACTOR_PASSKEYS)
    _check_tier(changed, NotInTier)
    return changed


def shown(pool: Pool) -> dict[str, Any]:
    """Return the members of the answers of both operations."""
    settings = pool.settings
    has_sms = mfa.SMS in mfa.factors_of(pool)
    sms = SmsMfaConfigType(
        SmsAuthenticationMessage=settings.SmsAuthenticationMessage,
        SmsConfiguration=settings.SmsConfiguration,
    )
    software_token = SoftwareTokenMfaConfigType(Enabled=pool.software_token_mfa)
    tells_app = pool.software_token_mfa or (pool.names_software_token and not mfa.is_off(pool))
    return {
        "MfaConfiguration": settings.MfaConfiguration or UserPoolMfaType.OFF,
        "SmsMfaConfiguration": sms if has_sms else None,
        "EmailMfaConfiguration": pool.email_mfa,
        # Absent if it was never sent or MFA is off, as Terraform's aws_cognito_user_pool needs it.
        "SoftwareTokenMfaConfiguration": software_token if tells_app else None,
        "WebAuthnConfiguration": pool.webauthn,
    }


def check_update(pool: Pool) -> None:
    """Refuse an update of a pool that its MFA configuration doesn't allow."""
    _check_tier(pool, TierTooLow)
    check_first_factors(pool)


def check_first_factors(pool: Pool) -> None:
    """Refuse first factors that CreateUserPool or UpdateUserPool sets beside required MFA."""
    _check_first_factors(pool, _PASSKEYS_WITHOUT_MFA)


def _check_factors(req: SetUserPoolMfaConfigRequest, mode: UserPoolMfaType) -> None:
    software_token = req.SoftwareTokenMfaConfiguration
    has_others = req.SmsMfaConfiguration is not None or req.EmailMfaConfiguration is not None
    is_on = has_others or bool(software_token and software_token.Enabled)
    if mode is UserPoolMfaType.OFF:
        if has_others or software_token is not None:  # whatever is in it
            raise InvalidParameter(  # ev:cdkd
                text="Invalid MFA configuration given, can't turn off MFA and configure an MFA"
                " together"
            )
    elif not is_on and software_token is not None:
        raise InvalidParameter(  # sst#5177
            text="Invalid MFA configuration given, can't disable all MFAs with a required or"
            " optional configuration."
        )
    elif not is_on:
        raise InvalidParameter(  # ev:cdkd
            text="Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must"
            " be enabled."
        )


def _with_sms(pool: Pool, given: SmsMfaConfigType | None) -> UserPoolType:
    """Return the settings with the text of sign-in codes and the sender of all text messages."""
    settings = pool.settings
    if given is None:
        return settings
    sender = given.SmsConfiguration or settings.SmsConfiguration
    if sender is None or sender == SmsConfigurationType():
        # UNVERIFIED: the sentence here? It is CreateUserPool's (aws-cdk#12075).
        raise InvalidParameter(
            text="SMS configuration and Auto verification for phone_number are required when MFA"
            " is required/optional"
        )
    changed = replace(
        settings,
        SmsConfiguration=messaging_settings.with_region(sender, pool.id),
        SmsAuthenticationMessage=given.SmsAuthenticationMessage,
    )
    validation.check_sms(changed)
    return changed


def _check_email(pool: Pool) -> None:
    mailing = pool.settings.EmailConfiguration
    own = mailing and mailing.EmailSendingAccount is EmailSendingAccountType.DEVELOPER
    if pool.email_mfa is not None and not own:
        raise InvalidParameter(  # ev:cdkd
            text="Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an"
            " EmailSendingAccount of COGNITO_DEFAULT"
        )


def _check_first_factors(pool: Pool, passkeys_refused: str) -> None:
    """Check that no first factor suffices alone if a second one is required."""
    if not mfa.is_required(pool):
        return
    factors = pool.first_factors
    if factors - {AuthFactorType.PASSWORD, AuthFactorType.WEB_AUTHN}:
        raise InvalidParameter(  # ev:cdkd
            text="Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if"
            " MFA is enabled"
        )
    if AuthFactorType.WEB_AUTHN in factors and not has_multi_factor_passkeys(pool):
        raise InvalidParameter(text=passkeys_refused)


def _check_tier(pool: Pool, refusal: type[NotInTier | TierTooLow]) -> None:
    """Check that the feature plan includes the factors.

    UNVERIFIED: the features' names in AWS's sentence?
    """
    names = {
        "Email MFA": pool.email_mfa is not None,
        "Passkey MFA": has_multi_factor_passkeys(pool),
    }
    beyond = [name for name, is_used in names.items() if is_used]
    if beyond and not feature_plans.has_user_auth(pool.settings):
        tier = feature_plans.tier_of(pool.settings)
        raise refusal(tier=tier.value, features=", ".join(beyond))
