"""A user pool: its configuration in AWS's words, and the questions that rules ask in ours."""

from datetime import datetime
from functools import cached_property

import msgspec

from poolhouse.wire.enums import AttributeDataType
from poolhouse.wire.structs import (
    EmailMfaConfigType,
    LambdaConfigType,
    PasswordPolicyType,
    UserPoolType,
    WebAuthnConfigurationType,
)


def region_of(pool_id: str) -> str:
    """Return the region of a pool, which its id begins with: `us-east-1_AbCdEfGhI`."""
    return pool_id.partition("_")[0]


def srp_name_of(pool_id: str) -> str:
    """Return the name by which SRP knows a pool: the id without its region."""
    return pool_id.partition("_")[2]


class SchemaAttribute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An attribute that users of a pool may have. `name` is the full one, e.g. `custom:x`.

    Lengths count characters (String), values compare as numbers (Number); None: no bound.
    """

    name: str
    type: AttributeDataType
    mutable: bool = True
    required: bool = False
    developer_only: bool = False
    min_length: int | None = None
    max_length: int | None = None
    min_value: str | None = None
    max_value: str | None = None


class PasswordPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The rules for passwords.

    `temporary_days` is the life of an administrator's; `history_size`, how many of a user's last
    passwords can't be taken again.
    """

    minimum_length: int
    require_uppercase: bool
    require_lowercase: bool
    require_numbers: bool
    require_symbols: bool
    temporary_days: int
    history_size: int = 0


class Pool(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A pool as kept.

    `settings` is what DescribeUserPool shows, without the schema and without the members that are
    computed then (Id, Arn, dates, the estimated number of users).
    """

    id: str
    settings: UserPoolType
    attributes: tuple[SchemaAttribute, ...]
    created_at: datetime
    modified_at: datetime
    version: int = 1
    sms_mfa: bool | None = None
    """Whether SMS is a second factor; None: not set; then it is if the pool can send SMS."""
    email_mfa: EmailMfaConfigType | None = None
    """The words of mails with sign-in codes. Without it email is no second factor."""
    software_token_mfa: bool = False
    names_software_token: bool = False
    """SetUserPoolMfaConfig was given software tokens, which are shown then even if disabled."""
    webauthn: WebAuthnConfigurationType | None = None
    tracks_sessions: bool = False
    most_sessions: int = 20
    """Maximum concurrent sessions of a user, where sessions are tracked."""

    @property
    def name(self) -> str:
        return self.settings.Name or ""

    @cached_property
    def region(self) -> str:
        """Return the region that the pool belongs to, for ARNs, device keys, events and issuers."""
        return region_of(self.id)

    @property
    def srp_name(self) -> str:
        """Return the name by which SRP knows the pool."""
        return srp_name_of(self.id)

    @cached_property
    def schema(self) -> dict[str, SchemaAttribute]:
        """Return every attribute that a user of this pool may have, by its full name."""
        return {attribute.name: attribute for attribute in self.attributes}

    @cached_property
    def case_sensitive(self) -> bool:
        """Return whether `USER` and `user` are two names; so for pools made without saying."""
        configuration = self.settings.UsernameConfiguration
        return configuration is None or configuration.CaseSensitive

    @cached_property
    def alias_attributes(self) -> frozenset[str]:
        """Return the attributes that may name a user besides the username, once verified."""
        return frozenset(alias.value for alias in self.settings.AliasAttributes or ())

    @cached_property
    def username_attributes(self) -> frozenset[str]:
        """Return the attributes that users sign up with instead of a username of their own."""
        return frozenset(name.value for name in self.settings.UsernameAttributes or ())

    @cached_property
    def auto_verified(self) -> frozenset[str]:
        """Return the attributes that are verified by a code at sign-up."""
        return frozenset(name.value for name in self.settings.AutoVerifiedAttributes or ())

    @cached_property
    def verified_before_update(self) -> frozenset[str]:
        """Return the attributes whose new value takes effect once a code has verified it."""
        settings = self.settings.UserAttributeUpdateSettings
        names = (settings and settings.AttributesRequireVerificationBeforeUpdate) or ()
        return frozenset(name.value for name in names)

    @cached_property
    def password_policy(self) -> PasswordPolicy:
        policies = self.settings.Policies
        given = (policies and policies.PasswordPolicy) or PasswordPolicyType()
        admin = self.settings.AdminCreateUserConfig
        days = given.TemporaryPasswordValidityDays or (admin and admin.UnusedAccountValidityDays)
        return PasswordPolicy(
            minimum_length=given.MinimumLength or 8,
            require_uppercase=bool(given.RequireUppercase),
            require_lowercase=bool(given.RequireLowercase),
            require_numbers=bool(given.RequireNumbers),
            require_symbols=bool(given.RequireSymbols),
            temporary_days=days or 7,
            history_size=given.PasswordHistorySize or 0,
        )

    @cached_property
    def admins_create_users_only(self) -> bool:
        config = self.settings.AdminCreateUserConfig
        return config is not None and bool(config.AllowAdminCreateUserOnly)

    @cached_property
    def first_factors(self) -> frozenset[str]:
        """Return the pool's first factors: PASSWORD, EMAIL_OTP, SMS_OTP, WEB_AUTHN."""
        policies = self.settings.Policies
        sign_in = policies and policies.SignInPolicy
        return frozenset(f.value for f in (sign_in and sign_in.AllowedFirstAuthFactors) or ())

    @cached_property
    def triggers(self) -> LambdaConfigType:
        return self.settings.LambdaConfig or LambdaConfigType()

    @cached_property
    def tags(self) -> dict[str, str]:
        return self.settings.UserPoolTags or {}
