"""CSS and logo of the classic pages: for one app client, or for all that have none of their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from poolhouse.entities.domains import Domain
from poolhouse.entities.pool_resources import UICustomization
from poolhouse.errors.branding import DomainMissing, LogoRefused
from poolhouse.rules.pools import images, ui_css
from poolhouse.wire.enums import AssetExtensionType
from poolhouse.wire.structs import SetUICustomizationRequest, UICustomizationType

ALL: Final = "ALL"
LARGEST_LOGO: Final = 102_400
"""Bytes (ev:oauth-10). The API model allows 131,072."""

_VERSION: Final = "%Y%m%d%H%M%S"
"""ev:domain-1.9."""
_LOGOS: Final = (AssetExtensionType.PNG, AssetExtensionType.JPEG)


def require_domain(domains: Sequence[Domain]) -> Domain:
    """Return the domain whose address images have. Raises DomainMissing."""
    if not domains:
        raise DomainMissing
    return domains[0]


def logo_of(req: SetUICustomizationRequest) -> str | None:
    """Return the name of the request's logo in the store. Raises LogoRefused."""
    content = req.ImageFile
    if not content:
        return None
    if len(content) > LARGEST_LOGO:
        raise LogoRefused(text=f"It has more than {LARGEST_LOGO} bytes.")
    for extension in _LOGOS:
        if images.has_form_of(extension, content):
            return images.name_of(extension, content)
    raise LogoRefused(text="It is neither PNG nor JPEG.")


def replaced(
    present: UICustomization | None, req: SetUICustomizationRequest, now: datetime
) -> UICustomization | None:
    """Return the customization after SetUICustomization; None if it has neither CSS nor logo.

    CSS and logo are replaced together: what the request leaves out is gone (ev:oauth-10).
    """
    if req.CSS:
        ui_css.check(req.CSS)
    image = logo_of(req)
    if not req.CSS and image is None:
        return None
    return UICustomization(
        pool_id=req.UserPoolId,
        client_id=req.ClientId or ALL,
        css=req.CSS or None,
        css_version=now.strftime(_VERSION),
        image=image,
        created_at=present.created_at if present else now,
        modified_at=now,
        version=present.version if present else 1,
    )


def described(customization: UICustomization | None, image_url: str | None) -> UICustomizationType:
    """Return a customization as answers show it: an empty object if there is none."""
    if customization is None:
        return UICustomizationType()
    return UICustomizationType(
        UserPoolId=customization.pool_id,
        ClientId=customization.client_id,
        ImageUrl=image_url,
        CSS=customization.css,
        CSSVersion=customization.css_version,
        CreationDate=customization.created_at.timestamp(),
        LastModifiedDate=customization.modified_at.timestamp(),
    )
