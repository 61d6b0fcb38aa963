"""Styles of managed login: what a request makes of one, and how it is described.

Facts of ev:oauth-10 and ev:domain-1.9.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from poolhouse.entities.pool_resources import ManagedLoginBranding, StyleAsset
from poolhouse.errors.branding import (
    AssetRefused,
    SettingsBesideDefaults,
    StyleExists,
    StyleNotFound,
    StyleUnspecified,
)
from poolhouse.errors.pools import QuotaExceeded
from poolhouse.rules.pools import branding_settings, images
from poolhouse.wire.enums import AssetCategoryType, AssetExtensionType
from poolhouse.wire.structs import (
    AssetType,
    CreateManagedLoginBrandingRequest,
    ManagedLoginBrandingType,
    UpdateManagedLoginBrandingRequest,
)

MOST_OF_POOL: Final = 20
"""The quota of ev:domain-1.8."""
MOST_ASSETS: Final = 40
LARGEST: Final = 2_000_000
"""Bytes of the images and settings of a request, as Base64 and JSON (ev:oauth-10).

DIFFERS: AWS accepts such requests always. Here the setting `largest_body` bounds a request before
its caller is known, and its default is lower.
"""

_ICO, _JPEG, _PNG, _SVG, _WEBP = (
    AssetExtensionType.ICO,
    AssetExtensionType.JPEG,
    AssetExtensionType.PNG,
    AssetExtensionType.SVG,
    AssetExtensionType.WEBP,
)
_EXTENSIONS: Final[Mapping[AssetCategoryType, frozenset[AssetExtensionType]]] = {
    AssetCategoryType.FAVICON_ICO: frozenset({_ICO}),
    AssetCategoryType.FAVICON_SVG: frozenset({_SVG}),
    AssetCategoryType.IDP_BUTTON_ICON: frozenset({_ICO, _SVG}),
}
_PICTURES: Final = frozenset({_JPEG, _PNG, _SVG, _WEBP})
"""Of every other category. The guide names no WEBP, but the API model does.

