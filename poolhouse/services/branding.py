"""The looks of an app client's pages as they are stored, and their style sheets."""

import hashlib
from typing import Final, NamedTuple

from poolhouse.entities.domains import MANAGED_LOGIN
from poolhouse.entities.pool_resources import ManagedLoginBranding, StyleAsset, UICustomization
from poolhouse.rules.pools import branding_css, ui_css
from poolhouse.rules.pools.ui_customization import ALL
from poolhouse.store.store import Store
from poolhouse.wire.enums import AssetCategoryType, ColorSchemeModeType

Stored = ManagedLoginBranding | UICustomization

FOLDER: Final = "/branding/"
"""Below it are style sheets and images."""
MOST_SHEETS: Final = 200
"""Style sheets that are cached. Each has some kilobytes."""


class StyleSheet(NamedTuple):
    """`name` is made of the content, so that browsers can cache it for ever."""

    name: str
    css: str


class StyleSheets:
    """Style sheets of styles and customizations, made once a version."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, ...], StyleSheet] = {}

    def of(self, stored: Stored) -> StyleSheet:
        """Return the style sheet. It is cached."""
        key = (stored.pool_id, stored.kind, stored.client_id, stored.modified_at.isoformat())
        made = self._made.get(key)
        if made is None:
            css = _css(stored)
            made = StyleSheet(f"{hashlib.sha256(css.encode()).hexdigest()[:16]}.css", css)
            if len(self._made) >= MOST_SHEETS:
                self._made.clear()
            self._made[key] = made
        return made


async def of_client(
    store: Store, pool_id: str, client_id: str, pages_version: int
) -> Stored | None:
    """Return what the pages of an app client look like; None: like the server's own.

    DIFFERS: without a style, AWS's managed login answers "Login pages unavailable" (ev:oauth-3.2).
    """
    if pages_version == MANAGED_LOGIN:
        return await store.resources.find_by_key(ManagedLoginBranding, pool_id, client_id)
    return await store.resources.find(
        UICustomization, pool_id, client_id
    ) or await store.resources.find(UICustomization, pool_id, ALL)


async def of_path(store: Store, pool_id: str, kind: str, client_id: str) -> Stored | None:
    """Return what a path of a style sheet or image names."""
    if kind == ManagedLoginBranding.kind:
        return await store.resources.find_by_key(ManagedLoginBranding, pool_id, client_id)
    if kind == UICustomization.kind:
        return await store.resources.find(UICustomization, pool_id, client_id)
    return None


def path_of(stored: Stored, name: str) -> str:
    """Return the path of a style sheet or image below the domain's address."""
    return f"{FOLDER}{stored.pool_id}/{stored.kind}/{stored.client_id}/{name}"


def image_names(stored: Stored) -> frozenset[str]:
    """Return the names of the images that are in use."""
    if isinstance(stored, UICustomization):
        return frozenset({stored.image} if stored.image else ())
    return frozenset(asset.content for asset in stored.assets if asset.content)


def find_asset(
    style: ManagedLoginBranding, category: AssetCategoryType, mode: ColorSchemeModeType
) -> StyleAsset | None:
    """Return the image of a category for a mode, or else the one for every mode."""
    by_mode = {
        asset.color_mode: asset
        for asset in style.assets
        if asset.category is category and asset.content
    }
    return by_mode.get(mode) or by_mode.get(ColorSchemeModeType.DYNAMIC)


def _css(stored: Stored) -> str:
    if isinstance(stored, UICustomization):
        return ui_css.served(stored.css or "")
    return branding_css.style_sheet(
        stored.settings, lambda category, mode: find_asset(stored, category, mode)
    )
