"""The looks of a page of a domain: those of the app client's style, or the built-in ones."""

from typing import Any, Final

from poolhouse.entities.pool_resources import ManagedLoginBranding, UICustomization
from poolhouse.pages.hosted_ui.page_request import ClientRequest
from poolhouse.pages.looks import BUILT_IN, Looks, Picture
from poolhouse.rules.pools import branding_settings
from poolhouse.rules.pools.branding_css import value_at
from poolhouse.services import branding
from poolhouse.services.branding import StyleSheets
from poolhouse.wire.enums import AssetCategoryType, ColorSchemeModeType

_PLACES: Final = {"START": "start", "END": "end"}


async def of_page(page: ClientRequest, sheets: StyleSheets) -> Looks:
    """Return the looks of the app client's pages."""
    stored = await branding.of_client(
        page.call.store, page.pool.id, page.client.id, page.pages_version
    )
    if stored is None:
        return BUILT_IN
    found = _Paths(stored, page.site.root_path)
    style_sheet = found.path(sheets.of(stored).name)
    if isinstance(stored, UICustomization):
        logo = Picture(found.path(stored.image)) if stored.image else None
        return Looks(style_sheet=style_sheet, logo=logo)
    return _of_style(stored, found, style_sheet)


class _Paths:
    """Paths of a style's files on a site."""

    def __init__(self, stored: branding.Stored, root_path: str) -> None:
        self._stored = stored
        self._root_path = root_path

    def path(self, name: str) -> str:
        return self._root_path + branding.path_of(self._stored, name)


def _of_style(style: ManagedLoginBranding, paths: _Paths, style_sheet: str) -> Looks:
    whole = branding_settings.merged(style.settings)

    def setting(path: str) -> Any:
        return value_at(whole, path)

    def picture(category: AssetCategoryType, section: str) -> Picture | None:
        """Return an image that the settings enable, with a dark one if the mode is dynamic."""
        if not setting(f"components.{section}.logo.enabled"):
            return None
        mode = setting("categories.global.colorSchemeMode")
        light, dark = (
            branding.find_asset(style, category, each)
            for each in (ColorSchemeModeType.LIGHT, ColorSchemeModeType.DARK)
        )
        first = dark if mode == "DARK" else light
        if first is None or first.content is None:
            return None
        other = dark if mode == "DYNAMIC" and dark is not first else None
        return Picture(
            path=paths.path(first.content),
            dark=paths.path(other.content) if other and other.content else None,
            place=_PLACES.get(setting(f"components.{section}.logo.location"), "center"),
        )

    logo = "components.form.logo"
    return Looks(
        style_sheet=style_sheet,
        icon=_icon(style, paths, setting("components.favicon.enabledTypes")),
        logo=picture(AssetCategoryType.FORM_LOGO, "form"),
        is_logo_inside=setting(f"{logo}.formInclusion") == "IN",
        is_logo_above=setting(f"{logo}.position") == "TOP",
        has_language_menu=setting("categories.form.languageSelector.enabled"),
        has_header=setting("categories.global.pageHeader.enabled"),
        header_logo=picture(AssetCategoryType.PAGE_HEADER_LOGO, "pageHeader"),
        has_footer=setting("categories.global.pageFooter.enabled"),
        footer_logo=picture(AssetCategoryType.PAGE_FOOTER_LOGO, "pageFooter"),
    )


def _icon(style: ManagedLoginBranding, paths: _Paths, enabled: list[str]) -> str | None:
    """Return the path of the page's icon: the SVG if both are there."""
    for kind, category in (
        ("SVG", AssetCategoryType.FAVICON_SVG),
        ("ICO", AssetCategoryType.FAVICON_ICO),
    ):
        found = branding.find_asset(style, category, ColorSchemeModeType.LIGHT)
        if kind in enabled and found is not None and found.content is not None:
            return paths.path(found.content)
    return None