UNVERIFIED: for which categories?
"""

Request = CreateManagedLoginBrandingRequest | UpdateManagedLoginBrandingRequest
Contents = Mapping[str, bytes]
"""Images by their names."""


def contents_of(req: Request) -> Contents:
    """Return the images that a request has, by their names."""
    return {
        images.name_of(asset.Extension, asset.Bytes): asset.Bytes
        for asset in req.Assets or ()
        if asset.Bytes
    }


def create(
    req: CreateManagedLoginBrandingRequest,
    *,
    branding_id: str,
    present: ManagedLoginBranding | None,
    already: int,
    now: datetime,
) -> ManagedLoginBranding:
    """Return the style that CreateManagedLoginBranding makes.

    `present` is the style that the app client has, and `already` how many its pool has.
    """
    if not req.UseCognitoProvidedValues and req.Settings is None:
        raise StyleUnspecified
    _check(req)
    if present is not None:
        raise StyleExists(client_id=req.ClientId)
    if already >= MOST_OF_POOL:
        raise QuotaExceeded(things="managed login branding styles")
    return ManagedLoginBranding(
        branding_id=branding_id,
        pool_id=req.UserPoolId,
        client_id=req.ClientId,
        uses_defaults=bool(req.UseCognitoProvidedValues),
        settings=req.Settings,
        assets=_with_assets((), req.Assets or ()),
        created_at=now,
        modified_at=now,
    )


def update(
    style: ManagedLoginBranding, req: UpdateManagedLoginBrandingRequest, now: datetime
) -> ManagedLoginBranding:
    """Return the style after UpdateManagedLoginBranding; what the request leaves out stays.

    The choice of the defaults takes settings and images away, but for the images of the request.
    """
    _check(req)
    if req.UseCognitoProvidedValues:
        # UNVERIFIED: does AWS keep the images?
        return replace(
            style,
            uses_defaults=True,
            settings=None,
            assets=_with_assets((), req.Assets or ()),
            modified_at=now,
        )
    settings = style.settings
    if req.Settings is not None:
        settings = branding_settings.laid_over(settings or {}, req.Settings)
    return replace(
        style,
        uses_defaults=style.uses_defaults and req.Settings is None,
        settings=settings,
        assets=_with_assets(style.assets, req.Assets or ()),
        modified_at=now,
    )


def require_style(style: ManagedLoginBranding | None) -> ManagedLoginBranding:
    if style is None:
        raise StyleNotFound
    return style


def dropped_contents(before: ManagedLoginBranding, after: ManagedLoginBranding) -> set[str]:
    """Return the names of the images that the changed style has no more."""
    return _names(before) - _names(after)


def described(
    style: ManagedLoginBranding, contents: Contents, *, is_merged: bool = False
) -> ManagedLoginBrandingType:
    """Return a style as answers show it: with the defaults if `is_merged`.

    Settings that no request gave are absent, and Assets are always there (floci#2869, measured).
    DIFFERS: AWS merges default images too. Poolhouse's own pages have none.
    """
    settings = branding_settings.merged(style.settings) if is_merged else style.settings
    return ManagedLoginBrandingType(
        ManagedLoginBrandingId=style.branding_id,
        UserPoolId=style.pool_id,
        UseCognitoProvidedValues=style.uses_defaults,
        Settings=settings,
        Assets=[
            AssetType(
                Category=asset.category,
                ColorMode=asset.color_mode,
                Extension=asset.extension,
                Bytes=contents.get(asset.content) if asset.content else None,
                ResourceId=asset.resource_id,
            )
            for asset in style.assets
        ],
        CreationDate=style.created_at.timestamp(),
        LastModifiedDate=style.modified_at.timestamp(),
    )


def _check(req: Request) -> None:
    """Check settings and images.

    The API model excludes images beside the defaults. The service accepts them, as the tests of
    Terraform's provider show, which has no other way to upload images alone (ev:tfprovider).
    """
    if req.Settings is not None:
        if req.UseCognitoProvidedValues:
            raise SettingsBesideDefaults
        branding_settings.check(req.Settings)
    assets = req.Assets or ()
    size = len(msgspec.json.encode(req.Settings or {}))
    size += sum(len(asset.Bytes or b"") * 4 // 3 for asset in assets)
    if size > LARGEST:
        raise AssetRefused(text=f"A request can have at most {LARGEST} bytes.")
    for asset in assets:
        _check_asset(asset)


def _check_asset(asset: AssetType) -> None:
    named = f"{asset.Category.value}, {asset.ColorMode.value}"
    if asset.Extension not in _EXTENSIONS.get(asset.Category, _PICTURES):
        raise AssetRefused(text=f"{named}: {asset.Extension.value} is not allowed.")
    if asset.Bytes and not images.has_form_of(asset.Extension, asset.Bytes):
        raise AssetRefused(text=f"{named}: the bytes are no {asset.Extension.value}.")


def _with_assets(
    present: Sequence[StyleAsset], given: Iterable[AssetType]
) -> tuple[StyleAsset, ...]:
    """Return the images with the given ones, one for each category and colour mode.

    An image of another category or mode is added to the others (ev:tfprovider). One without bytes
    keeps those that are there.
    """
    by_place = {_place(asset): asset for asset in present}
    for asset in given:
        name = images.name_of(asset.Extension, asset.Bytes) if asset.Bytes else None
        made = StyleAsset(
            category=asset.Category,
            color_mode=asset.ColorMode,
            extension=asset.Extension,
            resource_id=asset.ResourceId,
            content=name,
        )
        known = by_place.get(_place(made))
        if name is None and known is not None and known.extension is asset.Extension:
            made = replace(made, content=known.content)
        by_place[_place(made)] = made
    if len(by_place) > MOST_ASSETS:
        raise AssetRefused(text=f"A style can have at most {MOST_ASSETS} assets.")
    return tuple(by_place.values())


def _place(asset: StyleAsset) -> tuple[Any, ...]:
    """Return what makes two images the same one. Icons of identity providers are many."""
    is_icon = asset.category is AssetCategoryType.IDP_BUTTON_ICON
    return asset.category, asset.color_mode, asset.resource_id if is_icon else None


def _names(style: ManagedLoginBranding) -> set[str]:
    return {asset.content for asset in style.assets if asset.content}
