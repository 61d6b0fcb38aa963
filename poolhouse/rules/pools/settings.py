"""The configuration of a user pool: what a request makes of it, and how it is described.

A new pool is a blank one, with AWS's defaults, to which the request is applied like an update. Some
members go back to their defaults when an update leaves them out, others stay: see `_applied`.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, TypeVar

from msgspec.structs import replace

from poolhouse.entities.domains import Domain
from poolhouse.entities.pools import Pool
from poolhouse.errors.pools import PoolProtected
from poolhouse.errors.protocol import InvalidParameter
from poolhouse.rules.pools import domains as pool_domains
from poolhouse.rules.pools import feature_plans, messaging_settings, mfa_config, tags, validation
from poolhouse.rules.users import schema
from poolhouse.wire.enums import (
    AuthFactorType,
    DeletionProtectionType,
    PreTokenGenerationLambdaVersionType,
    StatusType,
    UserPoolMfaType,
    UserPoolTierType,
)
from poolhouse.wire.structs import (
    AccountRecoverySettingType,
    AdminCreateUserConfigType,
    CreateUserPoolRequest,
    DcrConfigurationType,
    DeviceConfigurationType,
    LambdaConfigType,
    PasswordPolicyType,
    PreTokenGenerationVersionConfigType,
    SignInPolicyType,
    UpdateUserPoolRequest,
    UserPoolDescriptionType,
    UserPoolPolicyType,
    UserPoolType,
)

T = TypeVar("T")
Request = CreateUserPoolRequest | UpdateUserPoolRequest

_DAYS: Final = 7
"""Default lifetime of a temporary password."""

_BLANK: Final = UserPoolType(
    Policies=UserPoolPolicyType(
        PasswordPolicy=PasswordPolicyType(
            MinimumLength=8,
            RequireUppercase=True,
            RequireLowercase=True,
            RequireNumbers=True,
            RequireSymbols=True,
            TemporaryPasswordValidityDays=_DAYS,
        ),
        SignInPolicy=SignInPolicyType(AllowedFirstAuthFactors=[AuthFactorType.PASSWORD]),
    ),
    DeletionProtection=DeletionProtectionType.INACTIVE,
    MfaConfiguration=UserPoolMfaType.OFF,
    UserPoolTier=UserPoolTierType.ESSENTIALS,
    AcrConfiguration=feature_plans.DEFAULT_ACR_NAMES,
)


def create(req: CreateUserPoolRequest, pool_id: str, now: datetime) -> Pool:
    """Return the pool that CreateUserPool makes (ev:users-3.1)."""
    blank = replace(
        _BLANK,
        AliasAttributes=_distinct(req.AliasAttributes),
        UsernameAttributes=_distinct(req.UsernameAttributes),
        UsernameConfiguration=req.UsernameConfiguration,
    )
    settings = _applied(blank, req, pool_id)
    attributes = schema.of_new_pool(req.Schema)
    validation.check_sign_in_names(settings, attributes)
    validation.check(None, settings)
    pool = Pool(
        id=pool_id, settings=settings, attributes=attributes, created_at=now, modified_at=now
    )
    mfa_config.check_first_factors(pool)
    return pool


def update(pool: Pool, req: UpdateUserPoolRequest, now: datetime) -> Pool:
    """Return the pool after UpdateUserPool (ev:users-3.2)."""
    settings = _applied(pool.settings, req, pool.id)
    validation.check(pool.settings, settings)
    updated = replace(pool, settings=settings, modified_at=now)
    mfa_config.check_update(updated)
    return updated


def check_deletable(pool: Pool, domains: Collection[Domain]) -> None:
    """Refuse to delete a protected pool, or one that still has a domain."""
    if pool.settings.DeletionProtection is DeletionProtectionType.ACTIVE:
        raise PoolProtected
    if domains:
        raise InvalidParameter(  # terraform-provider-aws#16479
            text="User pool cannot be deleted."
            " It has a domain configured that should be deleted first."
        )


def described(pool: Pool, arn: str, users: int, domains: Collection[Domain] = ()) -> UserPoolType:
    """Return a pool as DescribeUserPool shows it, with about this many users."""
    return replace(
        pool_domains.in_settings(pool.settings, domains),
        Id=pool.id,
        Arn=arn,
        CreationDate=pool.created_at.timestamp(),
        LastModifiedDate=pool.modified_at.timestamp(),
        SchemaAttributes=[schema.described(attribute) for attribute in pool.attributes],
        EstimatedNumberOfUsers=users,
    )


def summary(pool: Pool) -> UserPoolDescriptionType:
    """Return a pool as ListUserPools shows it."""
    return UserPoolDescriptionType(
        Id=pool.id,
        Name=pool.settings.Name,
        LambdaConfig=pool.settings.LambdaConfig,
        CreationDate=pool.created_at.timestamp(),
        LastModifiedDate=pool.modified_at.timestamp(),
    )


def _applied(was: UserPoolType, req: Request, pool_id: str) -> UserPoolType:
    """Return the settings with those of the request.

    The documentation says that members which the request leaves out go back to their defaults.
    Measured, it is decided member by member (ev:users-3.2; cdk-real-drift#630 for
    DeletionProtection and UserPoolTier). UNVERIFIED: AcrConfiguration, KeyConfiguration,
    IssuerConfiguration; they stay, because losing any of them by omission does more harm than
    keeping it. UNVERIFIED: does an empty UserPoolTags remove all tags, as here?
    """
    _check_one_validity(req)
    tags.check(req.UserPoolTags or {})
    policies = _policies(was.Policies or UserPoolPolicyType(), req)
    return replace(
        was,
        **_retained_settings(req),
        Policies=policies,
        AccountRecoverySetting=_recovery(was, req.AccountRecoverySetting),
        AcrConfiguration=_acr_names(was, req),
        DcrConfiguration=_dcr(was, req.DcrConfiguration),
        LambdaConfig=_triggers(req.LambdaConfig or LambdaConfigType()),
        AutoVerifiedAttributes=_distinct(req.AutoVerifiedAttributes),
        DeviceConfiguration=_devices(req.DeviceConfiguration),
        UserPoolAddOns=req.UserPoolAddOns,
        UserPoolTags=was.UserPoolTags or {} if req.UserPoolTags is None else req.UserPoolTags,
        AdminCreateUserConfig=_admin_create_user(req.AdminCreateUserConfig, policies),
        **messaging_settings.of_request(req, pool_id),
    )


def _retained_settings(req: Request) -> dict[str, object]:
    given = {
        "Name": req.PoolName,
        "DeletionProtection": req.DeletionProtection,
        "MfaConfiguration": req.MfaConfiguration,
        "UserAttributeUpdateSettings": req.UserAttributeUpdateSettings,
        "UserPoolTier": req.UserPoolTier,
        "KeyConfiguration": req.KeyConfiguration,
        "IssuerConfiguration": req.IssuerConfiguration,
    }
    return {name: value for name, value in given.items() if value is not None}


def _check_one_validity(req: Request) -> None:
    """Check that only one of the two names for the life of temporary passwords is set.

    0 counts as not set.
    """
    policy = req.Policies and req.Policies.PasswordPolicy
    if policy and policy.TemporaryPasswordValidityDays and _old_validity(req):
        raise InvalidParameter(  # aws-sdk-js#3817
            text="Please use TemporaryPasswordValidityDays in PasswordPolicy instead of"
            " UnusedAccountValidityDays"
        )


def _old_validity(req: Request) -> int | None:
    config = req.AdminCreateUserConfig
    return config.UnusedAccountValidityDays if config else None


def _policies(was: UserPoolPolicyType, req: Request) -> UserPoolPolicyType:
    """Return the two policies, each kept for itself when the request leaves it out."""
    given = req.Policies or UserPoolPolicyType()
    password, days = was.PasswordPolicy, _old_validity(req)
    if given.PasswordPolicy:
        password = _complete(given.PasswordPolicy, days)
    elif password and days:
        password = replace(password, TemporaryPasswordValidityDays=days)
    sign_in = given.SignInPolicy
    factors = _distinct(sign_in.AllowedFirstAuthFactors) if sign_in else None
    return UserPoolPolicyType(
        PasswordPolicy=password,
        SignInPolicy=SignInPolicyType(AllowedFirstAuthFactors=factors)
        if factors
        else was.SignInPolicy,
    )


def _complete(given: PasswordPolicyType, days: int | None) -> PasswordPolicyType:
    """Return a policy given in part: what it doesn't require is not required (ev:users-9.1)."""
    return PasswordPolicyType(
        MinimumLength=given.MinimumLength or 8,
        RequireUppercase=bool(given.RequireUppercase),
        RequireLowercase=bool(given.RequireLowercase),
        RequireNumbers=bool(given.RequireNumbers),
        RequireSymbols=bool(given.RequireSymbols),
        PasswordHistorySize=given.PasswordHistorySize,
        TemporaryPasswordValidityDays=given.TemporaryPasswordValidityDays or days or _DAYS,
    )


