"""Refusals about the looks of pages and about terms."""

from typing import Any

from support.error_cases import Step, admin, refuses
from support.looks import PAGE, asset, has_domain

from poolhouse.errors import branding

OF_CLIENT = {"ClientId": lambda world: world.pool.client_id}
UNKNOWN = "11111111-1111-4111-8111-111111111111"
TERMS = {
    "TermsName": "terms-of-use",
    "TermsSource": "LINK",
    "Enforcement": "NONE",
    "Links": {"cognito:default": "https://app.example/terms"},
}


def is_styled(**members: Any) -> Step:
    return admin("create_managed_login_branding", **OF_CLIENT, **members)


def has_a_domain(world: Any) -> None:
    has_domain(world.pool)


SITUATIONS = [
    refuses(
        branding.DomainMissing,
        "There has to be an existing domain associated with this user pool",
        "ev:tfprovider",
        admin("set_ui_customization", CSS=""),
    ),
    refuses(
        branding.StyleSettingsInvalid,
        "Invalid settings provided. Validation errors:"
        " [{property: $.components.form.instructions, errorType: UnknownProperty}]",
        "ev:oauth-10",
        is_styled(Settings={"components": {"form": {"instructions": {"enabled": True}}}}),
    ),
    refuses(
        branding.StyleUnspecified,
        "Either UseCognitoProvidedValues or Settings must be specified.",
        "floci#2869",
        is_styled(),
    ),
    refuses(
        branding.SettingsBesideDefaults,
        "Settings cannot be specified when UseCognitoProvidedValues is true.",
        "the API model has the rule",
        is_styled(UseCognitoProvidedValues=True, Settings=PAGE),
    ),
    refuses(
        branding.AssetRefused,
        "Invalid asset provided. FAVICON_ICO, LIGHT: SVG is not allowed.",
        "ours",
        is_styled(Settings=PAGE, Assets=[asset("FAVICON_ICO")]),
    ),
    refuses(
        branding.CssRefused,
        "Invalid CSS provided. The selector body is not allowed.",
        "ours",
        admin("set_ui_customization", CSS="body { color: red }"),
        has_a_domain,
    ),
    refuses(
        branding.LogoRefused,
        "Invalid image provided. It is neither PNG nor JPEG.",
        "ours",
        admin("set_ui_customization", ImageFile=b"GIF89a"),
        has_a_domain,
    ),
    refuses(
        branding.StyleExists,
        "Managed login branding already exists for client {client}.",
        "ours",
        is_styled(UseCognitoProvidedValues=True),
        is_styled(Settings=PAGE),
    ),
    refuses(
        branding.StyleNotFound,
        "Managed login branding does not exist.",
        "ours",
        admin("describe_managed_login_branding", ManagedLoginBrandingId=UNKNOWN),
    ),
    refuses(
        branding.TermsLinkRefused,
        "Links must be http or https URLs.",
        "ours",
        admin(
            "create_terms",
            **OF_CLIENT,
            **{**TERMS, "Links": {"cognito:default": "javascript:alert(1)"}},
        ),
    ),
    refuses(
        branding.TermsNotFound,
        "Terms do not exist.",
        "ours",
        admin("describe_terms", TermsId=UNKNOWN),
    ),
    refuses(
        branding.TermsExist,
        "Terms terms-of-use already exist for client {client}.",
        "ours",
        admin("create_terms", **OF_CLIENT, **TERMS),
        admin("create_terms", **OF_CLIENT, **TERMS),
    ),
]
