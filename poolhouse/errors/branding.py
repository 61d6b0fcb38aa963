"""Refusals about the looks of a domain's pages, and about the terms that they link to.

One class per situation, its parent AWS's error, grouped by parent. A comment cites the source of
each sentence, as docs/evidence explains.
"""

from poolhouse.wire import errors as aws


# ── InvalidParameterException ─────────────────────────────────────────────────────────────────────
class DomainMissing(aws.InvalidParameterException):
    """SetUICustomization and GetUICustomization of a pool without a domain."""

    # ev:tfprovider
    message = "There has to be an existing domain associated with this user pool"


class StyleSettingsInvalid(aws.InvalidParameterException):
    """`errors` names each property and what is wrong with it."""

    message = "Invalid settings provided. Validation errors: [{errors}]"  # ev:oauth-10


class StyleUnspecified(aws.InvalidParameterException):
    """CreateManagedLoginBranding with neither settings nor the choice of the defaults."""

    # floci#2869 measured the refusal. UNVERIFIED: the text?
    message = "Either UseCognitoProvidedValues or Settings must be specified."


class SettingsBesideDefaults(aws.InvalidParameterException):
    """Settings, and the choice of the defaults."""

    # ev:model has the rule. UNVERIFIED: the text?
    message = "Settings cannot be specified when UseCognitoProvidedValues is true."


class AssetRefused(aws.InvalidParameterException):
    message = "Invalid asset provided. {text}"  # UNVERIFIED: the text?


class CssRefused(aws.InvalidParameterException):
    message = "Invalid CSS provided. {text}"  # UNVERIFIED: the text?


class LogoRefused(aws.InvalidParameterException):
    message = "Invalid image provided. {text}"  # UNVERIFIED: the text?


class TermsLinkRefused(aws.InvalidParameterException):
    message = "Links must be http or https URLs."  # UNVERIFIED: the text?


# ── ManagedLoginBrandingExistsException ───────────────────────────────────────────────────────────
class StyleExists(aws.ManagedLoginBrandingExistsException):
    # UNVERIFIED: the text?
    message = "Managed login branding already exists for client {client_id}."


# ── ResourceNotFoundException ─────────────────────────────────────────────────────────────────────
class StyleNotFound(aws.ResourceNotFoundException):
    message = "Managed login branding does not exist."  # UNVERIFIED: the text?


class TermsNotFound(aws.ResourceNotFoundException):
    message = "Terms do not exist."  # UNVERIFIED: the text?


# ── TermsExistsException ──────────────────────────────────────────────────────────────────────────
class TermsExist(aws.TermsExistsException):
    # UNVERIFIED: the text?
    message = "Terms {name} already exist for client {client_id}."