def _admin_create_user(
    given: AdminCreateUserConfigType | None, policies: UserPoolPolicyType
) -> AdminCreateUserConfigType:
    """Return the settings with UnusedAccountValidityDays copied from the password policy."""
    given = given or AdminCreateUserConfigType()
    password = policies.PasswordPolicy
    return AdminCreateUserConfigType(
        AllowAdminCreateUserOnly=bool(given.AllowAdminCreateUserOnly),
        UnusedAccountValidityDays=password.TemporaryPasswordValidityDays if password else _DAYS,
        InviteMessageTemplate=given.InviteMessageTemplate,
    )


def _triggers(given: LambdaConfigType) -> LambdaConfigType:
    """Return the triggers with PreTokenGeneration under its old name and its new one."""
    arn, config = given.PreTokenGeneration, given.PreTokenGenerationConfig
    if config and arn is None:
        return replace(given, PreTokenGeneration=config.LambdaArn)
    if arn and config is None:
        config = PreTokenGenerationVersionConfigType(
            LambdaVersion=PreTokenGenerationLambdaVersionType.V1_0, LambdaArn=arn
        )
        return replace(given, PreTokenGenerationConfig=config)
    return given


def _devices(given: DeviceConfigurationType | None) -> DeviceConfigurationType | None:
    """Return the settings of device remembering, or None if the request turns it off.

    An empty object turns it on, as does any member. The API model names null as the one value that
    turns it off. UNVERIFIED: does the service take `{}` for null?
    """
    if given is None:
        return None
    return DeviceConfigurationType(
        ChallengeRequiredOnNewDevice=bool(given.ChallengeRequiredOnNewDevice),
        DeviceOnlyRememberedOnUserPrompt=bool(given.DeviceOnlyRememberedOnUserPrompt),
    )


def _recovery(
    was: UserPoolType, given: AccountRecoverySettingType | None
) -> AccountRecoverySettingType | None:
    """Return the recovery setting; an empty one restores the legacy behaviour.

    Seen in terraform-provider-aws#26223.
    """
    if given is None:
        return was.AccountRecoverySetting
    return given if given.RecoveryMechanisms else None


def _acr_names(was: UserPoolType, req: Request) -> object:
    """Return the names of the levels, with default names for those that the request lacks."""
    if req.AcrConfiguration is None:
        return was.AcrConfiguration
    return feature_plans.DEFAULT_ACR_NAMES | req.AcrConfiguration


def _dcr(was: UserPoolType, given: DcrConfigurationType | None) -> DcrConfigurationType | None:
    """Return the setting, replaced as a whole; it is on unless the request says otherwise."""
    if given is None:
        return was.DcrConfiguration
    return replace(
        given,
        EnableStatus=given.EnableStatus or StatusType.ENABLED,
        OpenDcrEnabled=bool(given.OpenDcrEnabled),
    )


def _distinct(values: Iterable[T] | None) -> list[T] | None:
    """Return the values once each, as AWS keeps lists that are sets; an empty list is like none."""
    return list(dict.fromkeys(values or ())) or None
