"""Decide what a pool's feature plan allows (ev:users-3.5)."""

from collections.abc import Iterator
from typing import Final

from poolhouse.errors.pools import NotInTier, TierTooLow
from poolhouse.wire.enums import (
    AdvancedSecurityModeType,
    AuthFactorType,
    PreTokenGenerationLambdaVersionType,
    StatusType,
    UserPoolTierType,
)
from poolhouse.wire.structs import AcrLevelConfigType, UserPoolType

DEFAULT_ACR_NAMES: Final = {
    f"Level{level}": AcrLevelConfigType(AcrValue=f"urn:cognito:loa:{level}")
    for level in range(1, 5)
}

_LITE, _ESSENTIALS, _PLUS = (
    UserPoolTierType.LITE,
    UserPoolTierType.ESSENTIALS,
    UserPoolTierType.PLUS,
)
_RANK: Final = {_LITE: 0, _ESSENTIALS: 1, _PLUS: 2}


def tier_of(settings: UserPoolType) -> UserPoolTierType:
    return settings.UserPoolTier or _ESSENTIALS


def check(was: UserPoolType | None, settings: UserPoolType) -> None:
    """Refuse what is beyond the pool's plan; a lower plan than before is a refusal of its own."""
    tier = tier_of(settings)
    beyond = [name for name, needed in _features(settings) if _RANK[needed] > _RANK[tier]]
    if not beyond:
        return
    lowered = was is not None and _RANK[tier] < _RANK[tier_of(was)]
    error = TierTooLow if lowered else NotInTier
    raise error(tier=tier.value, features=", ".join(beyond))


def has_user_auth(settings: UserPoolType) -> bool:
    """Return whether the plan has USER_AUTH, the choice-based sign-in: Essentials or above."""
    return tier_of(settings) is not _LITE


def has_session_tracking(settings: UserPoolType) -> bool:
    """Return whether the plan tracks sessions: Essentials or above (ev:auth-15)."""
    return tier_of(settings) is not _LITE


def has_step_up(settings: UserPoolType) -> bool:
    """Return whether tokens contain how a user signed in: Essentials or above (ev:auth-17)."""
    return tier_of(settings) is not _LITE


def has_managed_login(settings: UserPoolType) -> bool:
    """Return whether domains may have the pages of managed login: Essentials or above."""
    return tier_of(settings) is not _LITE


def _features(settings: UserPoolType) -> Iterator[tuple[str, UserPoolTierType]]:
    """Yield the features in use that need a plan, by AWS's names for them.

    Measured names: Threat Protection (terraform-provider-aws#40734), Passwordless Sign-In
    (amplify-backend#2805), Token Customization … (ev:cdk-preflight). UNVERIFIED: the others.
    """
    add_ons = settings.UserPoolAddOns
    if add_ons and add_ons.AdvancedSecurityMode is not AdvancedSecurityModeType.OFF:
        yield "Threat Protection", _PLUS
    sign_in = settings.Policies and settings.Policies.SignInPolicy
    if set((sign_in and sign_in.AllowedFirstAuthFactors) or ()) - {AuthFactorType.PASSWORD}:
        yield "Passwordless Sign-In", _ESSENTIALS
    trigger = settings.LambdaConfig and settings.LambdaConfig.PreTokenGenerationConfig
    if trigger and trigger.LambdaVersion is not PreTokenGenerationLambdaVersionType.V1_0:
        version = trigger.LambdaVersion.value
        yield f"Token Customization with Pre-Token Generation Lambda {version}", _ESSENTIALS
    password = settings.Policies and settings.Policies.PasswordPolicy
    if password and password.PasswordHistorySize:
        yield "Password History", _ESSENTIALS
    dcr = settings.DcrConfiguration
    if dcr and dcr.EnableStatus is not StatusType.DISABLED:
        yield "Dynamic Client Registration", _ESSENTIALS
    if settings.AcrConfiguration not in (None, DEFAULT_ACR_NAMES):
        yield "Custom ACR Level Names", _ESSENTIALS
